package dev.rouse.io;

import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How long one operation of a stream may wait without getting on: see [TcpOptions.Timeouts]. Owning shard only.
///
/// Costs a timer when its operation begins to wait, and a look at the clock when bytes have moved: no timer is moved
/// then. One that expires early, since bytes have moved meanwhile, starts again for the rest.
final class WaitLimit extends Timer {
    private static final long NONE = Long.MAX_VALUE;

    /// When bytes last moved on a stream, either way.
    static final class Activity {
        private final TcpOptions.Timeouts timeouts;
        private long lastNanos;
        private boolean any;

        Activity(TcpOptions.Timeouts timeouts) {
            this.timeouts = timeouts;
        }

        /// Those of the stream.
        TcpOptions.Timeouts timeouts() {
            return timeouts;
        }
    }

    private final Operation operation;
    private final String name;
    private final long ownNanos;
    private final long idleNanos;
    private final Activity activity;
    private @Nullable Shard shard;
    private long lastNanos;
    private boolean passed;

    /// Of what has passed: whether that was the time of the operation, and not only that of the stream.
    private boolean ownPassed;

    private WaitLimit(Operation operation, String name, Duration own, Duration idle, Activity activity) {
        this.operation = operation;
        this.name = name;
        this.ownNanos = nanos(own);
        this.idleNanos = nanos(idle);
        this.activity = activity;
    }

    /// Limits the operation, unless both times are zero.
    ///
    /// @param own the time of this operation, called `name` in [TcpOptions]
    /// @param idle the time of the whole stream, as `activity` knows it
    static void limit(Operation operation, String name, Duration own, Duration idle, Activity activity) {
        if (!own.isZero() || !idle.isZero()) {
            operation.limitedBy(new WaitLimit(operation, name, own, idle, activity));
        }
    }

    private static long nanos(Duration time) {
        return time.isZero() ? NONE : time.toNanos();
    }

    /// The operation begins to wait.
    void begin(Shard here) {
        shard = here;
        passed = false;
        lastNanos = here.clock().nanoTime();
        // Not counted: a socket has two, and descriptors bound sockets.
        here.scheduleUncounted(this, lastNanos + remaining(lastNanos, idleFrom()));
    }

    /// The operation waits no longer.
    void end() {
        shard().cancel(this);
    }

    /// It has got on: bytes have moved.
    void moved() {
        Shard here = Shard.current();
        if (here != null) {
            lastNanos = here.clock().nanoTime();
            activity.lastNanos = lastNanos;
            activity.any = true;
        }
    }

    boolean hasPassed() {
        return passed;
    }

    /// Since the stream was last seen active, or the wait has begun, whichever is later.
    private long idleFrom() {
        return activity.any && activity.lastNanos - lastNanos > 0 ? activity.lastNanos : lastNanos;
    }

    private long remaining(long now, long idleFrom) {
        return Math.min(left(ownNanos, lastNanos, now), left(idleNanos, idleFrom, now));
    }

    private static long left(long limitNanos, long fromNanos, long now) {
        return limitNanos == NONE ? NONE : limitNanos - (now - fromNanos);
    }

    @Override
    protected void onExpiry() {
        long now = shard().clock().nanoTime();
        long left = remaining(now, idleFrom());
        if (left > 0) {
            shard().scheduleUncounted(this, now + left);
        } else {
            passed = true;
            ownPassed = left(ownNanos, lastNanos, now) <= 0;
            operation.fire();
        }
    }

    private Shard shard() {
        return Objects.requireNonNull(shard, "nothing has waited yet");
    }

    /// For an operation that was withdrawn when its time was over.
    SocketTimeoutException exceeded(Operation op, String subject) {
        String cause = ownPassed ? own(op) : "no byte moved for " + millis(idleNanos) + ", option=idleTimeout";
        String remedy = op instanceof Operation.Connect
                ? "; the peer is not there or does not get round to it"
                : "; close the stream to give the peer up, or try again";
        return new SocketTimeoutException("cannot " + op.verb() + ": " + subject + ", cause=" + cause + remedy);
    }

    /// Bytes may have moved the other way meanwhile.
    private String own(Operation op) {
        String missed =
                op instanceof Operation.Connect ? "no answer" : op.isInput() ? "no byte read" : "no byte written";
        return missed + " for " + millis(ownNanos) + ", option=" + name;
    }

    private static String millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis() + "ms";
    }
}
