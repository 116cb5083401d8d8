package dev.rouse.actor;

import java.util.concurrent.atomic.AtomicLong;

/// What an actor does with messages that its full mailbox has no room for, where it does not let their senders wait,
/// and how many that were. Any thread.
final class Shedding {
    final Overflow policy;

    /// Written only when a message is shed, which is not the usual case.
    private final AtomicLong shed = new AtomicLong();

    Shedding(Overflow policy) {
        this.policy = policy;
    }

    /// What the exception of a message that was shed says.
    static String remedy(Overflow policy) {
        return switch (policy) {
            case SUSPEND -> "";
            case REJECT -> "the actor rejects what it has no room for; send again later, or less";
            case DROP_NEWEST -> "the actor drops what it has no room for; ask again later, or less";
            case DROP_OLDEST -> "the actor has dropped it for a newer one; ask again later, or less";
        };
    }

    void count() {
        shed.incrementAndGet();
    }

    long shed() {
        return shed.get();
    }
}
