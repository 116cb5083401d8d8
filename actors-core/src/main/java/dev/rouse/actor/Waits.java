package dev.rouse.actor;

import dev.rouse.dispatch.Timer;

/// What a cell waits for, in words.
final class Waits {
    private Waits() {}

    /// @param awaited see [Cell#awaited]
    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    static String describe(Cell cell, Object awaited) {
        return switch (awaited) {
            case Cell own when own == cell -> "the inbox of " + own.path();
            case Outcome<?> outcome -> outcome.path();
            case AwaitAll all -> all.toString();
            case AwaitAny any -> any.toString();
            case PendingSend send -> send.toString();
            case SlotWait _ -> "room on the shard";
            case Timer _ -> "a timer";
            default -> "an event (" + awaited.getClass().getSimpleName() + ")";
        };
    }
}
