package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;

/// What the model checks have in common: Lincheck runs a body in many interleavings of its threads.
final class Model {
    /// For each check. Set `rouse.model.invocations` to search longer.
    static final int INVOCATIONS = Integer.getInteger("rouse.model.invocations", 1_000);

    private Model() {}

    static void check(Runnable body) {
        Lincheck.runConcurrentTest(INVOCATIONS, body);
    }

    /// For a body with a defect: proof that a check of its kind can fail.
    static void findsTheDefectIn(Runnable body) {
        assertThatThrownBy(() -> check(body)).isInstanceOf(LincheckAssertionError.class);
    }

    // Within a body.

    /// Not by AssertJ, which would be searched for interleavings too.
    static void require(boolean condition) {
        if (!condition) {
            throw new AssertionError("broken in this interleaving");
        }
    }

    static Thread start(Runnable body) {
        Thread thread = new Thread(body);
        thread.start();
        return thread;
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
