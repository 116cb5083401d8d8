package dev.rouse.examples.bank;

/// A change of one account.
///
/// @param order its number; it is written at most once
/// @param cents what is added; below zero for what is taken
record Entry(long order, String account, long cents) {}
