package dev.rouse.dispatch;

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/// Parking and waking by real threads; the model check `HandshakeTest` lets a lost wake-up of this kind pass.
class ParkingTest {
    private static final int ROUNDS = 50_000;

    @Test
    void aWakeUpEndsTheCurrentOrElseTheNextWait() {
        ParkingPoller poller = new ParkingPoller(Clock.system());
        AtomicInteger waits = new AtomicInteger();
        Thread waiter = new Thread(() -> {
            while (waits.get() < ROUNDS) {
                poller.poll(Long.MAX_VALUE);
                waits.incrementAndGet(); // may also return for no reason: then some rounds come for free
            }
        });
        waiter.start();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int seen = 0; seen < ROUNDS; ) {
            spin(random);
            poller.wakeup();
            int before = seen;
            Patience.until("a wait that was woken to return, seed=" + seed, () -> waits.get() > before);
            seen = waits.get();
        }
        Patience.join(waiter);
    }

    @Test
    void aStaleWakeUpEndsOneWaitAndALookNone() {
        ParkingPoller poller = new ParkingPoller(Clock.system());
        poller.wakeup();
        poller.poll(0);
        poller.poll(Long.MAX_VALUE); // returns, since the wake-up is still there
        Thread waiter = new Thread(() -> poller.poll(Long.MAX_VALUE));
        waiter.start();
        Patience.until(
                "the next wait to wait again",
                () -> waiter.getState() == Thread.State.WAITING || waiter.getState() == Thread.State.TERMINATED);
        poller.wakeup();
        Patience.join(waiter);
    }

    @Test
    void aBatonCrossesBetweenPlatformAndVirtualThreads() {
        int[] state = new int[1];
        Baton[] batons = new Baton[2];
        Thread virtual = Thread.ofVirtual().unstarted(() -> {
            for (int round = 0; round < ROUNDS; round++) {
                batons[1].take();
                state[0]++;
                batons[0].pass();
            }
        });
        AtomicInteger wrong = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        Thread platform = new Thread(() -> {
            for (int round = 1; round <= ROUNDS; round++) {
                batons[1].pass();
                batons[0].take();
                wrong.addAndGet(state[0] == round ? 0 : 1);
                done.set(round);
            }
        });
        batons[0] = new Baton(platform);
        batons[1] = new Baton(virtual);
        virtual.start();
        platform.start();
        // unparks and interrupts that mean nothing must not be taken for the baton
        Patience.until("the rounds to end, state=" + state[0], () -> {
            LockSupport.unpark(virtual);
            platform.interrupt();
            return done.get() == ROUNDS;
        });
        Patience.join(platform);
        if (wrong.get() != 0) {
            throw new AssertionError("state was not handed over: times=" + wrong);
        }
    }

    private static void spin(Random random) {
        int turns = random.nextInt(16) == 0 ? 20_000 : random.nextInt(200);
        for (int i = 0; i < turns; i++) {
            Thread.onSpinWait();
        }
    }
}
