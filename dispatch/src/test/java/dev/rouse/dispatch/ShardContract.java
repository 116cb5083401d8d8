package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.spi.Poller;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What every engine guarantees.
abstract class ShardContract {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    final String name = "test" + NUMBER.incrementAndGet();
    final long seed = System.nanoTime();
    Dispatcher dispatcher = Dispatcher.start(options());
    Shard shard = dispatcher.shards().getFirst();

    abstract Engine engine();

    DispatchOptions options() {
        return DispatchOptions.defaults().withName(name).withShards(1).withEngine(engine());
    }

    @BeforeEach
    void forgetTheLog() {
        RecordedLog.take();
    }

    @AfterEach
    void end() throws InterruptedException {
        dispatcher.terminate(Patience.LIMIT);
        assertThat(RecordedLog.take()).as("logged, seed=%d", seed).isEmpty();
    }

    // Order.

    @Test
    void turnsRunFirstInFirstOut() {
        List<Integer> ran = new ArrayList<>();
        Turns.run(shard, () -> {
            for (int i = 0; i < 10_000; i++) {
                int number = i;
                shard.ready(Turns.turn(() -> ran.add(number)));
            }
        });
        Turns.run(shard, () -> {});
        assertThat(ran).hasSize(10_000).isSorted();
    }

    @Test
    void commandsOfEachThreadRunInItsOrder() {
        int senders = 4;
        int each = 50_000;
        int[] last = new int[senders];
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(senders * each);
        List<Thread> threads = IntStream.range(0, senders)
                .mapToObj(sender -> Thread.ofPlatform().start(() -> {
                    for (int i = 1; i <= each; i++) {
                        int number = i;
                        Turns.submit(shard, () -> {
                            wrong.addAndGet(last[sender] + 1 == number ? 0 : 1);
                            last[sender] = number;
                            done.countDown();
                        });
                    }
                }))
                .toList();
        Patience.await(done);
        threads.forEach(Patience::join);
        assertThat(wrong).hasValue(0);
    }

    @Test
    void suspendedTurnsGoOnOnceEachInTheOrderInWhichTheyWereResumed() {
        int count = 2_000;
        List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        Collections.shuffle(order, new Random(seed));
        Turns.Event[] events = Stream.generate(Turns.Event::new).limit(count).toArray(Turns.Event[]::new);
        List<Integer> resumed = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            int number = i;
            Turns.spawn(shard, () -> {
                events[number].await();
                resumed.add(number);
                done.countDown();
            });
        }
        Turns.spawn(shard, () -> order.forEach(number -> events[number].happen()));
        Patience.await(done);
        assertThat(resumed).as("seed=%d", seed).isEqualTo(order);
    }

    @Test
    void aTurnThatResumesItselfAndSuspendsGoesOnBehindTheOthers() {
        List<String> ran = new ArrayList<>();
        Turns.run(shard, () -> {
            shard.ready(Turns.turn(() -> ran.add("other")));
            Driver self = Turns.driver();
            self.resume();
            self.suspend();
            ran.add("self");
        });
        assertThat(ran).containsExactly("other", "self");
    }

    @Test
    void aShardIsCurrentInItsTurnsCommandsAndTimersOnly() {
        List<Boolean> current = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        Turns.submit(shard, () -> current.add(shard.isCurrent() && Shard.current() == shard));
        Turns.run(
                shard,
                () -> current.add(shard.isCurrent()
                        && Driver.current() != null
                        && Turns.driver().shard() == shard
                        && Turns.driver().turn() != null));
        Turns.submit(
                shard,
                () -> shard.schedule(
                        Turns.timer(() -> {
                            current.add(shard.isCurrent());
                            done.countDown();
                        }),
                        shard.clock().nanoTime()));
        Patience.await(done);
        assertThat(current).containsExactly(true, true, true);
        assertThat(Shard.current()).isNull();
        assertThat(Driver.current()).isNull();
        assertThat(shard.isCurrent()).isFalse();
    }

    // Budgets.

    @Test
    void aTurnThatIsAlwaysReadyLetsCommandsAndTimersIn() {
        int[] turns = new int[1];
        int[] commandAfter = new int[1];
        int[] timerAfter = new int[1];
        CountDownLatch done = new CountDownLatch(1);
        Turn[] always = new Turn[1];
        always[0] = Turns.turn(() -> {
            if (turns[0]++ == 0) {
                Turns.submit(shard, () -> commandAfter[0] = turns[0]);
                shard.schedule(
                        Turns.timer(() -> timerAfter[0] = turns[0]),
                        shard.clock().nanoTime());
            }
            if (turns[0] > 100_000_000 || (commandAfter[0] > 0 && timerAfter[0] > 0)) {
                done.countDown();
            } else {
                shard.ready(always[0]);
            }
        });
        Turns.submit(shard, () -> shard.ready(always[0]));
        Patience.await(done);
        assertThat(commandAfter[0]).isBetween(1, 2 * Shard.TURNS_PER_PASS);
        assertThat(timerAfter[0]).isGreaterThan(0);
    }

    @Test
    void turnsThatAlwaysResumeEachOtherLetCommandsIn() {
        int[] switches = new int[1];
        int[] commandAfter = new int[1];
        CountDownLatch done = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            Turns.spawn(shard, () -> {
                Driver self = Turns.driver();
                while (commandAfter[0] == 0 && switches[0] < 10_000_000) {
                    if (switches[0]++ == 10) {
                        Turns.submit(shard, () -> commandAfter[0] = switches[0]);
                    }
                    self.resume();
                    self.suspend();
                }
                done.countDown();
            });
        }
        Patience.await(done);
        assertThat(commandAfter[0]).isBetween(1, 1_000);
    }

    // Stress.

    @Test
    void oneTurnAtATimeUnderAMixOfSuspensionBlockingTimersAndThreads() {
        Random seeds = new Random(seed);
        int functions = 600;
        Mix mix = new Mix(shard, functions, engine() == Engine.CARRIER);
        List<Thread> outside = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Random random = new Random(seeds.nextLong());
            outside.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < functions / 4; n++) {
                    mix.spawnFunction(new Random(random.nextLong()));
                    if (random.nextInt(8) == 0) {
                        LockSupport.parkNanos(random.nextInt(50_000));
                    }
                }
            }));
        }
        Patience.await(mix.done);
        outside.forEach(Patience::join);
        mix.echo.interrupt();
        Patience.join(mix.echo);
        assertThat(mix.overlaps).as("turns at the same time, seed=%d", seed).hasValue(0);
        assertThat(mix.failures).as("seed=%d", seed).isEmpty();
        assertThat(mix.steps).as("seed=%d", seed).isEqualTo(mix.expectedSteps);
    }

    /// Functions that do everything a function may do, and count on plain fields.
    private static final class Mix {
        private static final int STEPS = 60;

        final Shard shard;
        final CountDownLatch done;
        final AtomicInteger overlaps = new AtomicInteger();
        final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        final Thread echo;
        long steps;
        long expectedSteps;
        private final boolean holdsLocks;
        private boolean inside;
        private final ReentrantLock lock = new ReentrantLock();
        private final Object monitor = new Object();
        private final BlockingQueue<BlockingQueue<Integer>> requests = new ArrayBlockingQueue<>(16);

        Mix(Shard shard, int functions, boolean holdsLocks) {
            this.shard = shard;
            this.holdsLocks = holdsLocks;
            this.done = new CountDownLatch(functions);
            this.expectedSteps = (long) functions * STEPS;
            this.echo = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        requests.take().add(1);
                    }
                } catch (InterruptedException _) {
                    // the end of the test
                }
            });
        }

        void spawnFunction(Random random) {
            Turns.spawn(shard, () -> {
                enter();
                try {
                    for (int i = 0; i < STEPS; i++) {
                        step(random);
                        steps++;
                    }
                } catch (Throwable e) {
                    failures.add(e);
                } finally {
                    leave();
                    done.countDown();
                }
            });
        }

        private void enter() {
            if (inside) {
                overlaps.incrementAndGet();
            }
            inside = true;
        }

        private void leave() {
            inside = false;
        }

        /// Something that may switch to others: the function is not inside meanwhile.
        private void away(Runnable wait) {
            leave();
            wait.run();
            enter();
        }

        private void step(Random random) throws InterruptedException {
            switch (random.nextInt(10)) {
                case 0 ->
                    away(() -> {
                        Driver self = Turns.driver();
                        self.resume();
                        self.suspend();
                    });
                case 1 -> {
                    Turns.Event event = new Turns.Event();
                    shard.ready(Turns.turn(event::happen));
                    away(event::await);
                }
                case 2 -> {
                    Turns.Event event = new Turns.Event();
                    long deadline = shard.clock().nanoTime() + random.nextInt(2_000_000);
                    Timer timer = Turns.timer(() -> {
                        if (shard.clock().nanoTime() - deadline < 0) {
                            failures.add(new AssertionError("a timer was early"));
                        }
                        event.happen();
                    });
                    shard.schedule(timer, deadline);
                    away(event::await);
                }
                case 3 -> {
                    Turns.Event event = new Turns.Event();
                    Thread.ofVirtual().start(() -> Turns.submit(shard, event::happen));
                    away(event::await);
                }
                case 4 -> away(Thread::yield);
                case 5 -> away(() -> LockSupport.parkNanos(random.nextInt(5_000)));
                case 6 -> {
                    away(lock::lock);
                    try {
                        suspendHoldingALock();
                    } finally {
                        lock.unlock();
                    }
                }
                case 7 -> {
                    leave();
                    synchronized (monitor) {
                        enter();
                        suspendHoldingALock();
                    }
                }
                case 8 -> {
                    BlockingQueue<Integer> reply = new ArrayBlockingQueue<>(1);
                    leave();
                    requests.put(reply);
                    reply.take();
                    enter();
                }
                default -> Thread.onSpinWait();
            }
        }

        private void suspendHoldingALock() {
            if (holdsLocks) {
                Turns.Event event = new Turns.Event();
                shard.ready(Turns.turn(event::happen));
                away(event::await);
            }
        }
    }

    @Test
    void noSubmissionFromOutsideIsLostHoweverItMeetsTheCarriersIdling() {
        Random random = new Random(seed);
        AtomicInteger seen = new AtomicInteger();
        for (int i = 1; i <= 20_000; i++) {
            int number = i;
            if (random.nextInt(4) > 0) {
                spin(random.nextInt(3_000));
            } else if (random.nextInt(20) == 0) {
                LockSupport.parkNanos(random.nextInt(100_000));
            }
            Turns.submit(shard, () -> seen.set(number));
            Patience.until("command " + number + ", seed=" + seed, () -> seen.get() == number);
        }
    }

    private static void spin(int turns) {
        for (int i = 0; i < turns; i++) {
            Thread.onSpinWait();
        }
    }

    @Test
    void moreSuspendedTurnsThanSpareDriversAllGoOnAndEnd() throws InterruptedException {
        int count = Loop.SPARE_DRIVERS + 1_000;
        Turns.Event[] events = Stream.generate(Turns.Event::new).limit(count).toArray(Turns.Event[]::new);
        CountDownLatch done = new CountDownLatch(count);
        for (Turns.Event event : events) {
            Turns.spawn(shard, () -> {
                event.await();
                done.countDown();
            });
        }
        Turns.spawn(shard, () -> List.of(events).forEach(Turns.Event::happen));
        Patience.await(done);
        assertThat(dispatcher.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(0, 0));
    }

    // Timers.

    @Test
    void timersFireInOrderAndACancelledOneDoesNot() {
        Random random = new Random(seed);
        List<Long> fired = new ArrayList<>();
        AtomicInteger early = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(100);
        Turns.submit(shard, () -> {
            long now = shard.clock().nanoTime();
            for (int i = 0; i < 200; i++) {
                long tick = random.nextInt(60);
                long deadline = now + tick * TimerWheel.TICK_NANOS;
                Timer timer = Turns.timer(() -> {
                    early.addAndGet(shard.clock().nanoTime() - deadline < 0 ? 1 : 0);
                    fired.add(tick);
                    done.countDown();
                });
                shard.schedule(timer, deadline);
                if (i % 2 == 0) {
                    shard.cancel(timer);
                }
            }
        });
        Patience.await(done);
        Turns.run(shard, () -> {});
        assertThat(fired).as("seed=%d", seed).hasSize(100).isSorted();
        assertThat(early).hasValue(0);
    }

    @Test
    void aTimerPastTheLimitIsRefusedAndACancelledOneMakesRoom() throws InterruptedException {
        dispatcher.terminate(Patience.LIMIT);
        dispatcher = Dispatcher.start(options().withTimersPerShard(2));
        shard = dispatcher.shards().getFirst();
        List<Boolean> started = new ArrayList<>();
        Turns.run(shard, () -> {
            Timer first = Turns.timer(() -> {});
            started.add(shard.schedule(first, Long.MAX_VALUE));
            started.add(shard.schedule(Turns.timer(() -> {}), Long.MAX_VALUE));
            Timer third = Turns.timer(() -> {});
            started.add(shard.schedule(third, Long.MAX_VALUE));
            started.add(third.isScheduled());
            shard.cancel(first);
            started.add(shard.schedule(third, Long.MAX_VALUE));
        });
        assertThat(started).containsExactly(true, true, false, false, true);
    }

    @Test
    void anUncountedTimerTakesNoPlaceInTheLimitUntilItIsStartedAsOthersAre() throws InterruptedException {
        dispatcher.terminate(Patience.LIMIT);
        dispatcher = Dispatcher.start(options().withTimersPerShard(1));
        shard = dispatcher.shards().getFirst();
        List<Boolean> started = new ArrayList<>();
        Turns.run(shard, () -> {
            Timer own = Turns.timer(() -> {});
            shard.scheduleUncounted(own, Long.MAX_VALUE);
            Timer first = Turns.timer(() -> {});
            started.add(shard.schedule(first, Long.MAX_VALUE));
            shard.cancel(own);
            started.add(shard.schedule(Turns.timer(() -> {}), Long.MAX_VALUE));
            shard.scheduleUncounted(own, Long.MAX_VALUE);
            started.add(own.isScheduled());
            shard.cancel(own);
            shard.cancel(first);
            started.add(shard.schedule(own, Long.MAX_VALUE));
            started.add(shard.schedule(first, Long.MAX_VALUE));
        });
        assertThat(started).containsExactly(true, false, true, true, false);
    }

    // Interrupts.

    @Test
    void anInterruptDoesNotReachTheNextTurnOfTheDriver() {
        Thread[] threads = new Thread[2];
        boolean[] interrupted = new boolean[1];
        Turns.run(shard, () -> {
            shard.ready(Turns.turn(() -> {
                threads[0] = Thread.currentThread();
                Thread.currentThread().interrupt();
            }));
            shard.ready(Turns.turn(() -> {
                threads[1] = Thread.currentThread();
                interrupted[0] = Thread.currentThread().isInterrupted();
            }));
        });
        Turns.run(shard, () -> {});
        assertThat(threads[1]).isSameAs(threads[0]);
        assertThat(interrupted[0]).isFalse();
    }

    @Test
    void whatATurnLeavesOnItsThreadDoesNotReachTheNextOne() {
        Thread[] threads = new Thread[2];
        ThreadLocal<String> local = new ThreadLocal<>();
        ThreadLocal<String> inheritable = new InheritableThreadLocal<>();
        String[] found = new String[4];
        Turns.run(shard, () -> {
            shard.ready(Turns.turn(() -> {
                threads[0] = Thread.currentThread();
                threads[0].setName("left behind");
                threads[0].setContextClassLoader(ClassLoader.getPlatformClassLoader());
                local.set("left behind");
                inheritable.set("left behind");
            }));
            shard.ready(Turns.turn(() -> {
                threads[1] = Thread.currentThread();
                found[0] = threads[1].getName();
                found[1] = String.valueOf(threads[1].getContextClassLoader());
                found[2] = local.get();
                found[3] = inheritable.get();
            }));
        });
        Turns.run(shard, () -> {});
        assertThat(threads[1]).isSameAs(threads[0]);
        assertThat(found[0]).isEmpty();
        assertThat(found[1]).isEqualTo(String.valueOf(Thread.currentThread().getContextClassLoader()));
        if (ThreadLocals.areForgotten()) {
            assertThat(found[2]).isNull();
            assertThat(found[3]).isNull();
        }
    }

    @Test
    void aThreadLocalOutlastsASuspensionOfItsTurn() {
        ThreadLocal<String> local = new ThreadLocal<>();
        String[] found = new String[1];
        Turns.run(shard, () -> {
            local.set("mine");
            Driver mine = Objects.requireNonNull(Driver.current());
            shard.ready(Turns.turn(() -> {
                local.set("another's");
                mine.resume();
            }));
            mine.suspend();
            found[0] = local.get();
        });
        assertThat(found[0]).isEqualTo("mine");
    }

    @Test
    void anInterruptOfASpareDriverDoesNotReachItsNextTurn() {
        Thread[] threads = new Thread[2];
        boolean[] interrupted = new boolean[1];
        Turns.run(shard, () -> threads[0] = Thread.currentThread());
        CountDownLatch spare = new CountDownLatch(1);
        // the driver is spare when the shard is between turns
        Turns.submit(shard, () -> {
            threads[0].interrupt();
            spare.countDown();
        });
        Patience.await(spare);
        Turns.run(shard, () -> {
            threads[1] = Thread.currentThread();
            interrupted[0] = Thread.currentThread().isInterrupted();
        });
        assertThat(threads[1]).isSameAs(threads[0]);
        assertThat(interrupted[0]).isFalse();
    }

    @Test
    void anInterruptedCarrierStillWaits() {
        CountingPoller poller = new CountingPoller();
        Turns.run(shard, () -> shard.poller(CountingPoller.class, _ -> poller));
        Patience.until("the shard to wait", () -> poller.waiter != null);
        Thread waiter = Objects.requireNonNull(poller.waiter);
        for (int i = 0; i < 100; i++) {
            int waits = poller.waits.get();
            waiter.interrupt();
            Patience.until("the wait to be repeated", () -> poller.waits.get() > waits);
        }
        // An interrupt may come just before a wait and spoil that one; it must not stay for those after it.
        // Commands only: a turn would clear it by unmounting.
        int spoilt = poller.interruptedWaits.get();
        for (int i = 0; i < 100; i++) {
            int waits = poller.waits.get();
            Turns.submit(shard, () -> {});
            Patience.until("another wait", () -> poller.waits.get() > waits);
        }
        assertThat(poller.interruptedWaits.get() - spoilt).isLessThanOrEqualTo(1);
    }

    // Failures.

    static Stream<Throwable> failures() {
        return Stream.of(
                new IllegalStateException("thrown by a test"),
                new AssertionError("thrown by a test"),
                new OutOfMemoryError("thrown by a test"),
                new StackOverflowError("thrown by a test"),
                new LinkageError("thrown by a test"));
    }

    private static void raise(Throwable failure) {
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        throw (Error) failure;
    }

    private void assertLoggedAndAlive(String message, Throwable failure) {
        Turns.run(shard, () -> {});
        List<RecordedLog.Entry> log = new ArrayList<>();
        Patience.until("the failure to be logged", () -> {
            Turns.run(shard, () -> {});
            log.addAll(RecordedLog.take());
            return !log.isEmpty();
        });
        assertThat(log.getFirst().message()).startsWith(message);
        assertThat(log.getFirst().failure()).isSameAs(failure);
        CountDownLatch fired = new CountDownLatch(1);
        Turns.submit(
                shard,
                () -> shard.schedule(
                        Turns.timer(fired::countDown), shard.clock().nanoTime()));
        Patience.await(fired);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aTurnThatThrowsIsLoggedAndTheShardLivesOn(Throwable failure) {
        Turns.spawn(shard, () -> raise(failure));
        assertLoggedAndAlive("a turn threw out of its actor: turn=", failure);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aResumedTurnThatThrowsIsLoggedAndTheShardLivesOn(Throwable failure) {
        Turns.spawn(shard, () -> {
            Driver self = Turns.driver();
            self.resume();
            self.suspend();
            raise(failure);
        });
        assertLoggedAndAlive("a turn threw out of its actor: turn=", failure);
    }

    /// Where the stack ended while the shard was being handed on, nobody had it any more, or two turns had.
    @Test
    void aTurnAtTheEndOfItsStackSuspendsOrFailsAndTheShardLivesOn() {
        for (int i = 0; i < 5; i++) {
            Precipice precipice = new Precipice(shard);
            Turns.spawn(shard, precipice);
            Patience.await(precipice.left);
            assertThat(precipice.wrong)
                    .as("turns that were on the shard together")
                    .isZero();
            assertThat(precipice.suspensions).isPositive();
        }
        Turns.run(shard, () -> {});
    }

    /// Uses its stack up, and then suspends in one frame after the other on the way back.
    private static final class Precipice implements Runnable {
        /// Those at the very end; below them, where there may be stack enough, one in so many.
        private static final int LAST_FRAMES = 200;

        private static final int STRIDE = 64;

        final CountDownLatch left = new CountDownLatch(1);
        int suspensions;
        int wrong;
        private final Shard shard;
        private int frames;
        private @Nullable Driver waiting;
        private boolean onShard;
        private boolean over;

        Precipice(Shard shard) {
            this.shard = shard;
        }

        @Override
        public void run() {
            onShard = true;
            shard.ready(Turns.turn(this::wake));
            fall(Turns.driver());
            over = true;
            left.countDown();
        }

        private void wake() {
            if (over) {
                return;
            }
            wrong += onShard ? 1 : 0;
            Driver driver = waiting;
            if (driver != null) {
                waiting = null;
                driver.resume();
            }
            shard.ready(Turns.turn(this::wake));
        }

        @SuppressWarnings("InfiniteRecursion") // until the stack ends
        private void fall(Driver driver) {
            try {
                fall(driver);
            } catch (StackOverflowError _) {
                // from here it goes back
            }
            if (++frames < LAST_FRAMES || frames % STRIDE == 0) {
                try {
                    suspend(driver);
                } catch (StackOverflowError _) {
                    waiting = null;
                    onShard = true;
                }
            }
        }

        private void suspend(Driver driver) {
            waiting = driver;
            onShard = false;
            driver.suspend();
            onShard = true;
            suspensions++;
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aCommandThatThrowsIsLoggedAndTheShardLivesOn(Throwable failure) {
        Turns.submit(shard, () -> raise(failure));
        assertLoggedAndAlive("a command threw; this is a defect of Rouse: shard=" + name + "-shard-0", failure);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aTimerThatThrowsIsLoggedAndTheOthersFire(Throwable failure) {
        CountDownLatch other = new CountDownLatch(1);
        Turns.submit(shard, () -> {
            long now = shard.clock().nanoTime();
            shard.schedule(Turns.timer(() -> raise(failure)), now);
            shard.schedule(Turns.timer(other::countDown), now);
        });
        Patience.await(other);
        assertLoggedAndAlive("a timer threw; this is a defect of Rouse: shard=" + name + "-shard-0", failure);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aPollerThatThrowsIsLoggedAndTurnsStillRun(Throwable failure) {
        CountingPoller poller = new CountingPoller();
        poller.failure = failure;
        Turns.run(shard, () -> shard.poller(CountingPoller.class, _ -> poller));
        for (int i = 0; i < 20; i++) {
            Turns.run(shard, () -> {});
        }
        poller.failure = null;
        assertLoggedAndAlive("the poller threw; the shard goes on: shard=" + name + "-shard-0", failure);
        Turns.run(shard, () -> {});
        RecordedLog.take();
    }

    @Test
    void aTurnOrderThatThrowsIsLoggedAndTheShardGoesOnWhenItIsWellAgain() throws InterruptedException {
        dispatcher.terminate(Patience.LIMIT);
        AtomicInteger bad = new AtomicInteger(5);
        dispatcher = Dispatcher.start(options()
                .withTurnOrder(ready -> bad.getAndUpdate(n -> Math.max(0, n - 1)) > 0 ? ready : 0));
        shard = dispatcher.shards().getFirst();
        CountDownLatch done = new CountDownLatch(50);
        Turns.submit(shard, () -> {
            for (int i = 0; i < 50; i++) {
                shard.ready(Turns.turn(done::countDown));
            }
        });
        Patience.await(done);
        Turns.run(shard, () -> {});
        assertThat(bad).hasValue(0);
        assertThat(RecordedLog.take()).isNotEmpty();
        dispatcher.terminate(Patience.LIMIT);
        RecordedLog.take();
    }

    // Threads.

    /// Substitute carriers end when they have given the shard back.
    final void awaitCarriers(int expected) {
        Patience.until("carriers left: " + expected, () -> carriers().size() == expected);
    }

    private List<Thread> carriers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(name + "-shard"))
                .toList();
    }

    @Test
    void carriersAreNoDaemonsWhoeverStartsThem() throws InterruptedException {
        assertThat(carriers()).hasSize(1).noneMatch(Thread::isDaemon);
        dispatcher.terminate(Patience.LIMIT);
        awaitCarriers(0);
        Thread.ofVirtual().start(() -> dispatcher = Dispatcher.start(options())).join();
        assertThat(carriers()).hasSize(1).noneMatch(Thread::isDaemon);
    }

    // Virtual threads of the user.

    @Test
    @SuppressWarnings("ThreadPriorityCheck") // that yielding guests go on is what is tested
    void virtualThreadsStartedInATurnRunToTheirEnd() {
        CountDownLatch done = new CountDownLatch(200);
        List<@Nullable Shard> current = Collections.synchronizedList(new ArrayList<>());
        ReentrantLock lock = new ReentrantLock();
        Turns.run(shard, () -> {
            for (int i = 0; i < 200; i++) {
                Thread.ofVirtual().start(() -> {
                    current.add(Shard.current());
                    Thread.yield();
                    LockSupport.parkNanos(1_000);
                    lock.lock();
                    try {
                        Thread.yield();
                    } finally {
                        lock.unlock();
                    }
                    done.countDown();
                });
            }
        });
        Patience.await(done);
        assertThat(current).hasSize(200).containsOnlyNulls(); // they are guests: not on the shard as a turn is
    }

    @Test
    void aTurnJoinsAVirtualThreadThatItHasStarted() {
        int[] value = new int[1];
        Turns.run(shard, () -> {
            Thread guest = Thread.ofVirtual().start(() -> {
                LockSupport.parkNanos(1_000);
                value[0] = 7;
            });
            Patience.join(guest);
            assertThat(value[0]).isEqualTo(7);
        });
    }

    // Pollers.

    @Test
    void aPollerReplacesThePlainOneAndIsClosedAtTheEnd() throws InterruptedException {
        CountingPoller poller = new CountingPoller();
        AtomicInteger created = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            Turns.run(
                    shard,
                    () -> assertThat(shard.poller(CountingPoller.class, _ -> {
                                created.incrementAndGet();
                                return poller;
                            }))
                            .isSameAs(poller));
        }
        assertThat(created).hasValue(1);
        Turns.run(
                shard,
                () -> assertThatThrownBy(() -> shard.poller(OtherPoller.class, _ -> new OtherPoller()))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("shard has another poller: shard=" + name
                                + "-shard-0, poller=dev.rouse.dispatch.CountingPoller, wanted="
                                + "dev.rouse.dispatch.ShardContract$OtherPoller; use one kind of sockets per system"));
        Patience.until("the shard to wait in it", () -> poller.waits.get() > 0);
        assertThat(poller.closed).hasValue(0);
        dispatcher.terminate(Patience.LIMIT);
        assertThat(poller.closed).hasValue(1);
    }

    private static final class OtherPoller implements Poller {
        @Override
        public int poll(long timeoutNanos) {
            return 0;
        }

        @Override
        public void wakeup() {}

        @Override
        public void close() {}
    }

    // The end.

    @Test
    void theEndReportsTheFunctionsThatWereSuspended() throws InterruptedException {
        CountDownLatch suspended = new CountDownLatch(7);
        for (int i = 0; i < 7; i++) {
            Turns.spawn(shard, () -> {
                suspended.countDown();
                new Turns.Event().await();
            });
        }
        Patience.await(suspended);
        assertThat(dispatcher.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(7, 0));
        assertThat(dispatcher.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(7, 0));
        awaitCarriers(0);
    }

    @Test
    void theEndReportsAShardWhoseTurnDoesNotEnd() throws InterruptedException {
        AtomicBoolean go = new AtomicBoolean();
        CountDownLatch spinning = new CountDownLatch(1);
        Turns.spawn(shard, () -> {
            spinning.countDown();
            while (!go.get()) {
                Thread.onSpinWait();
            }
        });
        Patience.await(spinning);
        assertThat(dispatcher.terminate(Duration.ZERO)).isEqualTo(new Dispatcher.Termination(0, 1));
        go.set(true);
        assertThat(dispatcher.terminate(Duration.ofSeconds(Long.MAX_VALUE)))
                .isEqualTo(new Dispatcher.Termination(0, 0));
    }

    @Test
    void noTurnBeginsOnceTheShardIsToEnd() throws InterruptedException {
        AtomicInteger late = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        Turns.submit(shard, () -> {
            shard.close();
            Turns.submit(shard, () -> {
                for (int i = 0; i < 1_000; i++) {
                    shard.ready(Turns.turn(late::incrementAndGet));
                }
            });
            begun.countDown();
        });
        Patience.await(begun);
        dispatcher.terminate(Patience.LIMIT);
        assertThat(late).hasValue(0);
    }

    @Test
    void aShardCannotWaitForItsOwnEnd() {
        Turns.run(
                shard,
                () -> assertThatThrownBy(() -> dispatcher.terminate(Patience.LIMIT))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("a shard cannot wait for its own end: thread=VirtualThread[")
                        .hasMessageEndingWith("; call terminate from an outside thread"));
        Turns.run(shard, () -> {});
    }

    @Test
    void eachCommandIsExecutedOrRefusedExactlyOnceUnderAStorm() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            Dispatcher stormed = Dispatcher.start(options());
            Shard target = stormed.shards().getFirst();
            int each = 5_000;
            AtomicIntegerArray calls = new AtomicIntegerArray(4 * each);
            AtomicInteger refusals = new AtomicInteger();
            CountDownLatch halfway = new CountDownLatch(2 * each);
            List<Thread> threads = IntStream.range(0, 4)
                    .mapToObj(sender -> Thread.ofPlatform().start(() -> {
                        for (int i = 0; i < each; i++) {
                            target.submit(new Counted(calls, sender * each + i, refusals));
                            halfway.countDown();
                        }
                    }))
                    .toList();
            Patience.await(halfway);
            assertThat(stormed.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(0, 0));
            threads.forEach(Patience::join);
            target.submit(new Counted(calls, 0, refusals));
            assertThat(calls.get(0)).isEqualTo(2);
            for (int i = 1; i < 4 * each; i++) {
                assertThat(calls.get(i)).as("command %d of round %d", i, round).isEqualTo(1);
            }
            assertThat(refusals.get()).isPositive();
        }
    }

    private static final class Counted extends Command {
        private final AtomicIntegerArray calls;
        private final int index;
        private final AtomicInteger refusals;

        Counted(AtomicIntegerArray calls, int index, AtomicInteger refusals) {
            this.calls = calls;
            this.index = index;
            this.refusals = refusals;
        }

        @Override
        protected void execute() {
            calls.incrementAndGet(index);
        }

        @Override
        protected void refused() {
            calls.incrementAndGet(index);
            refusals.incrementAndGet();
        }
    }

    /// A command that its shard refuses.
    private static Command refusal(Runnable body) {
        return new Command() {
            @Override
            protected void execute() {
                throw new AssertionError("executed after the end");
            }

            @Override
            protected void refused() {
                body.run();
            }
        };
    }

    @Test
    void shardsThatHaveEndedMayRefuseToEachOther() throws InterruptedException {
        Dispatcher two = Dispatcher.start(options().withShards(2));
        two.terminate(Patience.LIMIT);
        Shard first = two.shards().get(0);
        Shard second = two.shards().get(1);
        CountDownLatch bothRefuse = new CountDownLatch(2);
        CountDownLatch refused = new CountDownLatch(2);
        Thread one = crossRefusal(first, second, bothRefuse, refused);
        Thread other = crossRefusal(second, first, bothRefuse, refused);
        Patience.await(refused);
        Patience.join(one);
        Patience.join(other);
    }

    private static Thread crossRefusal(Shard from, Shard to, CountDownLatch bothRefuse, CountDownLatch refused) {
        return Thread.ofPlatform()
                .daemon()
                .start(() -> from.submit(refusal(() -> {
                    bothRefuse.countDown();
                    Patience.await(bothRefuse);
                    to.submit(refusal(refused::countDown));
                })));
    }

    @Test
    void aRefusalThatThrowsIsLoggedAndKeepsNobodyWaiting() throws InterruptedException {
        dispatcher.terminate(Patience.LIMIT);
        shard.submit(refusal(() -> {
            throw new IllegalStateException("thrown by a test");
        }));
        CountDownLatch refused = new CountDownLatch(1);
        shard.submit(refusal(refused::countDown));
        Patience.await(refused);
        awaitLogged("a command threw when it was refused; this is a defect of Rouse: shard=" + shard, 1);
    }

    @Test
    void aPollerThatFailsToCloseIsLogged() throws InterruptedException {
        CountingPoller poller = new CountingPoller();
        poller.closeFailure = new IllegalStateException("thrown by a test");
        Turns.run(shard, () -> shard.poller(CountingPoller.class, _ -> poller));
        dispatcher.terminate(Patience.LIMIT);
        awaitLogged("the poller failed to close: shard=" + shard, 1);
    }

    /// What is logged at the end of a shard comes from another thread.
    private static void awaitLogged(String message, int times) {
        List<RecordedLog.Entry> logged = new ArrayList<>();
        Patience.until("what fails at the end to be logged", () -> {
            logged.addAll(RecordedLog.take());
            return logged.size() >= times;
        });
        assertThat(logged)
                .extracting(RecordedLog.Entry::message)
                .containsExactly(Collections.nCopies(times, message).toArray(String[]::new));
    }

    @Test
    void aThousandDispatchersLeaveNothingBehind() throws InterruptedException {
        List<WeakReference<Shard>> ended = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Dispatcher brief = Dispatcher.start(options());
            Shard one = brief.shards().getFirst();
            if (i % 2 == 0) {
                Turns.run(one, () -> {
                    Driver self = Turns.driver();
                    self.resume();
                    self.suspend();
                });
            }
            assertThat(brief.terminate(Patience.LIMIT)).isEqualTo(new Dispatcher.Termination(0, 0));
            ended.add(new WeakReference<>(one));
        }
        awaitCarriers(1); // that of the test itself
        Patience.until("the ended shards to be collected", () -> {
            System.gc();
            return ended.stream().filter(shard -> shard.get() != null).count() <= 1;
        });
    }
}
