package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.spi.Poller;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/// The handshakes between threads under Lincheck's model checker, which searches their interleavings.
///
/// The model checker lets `LockSupport.park` return for no reason, as its contract allows, so it cannot see a wake-up
/// that is lost by parking itself: here a shard waits in a spinning poller, and a lost wake-up is a thread that spins
/// forever. [ParkingTest] is about the parking.
@DisabledIfSystemProperty(named = "rouse.test.engine", matches = "portable", disabledReason = "the same in both")
class HandshakeTest {
    private static final int INVOCATIONS = 300;

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
                    SpinningPoller poller = new SpinningPoller();
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

    private static Shard shard() {
        return new Shard(0, new DispatchOptions("model", 1, Engine.PORTABLE, () -> 0, null, 1), new SpinningPoller());
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

    private static final class SpinningPoller implements Poller {
        private volatile boolean woken;

        @Override
        public int poll(long timeoutNanos) {
            while (timeoutNanos > 0 && !woken) {
                Thread.onSpinWait();
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
