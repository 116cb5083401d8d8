package dev.rouse.examples.chat;

/// How many there are, for LUSERS. `unknown` have not registered; `most` is the highest number of users so far.
record Census(int users, int invisible, int operators, int unknown, int channels, int most) {}
