package dev.rouse.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What is to hold after every turn of a simulation. By the running thread.
final class Invariants {
    private final List<Invariant> kept = new ArrayList<>();
    private final Trace trace;

    /// The first failure, until it has been taken.
    private @Nullable AssertionError broken;

    Invariants(Trace trace) {
        this.trace = trace;
    }

    private record Invariant(String what, BooleanSupplier holds) {}

    void keep(String what, BooleanSupplier holds) {
        kept.add(new Invariant(what, holds));
    }

    /// Between two turns, and before another thread goes on. What fails once is not looked at again.
    void check() {
        for (int i = 0; i < kept.size() && broken == null; i++) {
            Invariant each = kept.get(i);
            Throwable cause = null;
            try {
                if (each.holds.getAsBoolean()) {
                    continue;
                }
            } catch (Throwable e) {
                cause = e;
            }
            kept.clear();
            broken = new AssertionError(
                    "an invariant does not hold: " + each.what + ", after the turns\n" + trace, cause);
        }
    }

    boolean areBroken() {
        return broken != null;
    }

    /// For the maker to throw; null if all hold.
    @Nullable
    AssertionError take() {
        AssertionError taken = broken;
        broken = null;
        return taken;
    }
}
