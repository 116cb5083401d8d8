package dev.rouse.io;

import dev.rouse.actor.Waker;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Bounds what a TLS stream does at its beginning or end: when the time is over, the stream below is closed, which ends
/// every wait for it. Owning shard only.
///
/// Not a `withTimeout`, since whoever calls may be in one of its own: here it is plain which of the two has ended the
/// wait. A stream has one at a time, so the limit on connections bounds how many there are.
final class Cutoff extends Timer {
    private final Shard shard;
    private final ByteStream below;
    private @Nullable Waker<?> waker;
    private boolean expired;

    private Cutoff(Shard shard, ByteStream below) {
        this.shard = shard;
        this.below = below;
    }

    static Cutoff start(Shard shard, ByteStream below, Duration time) {
        Cutoff cutoff = new Cutoff(shard, below);
        shard.scheduleUncounted(cutoff, shard.clock().nanoTime() + time.toNanos());
        return cutoff;
    }

    /// Has it end a wait for something else than the stream too.
    void alsoWakes(Waker<?> other) {
        waker = other;
    }

    boolean isExpired() {
        return expired;
    }

    void cancel() {
        shard.cancel(this);
    }

    /// Whoever waits for something else is woken also when the stream fails to close: nothing else would.
    @Override
    protected void onExpiry() {
        expired = true;
        try {
            below.close();
        } catch (RuntimeException _) {
            // One of the program's own. Whoever is woken closes it again, or its user does, and throws what
            // that throws.
        } finally {
            Waker<?> other = waker;
            if (other != null) {
                wake(other);
            }
        }
    }

    @SuppressWarnings("NullAway") // the value is not looked at
    private static void wake(Waker<?> other) {
        other.wake(null);
    }
}
