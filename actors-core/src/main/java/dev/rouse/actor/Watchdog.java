package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Shard;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Looks at the shards of one system, from a thread of its own, and reports each turn that holds one for longer than
/// [Limits#longTurn]: who it is, and where it is then.
///
/// A turn is seen to be long when [Shard#progress] has stayed the same for so long; a turn that is shorter than that is
/// never reported, one that is longer by up to a half may be missed. It is reported once, while it still runs, so that
/// also one that never ends is.
///
/// **A starved machine.** Where this thread is late itself, a turn may have had no processor either: by as much as it
/// is late, a turn may be longer. That covers pauses of the whole JVM and machines with far too much to do; a carrier
/// alone that gets no processor looks like a long turn.
///
/// **What it does not name**: a turn that has blocked in a call of the JDK and then computes (the JDK does not say
/// whose stack it goes on with), and virtual threads that a function has started itself.
final class Watchdog implements Runnable {
    /// Looks within the time that a turn may take.
    private static final int LOOKS = 2;

    /// A guess: more often costs an idle process processor time.
    private static final long SHORTEST_PAUSE_NANOS = 1_000_000;

    /// How long the end of its system waits for it: it may be about to log. A guess.
    private static final long END_MILLIS = 1_000;

    private final ActorSystem system;
    private final long limitNanos;
    private final List<Watch> watches;
    private final Thread thread;
    private volatile boolean closed;

    Watchdog(ActorSystem system, List<Shard> shards) {
        this.system = system;
        this.limitNanos = Durations.toNanos(system.limits().longTurn());
        this.watches = shards.stream().map(Watch::new).toList();
        this.thread =
                Thread.ofPlatform().daemon().name(system.name() + "-watchdog").unstarted(this);
    }

    void start() {
        thread.start();
    }

    @Override
    public void run() {
        long pauseNanos = Math.max(SHORTEST_PAUSE_NANOS, limitNanos / LOOKS);
        long lastNanos = system.clock().nanoTime();
        while (!closed) {
            LockSupport.parkNanos(this, pauseNanos);
            long nowNanos = system.clock().nanoTime();
            look(nowNanos, Math.max(0, nowNanos - lastNanos - pauseNanos));
            lastNanos = nowNanos;
        }
    }

    /// Ends it, and waits for that.
    void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(END_MILLIS); // at once if it was never started
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// One look at each shard, which should have come `lateNanos` before.
    void look(long nowNanos, long lateNanos) {
        watches.forEach(watch -> watch.look(nowNanos, lateNanos));
    }

    private final class Watch {
        private final Shard shard;
        private long progress;
        private long sinceNanos;
        private long lateNanos;
        private boolean reported;

        Watch(Shard shard) {
            this.shard = shard;
            this.progress = shard.progress();
            this.sinceNanos = system.clock().nanoTime();
        }

        void look(long nowNanos, long justLateNanos) {
            long seen = shard.progress();
            Driver driver = shard.running();
            if (seen != progress || driver == null) {
                progress = seen;
                sinceNanos = nowNanos;
                lateNanos = 0;
                reported = false;
                return;
            }
            lateNanos += justLateNanos;
            if (!reported && nowNanos - sinceNanos - lateNanos >= limitNanos) {
                reported = true;
                report(driver, nowNanos - sinceNanos);
            }
        }

        private void report(Driver driver, long nanos) {
            if (!(driver.turn() instanceof Cell cell)) {
                return;
            }
            StackTraceElement[] stack = driver.stackTrace();
            if (shard.progress() != progress) {
                return; // it has just ended, and the stack is another one's
            }
            String path = cell.path();
            String place = Where.of(stack);
            Events.longTurn(path, shard, nanos, place);
            system.rules()
                    .report(
                            Violation.LONG_TURN,
                            path + place,
                            "a turn holds its shard: path=" + path + ", shard=" + shard + ", for="
                                    + TimeUnit.NANOSECONDS.toMillis(nanos) + "ms, at=" + place,
                            new Sample(path, stack));
        }
    }

    /// Carries the stack of another thread.
    private static final class Sample extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Sample(String path, StackTraceElement[] stack) {
            super("where " + path + " was", null, false, true);
            setStackTrace(stack);
        }
    }
}
