package dev.rouse.actor;

/// The outcome of what has failed.
record Failure(Throwable cause) {}
