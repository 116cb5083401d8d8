package dev.rouse.examples.chat;

import dev.rouse.actor.ActorRef;

/// A channel's name, as its first member wrote it, and the way to it.
record ChannelRoute(String name, ActorRef<ChannelMessage> channel) {}
