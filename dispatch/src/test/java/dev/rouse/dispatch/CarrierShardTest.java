package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "rouse.test.engine", matches = "carrier")
class CarrierShardTest extends ShardContract {

    @Override
    Engine engine() {
        return Engine.CARRIER;
    }

    @Test
    void aThousandTurnsThatBlockSilentlyDoNotHoldUpANeighbour() {
        CountDownLatch opened = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1_000);
        for (int i = 0; i < 1_000; i++) {
            Turns.spawn(shard, () -> {
                Patience.await(opened);
                done.countDown();
            });
        }
        Turns.spawn(shard, opened::countDown);
        Patience.await(done);
    }

    @Test
    void aTurnThatParksInTheJdkIsUnparkedByANeighbour() {
        Thread[] parked = new Thread[1];
        boolean[] go = new boolean[1];
        CountDownLatch done = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            parked[0] = Thread.currentThread();
            while (!go[0]) {
                LockSupport.park();
            }
            done.countDown();
        });
        Turns.spawn(shard, () -> {
            go[0] = true;
            LockSupport.unpark(parked[0]);
        });
        Patience.await(done);
    }

    /// The pollers of the JDK once lived on the shard that was first to use a socket, and ended with it.
    @Test
    void blockingSocketsWorkOnAfterTheShardThatWasFirstToUseOne() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Turns.run(shard, () -> readWhatComesLate(server));
            dispatcher.terminate(Patience.LIMIT);
            Patience.join(Thread.ofVirtual().start(() -> readWhatComesLate(server)));
        }
    }

    /// Reads a byte that is sent when the calling thread waits for it.
    private static void readWhatComesLate(ServerSocket server) {
        Thread reader = Thread.currentThread();
        try (Socket peer = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket stream = server.accept()) {
            Thread.ofPlatform().start(() -> {
                Patience.until("the reader to wait", () -> reader.getState() == Thread.State.WAITING);
                try {
                    peer.getOutputStream().write(7);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(stream.getInputStream().read()).isEqualTo(7);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void locksHeldWhileSuspendedKeepNeighboursOut() {
        ReentrantLock lock = new ReentrantLock();
        Object monitor = new Object();
        int[] inside = new int[1];
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(200);
        for (int i = 0; i < 200; i++) {
            boolean useMonitor = i % 2 == 0;
            Turns.spawn(shard, () -> {
                if (useMonitor) {
                    synchronized (monitor) {
                        lock.lock();
                        try {
                            passThrough(inside, wrong);
                        } finally {
                            lock.unlock();
                        }
                    }
                } else {
                    lock.lock();
                    try {
                        passThrough(inside, wrong);
                    } finally {
                        lock.unlock();
                    }
                }
                done.countDown();
            });
        }
        Patience.await(done);
        assertThat(wrong).hasValue(0);
    }

    private static void passThrough(int[] inside, AtomicInteger wrong) {
        if (inside[0]++ != 0) {
            wrong.incrementAndGet();
        }
        Driver self = Turns.driver();
        self.resume();
        self.suspend();
        inside[0]--;
    }

    /// Taking the stack trace of a thread that has yielded once resumed it.
    @Test
    void stackTracesTakenFromOutsideResumeNobody() throws InterruptedException {
        int functions = 64;
        Thread[] drivers = new Thread[functions];
        @Nullable Driver[] waiting = new @Nullable Driver[functions];
        boolean[] resumed = new boolean[functions];
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(functions);
        CountDownLatch done = new CountDownLatch(functions);
        for (int i = 0; i < functions; i++) {
            int me = i;
            Turns.spawn(shard, () -> {
                drivers[me] = Thread.currentThread();
                started.countDown();
                for (int round = 0; round < 200; round++) {
                    resumed[me] = false;
                    Driver driver = Turns.driver();
                    waiting[me] = driver;
                    driver.suspend();
                    if (!resumed[me]) {
                        wrong.incrementAndGet();
                    }
                }
                waiting[me] = null;
                done.countDown();
            });
        }
        Patience.await(started);
        Thread sampler = Thread.ofPlatform().start(() -> {
            for (int i = 0; !Thread.currentThread().isInterrupted(); i = (i + 1) % functions) {
                drivers[i].getStackTrace(); // suspended, running or, in the end, spare
            }
        });
        Random random = new Random(seed);
        while (done.getCount() > 0) {
            boolean[] chosen = new boolean[functions];
            for (int i = 0; i < functions; i++) {
                chosen[i] = random.nextBoolean();
            }
            Turns.run(shard, () -> {
                for (int i = 0; i < functions; i++) {
                    Driver driver = waiting[i];
                    if (chosen[i] && driver != null && !resumed[i]) {
                        resumed[i] = true;
                        driver.resume();
                    }
                }
            });
        }
        for (int i = 0; i < 1_000; i++) {
            Turns.run(shard, () -> {});
        }
        sampler.interrupt();
        Patience.join(sampler);
        assertThat(wrong).as("seed=%d", seed).hasValue(0);
    }

    @Test
    void theStackOfASuspendedDriverCanBeSeenFromOutsideAndFromItsShard() {
        Driver[] waiting = new Driver[1];
        Thread[] thread = new Thread[1];
        CountDownLatch suspended = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            waiting[0] = Turns.driver();
            thread[0] = Thread.currentThread();
            suspended.countDown();
            waiting[0].suspend();
            done.countDown();
        });
        Patience.await(suspended);
        Patience.until("the stack to be seen", () -> shows(thread[0].getStackTrace(), "suspend"));
        Turns.run(
                shard,
                () -> assertThat(shows(thread[0].getStackTrace(), "suspend")).isTrue());
        Turns.run(shard, waiting[0]::resume);
        Patience.await(done);
    }

    private static boolean shows(StackTraceElement[] stack, String method) {
        return Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals(method));
    }

    @Test
    void anInterruptIsForTheCallThatItWasMeantForAndNotForTheNextOne() throws InterruptedException {
        BlockingQueue<String> first = new ArrayBlockingQueue<>(1);
        BlockingQueue<String> second = new ArrayBlockingQueue<>(1);
        List<String> taken = new CopyOnWriteArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        Turn turn = Turns.turn(() -> {
            try {
                taken.add(first.take());
                taken.add(second.take());
            } catch (InterruptedException _) {
                taken.add("interrupted");
            }
            done.countDown();
        });
        Turns.run(shard, () -> shard.ready(turn));
        Turns.run(shard, () -> {});
        Turns.run(shard, () -> {
            assertThat(first.offer("first")).isTrue(); // the turn is ready to go on, and has not yet
            shard.interruptIfBlocked(turn);
        });
        Turns.run(shard, () -> {});
        Turns.run(shard, () -> assertThat(second.offer("second")).isTrue());
        Patience.await(done);
        assertThat(taken).containsExactly("first", "second");
    }

    @Test
    void aForeignUnparkOrInterruptDoesNotResumeASuspendedTurn() {
        Turns.Event event = new Turns.Event();
        Driver[] waiting = new Driver[1];
        Thread[] thread = new Thread[1];
        boolean[] interrupted = new boolean[1];
        CountDownLatch suspended = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            waiting[0] = Turns.driver();
            thread[0] = Thread.currentThread();
            suspended.countDown();
            event.await(); // fails when it returns before the event
            interrupted[0] = Thread.interrupted();
            done.countDown();
        });
        Patience.await(suspended);
        for (int i = 0; i < 1_000; i++) {
            LockSupport.unpark(thread[0]);
            if (i == 500) {
                thread[0].interrupt();
            }
            Turns.run(shard, () -> {});
        }
        assertThat(done.getCount()).isEqualTo(1);
        Turns.submit(shard, event::happen);
        Patience.await(done);
        assertThat(interrupted[0]).isTrue();
    }

    @Test
    void aPollerIsInstalledOnceThoughItsCreationBlocks() {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(2);
        List<CountingPoller> created = new ArrayList<>();
        List<CountingPoller> got = new ArrayList<>();
        Turns.spawn(shard, () -> {
            got.add(shard.poller(CountingPoller.class, _ -> {
                Patience.await(go);
                CountingPoller poller = new CountingPoller();
                created.add(poller);
                return poller;
            }));
            done.countDown();
        });
        Turns.spawn(shard, () -> {
            got.add(shard.poller(CountingPoller.class, _ -> {
                CountingPoller poller = new CountingPoller();
                created.add(poller);
                return poller;
            }));
            go.countDown();
            done.countDown();
        });
        Patience.await(done);
        assertThat(got).hasSize(2).containsOnly(created.getFirst());
        assertThat(created).extracting(poller -> poller.closed.get()).containsExactly(0, 1);
    }

    @Test
    void aTurnThatBlocksForeverIsCountedAsAbandoned() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            blocked.countDown();
            Patience.await(never);
        });
        Patience.await(blocked);
        assertThat(dispatcher.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(1, 0));
        never.countDown(); // hands a continuation to a shard that has ended
    }

    // Pinned turns.

    /// Its carrier once stayed for ever, and with it the process.
    @Test
    void pinnedTurnsThatStillWaitAtTheEndAreUnwoundAndTheirCarriersEnd() throws InterruptedException {
        List<String> unwound = new CopyOnWriteArrayList<>();
        CountDownLatch waiting = new CountDownLatch(3);
        List<Thread> held = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            Turns.spawn(shard, () -> {
                try {
                    PinnedInitializer.initialize(() -> {
                        Turns.submit(shard, () -> held.add(Thread.currentThread()));
                        waiting.countDown();
                        Turns.driver().suspend();
                    });
                } catch (Error e) {
                    unwound.add("" + e.getMessage());
                }
            });
        }
        Patience.await(waiting);
        assertThat(dispatcher.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(0, 0));
        assertThat(unwound)
                .containsOnly("the shard ended while a pinned turn was suspended: shard=" + shard.name())
                .hasSize(3);
        for (Thread thread : held) {
            Patience.join(thread);
        }
    }

    @Test
    void aVirtualThreadThatATurnStartsMustNotWaitForTheEnd() {
        boolean[] carried = new boolean[2];
        CountDownLatch done = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            carried[0] = Shard.carriesCaller();
            Thread.ofVirtual().start(() -> {
                carried[1] = Shard.carriesCaller();
                done.countDown();
            });
        });
        Patience.await(done);
        assertThat(carried).containsExactly(true, true);
        assertThat(Shard.carriesCaller()).isFalse();
    }

    @Test
    void aTurnThatSuspendsInAClassInitialiserLetsOthersGoOn() {
        Turns.Event event = new Turns.Event();
        List<String> ran = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            PinnedInitializer.initialize(event::await);
            ran.add("pinned");
            done.countDown();
        });
        Turns.spawn(shard, () -> {
            ran.add("other");
            event.happen();
        });
        Patience.await(done);
        assertThat(ran).containsExactly("other", "pinned");
    }

    @Test
    void manyPinnedAndUnpinnedTurnsResumeEachOtherInRandomOrder() {
        Random random = new Random(seed);
        int count = 60;
        int[] inside = new int[1];
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            Random own = new Random(random.nextLong());
            Runnable body = () -> {
                for (int step = 0; step < 10; step++) {
                    Turns.Event event = new Turns.Event();
                    switch (own.nextInt(3)) {
                        case 0 -> shard.ready(Turns.turn(event::happen));
                        case 1 -> Thread.ofVirtual().start(() -> Turns.submit(shard, event::happen));
                        default ->
                            shard.schedule(
                                    Turns.timer(event::happen), shard.clock().nanoTime() + own.nextInt(2_000_000));
                    }
                    event.await();
                    wrong.addAndGet(inside[0]++ == 0 && shard.isCurrent() ? 0 : 1);
                    Thread.onSpinWait();
                    inside[0]--;
                }
            };
            boolean pinned = random.nextInt(3) == 0;
            Turns.spawn(shard, () -> {
                if (pinned) {
                    PinnedInitializer.initialize(body);
                }
                body.run(); // on the same driver, no longer pinned
                done.countDown();
            });
        }
        Patience.await(done);
        assertThat(wrong).as("seed=%d", seed).hasValue(0);
        awaitCarriers(1);
    }
}
