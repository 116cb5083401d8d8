package dev.rouse.actor;

import java.util.concurrent.CompletableFuture;

/// Something a test opens: functions await it, threads need not.
final class Gate {
    private final CompletableFuture<Boolean> future = new CompletableFuture<>();

    void open() {
        future.complete(true);
    }

    /// Inside a function.
    void await() {
        boolean opened = Rouse.await(future);
        assert opened;
    }
}
