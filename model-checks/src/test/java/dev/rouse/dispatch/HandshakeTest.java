package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.spi.Poller;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Test;

/// The handshakes between threads under Lincheck's model checker, which searches their interleavings.
///
/// The model checker lets `LockSupport.park` return for no reason, as its contract allows, so it cannot see a wake-up
/// that is lost by parking itself: here a shard waits in a spinning poller, and a lost wake-up is a thread that spins
/// forever. [ParkingTest] is about the parking.
///
/// An interleaving that lasts for 30 s is taken for hung, too, whatever holds it up; then none is shown.
class HandshakeTest {
    private static final int INVOCATIONS = Integer.getInteger("rouse.model.invocations", 1_000);
    private static final long DEADLINE_NANOS = 5_000_000;

    @Test
    void noCommandIsLostWhenTheCarrierGoesIdle() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            Shard shard = shard();
            AtomicInteger executed = new AtomicInteger();
            Thread first = start(() -> shard.submit(new Count(executed, executed)));
            Thread second = start(() -> shard.submit(new Count(executed, executed)));
            while (executed.get() < 2) {
                shard.idle();
                shard.drainLane();
            }
            join(first);
            join(second);
        });
    }

    @Test
    void theModelCheckerSeesALostWakeUp() {
        // The same with a look at the lane that comes too early: proof that the test above can fail.
        assertThatThrownBy(() -> Lincheck.runConcurrentTest(INVOCATIONS, () -> {
                    WakeGate gate = new WakeGate();
                    SpinningPoller poller = new SpinningPoller(new AtomicLong());
                    AtomicInteger lane = new AtomicInteger();
                    Thread sender = start(() -> {
                        lane.set(1);
                        if (gate.wake()) {
                            poller.wakeup();
                        }
                    });
                    if (lane.get() == 0) {
                        gate.park();
                        poller.poll(Long.MAX_VALUE);
                        gate.unpark();
                    }
                    join(sender);
                }))
                .isInstanceOf(LincheckAssertionError.class);
    }

    @Test
    void aBatonCarriesTheShardsStateBothWays() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            int[] state = new int[1];
            Baton[] batons = new Baton[2];
            Thread other = new Thread(() -> {
                for (int round = 0; round < 2; round++) {
                    batons[1].take();
                    state[0]++;
                    batons[0].pass();
                }
            });
            batons[0] = new Baton(Thread.currentThread());
            batons[1] = new Baton(other);
            other.start();
            for (int round = 1; round <= 2; round++) {
                batons[1].pass();
                batons[0].take();
                require(state[0] == round);
            }
            join(other);
        });
    }

    @Test
    void aCommandIsExecutedOrRefusedButNeverBothOrNeither() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            Shard shard = shard();
            AtomicInteger executed = new AtomicInteger();
            AtomicInteger refused = new AtomicInteger();
            Thread first = start(() -> shard.submit(new Count(executed, refused)));
            Thread second = start(() -> shard.submit(new Count(executed, refused)));
            shard.drainLane();
            shard.terminated(0);
            join(first);
            join(second);
            require(executed.get() + refused.get() == 2);
        });
    }

    @Test
    void aTimerThatAnotherThreadHasStartedIsMetHoweverTimePassesAndTheCarrierGoesIdle() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            AtomicLong now = new AtomicLong();
            Shard shard = shard(now);
            Alarm alarm = new Alarm(now);
            Thread carrier = new CarrierThread(shard, () -> {
                while (alarm.expired == 0) {
                    shard.idle();
                    shard.lookAround();
                }
            });
            carrier.start();
            Thread starter = start(() -> shard.submit(new Step(() -> shard.schedule(alarm, DEADLINE_NANOS))));
            now.addAndGet(DEADLINE_NANOS);
            join(starter);
            join(carrier);
            require(alarm.expired == 1);
        });
    }

    @Test
    void aTimerExpiresOrIsCancelledByAnotherThreadButNeverBothOrNeither() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            AtomicLong now = new AtomicLong();
            Shard shard = shard(now);
            Alarm alarm = new Alarm(now);
            int[] cancelled = new int[1];
            Thread carrier = new CarrierThread(shard, () -> {
                shard.schedule(alarm, DEADLINE_NANOS);
                while (alarm.expired + cancelled[0] == 0) {
                    shard.idle();
                    shard.lookAround();
                }
                shard.lookAround();
                shard.terminated(0);
            });
            carrier.start();
            Thread canceller = start(() -> shard.submit(new Step(() -> {
                cancelled[0] += alarm.isScheduled() ? 1 : 0;
                shard.cancel(alarm);
            })));
            now.addAndGet(DEADLINE_NANOS);
            join(canceller);
            join(carrier);
            require(alarm.expired + cancelled[0] == 1);
        });
    }

    private static Shard shard() {
        return shard(new AtomicLong());
    }

    private static Shard shard(AtomicLong now) {
        DispatchOptions options =
                new DispatchOptions("model", 1, Engine.PORTABLE, now::get, null, null, 1, System::getLogger);
        return new Shard(0, options, new SpinningPoller(now));
    }

    private static final class Alarm extends Timer {
        private final AtomicLong now;
        private int expired;

        Alarm(AtomicLong now) {
            this.now = now;
        }

        @Override
        protected void onExpiry() {
            require(now.get() >= DEADLINE_NANOS);
            expired++;
        }
    }

    private static final class Step extends Command {
        private final Runnable step;

        Step(Runnable step) {
            this.step = step;
        }

        @Override
        protected void execute() {
            step.run();
        }

        @Override
        protected void refused() {}
    }

    /// Not by AssertJ, which would be searched for interleavings too.
    private static void require(boolean condition) {
        if (!condition) {
            throw new AssertionError("broken in this interleaving");
        }
    }

    private static Thread start(Runnable body) {
        Thread thread = new Thread(body);
        thread.start();
        return thread;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Time passes while it waits with a limit, all at once; without one only another thread can end the wait.
    private static final class SpinningPoller implements Poller {
        private final AtomicLong now;
        private volatile boolean woken;

        SpinningPoller(AtomicLong now) {
            this.now = now;
        }

        @Override
        public int poll(long timeoutNanos) {
            if (timeoutNanos == Long.MAX_VALUE) {
                while (!woken) {
                    Thread.onSpinWait();
                }
            } else {
                now.addAndGet(timeoutNanos);
            }
            woken = false;
            return 0;
        }

        @Override
        public void wakeup() {
            woken = true;
        }

        @Override
        public void close() {}
    }

    private static final class Count extends Command {
        private final AtomicInteger executed;
        private final AtomicInteger refused;

        Count(AtomicInteger executed, AtomicInteger refused) {
            this.executed = executed;
            this.refused = refused;
        }

        @Override
        protected void execute() {
            executed.incrementAndGet();
        }

        @Override
        protected void refused() {
            refused.incrementAndGet();
        }
    }
}
