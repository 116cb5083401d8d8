package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.sequence;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Sequence;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Engine;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/// Turns that block in the machine instead of the simulation.
class EscapesTest {
    private static final Engine ENGINE =
            "portable".equals(System.getProperty("rouse.test.engine")) ? Engine.PORTABLE : Engine.CARRIER;

    /// Long enough to be met by looks in between, on a busy machine too.
    private static final Duration A_WHILE = Duration.ofMillis(20);

    private static Simulation simulation() {
        return Simulation.of(1, system -> system.engine(ENGINE));
    }

    private static void assertEscape(Simulation simulation, String call, String remedy, Blocking body) {
        assertThatThrownBy(() -> simulation.run(body::block))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("a turn has blocked in a call of the JDK, which takes real time: call=" + call)
                .hasMessageContaining("EscapesTest.java")
                .hasMessageContaining("turn=/EscapesTest-function")
                .hasMessageContaining("shard=simulation-shard-")
                .hasMessageEndingWith("; " + remedy + ", or allow it by Simulation.mayBlock()");
    }

    private interface Blocking {
        void block() throws Exception;
    }

    @Test
    void aSleepIsNamedWithItsPlaceAndRemedy() {
        try (Simulation simulation = simulation()) {
            assertEscape(
                    simulation,
                    "java.lang.Thread.sleep",
                    "use sleepFor, which takes none",
                    () -> Thread.sleep(A_WHILE.toMillis()));
        }
    }

    @Test
    void aSleepByAUnitOfTimeIsOneToo() {
        try (Simulation simulation = simulation()) {
            assertEscape(
                    simulation,
                    "java.util.concurrent.TimeUnit.sleep",
                    "use sleepFor, which takes none",
                    () -> TimeUnit.MILLISECONDS.sleep(A_WHILE.toMillis()));
        }
    }

    /// It would never end: what it waits for is only done by the shard that it holds up.
    @Test
    void aWaitForAnotherFunctionIsInterruptedAndNamed() {
        try (Simulation simulation = simulation()) {
            CountDownLatch latch = new CountDownLatch(1);
            assertEscape(
                    simulation,
                    "java.util.concurrent.CountDownLatch.await",
                    "await a task, a reply or a future instead",
                    () -> {
                        spawn(latch::countDown);
                        latch.await();
                    });
        }
    }

    @Test
    void aQueueThatBlocksIsNamed() {
        try (Simulation simulation = simulation()) {
            assertEscape(
                    simulation,
                    "java.util.concurrent.LinkedBlockingQueue.poll",
                    "await a task, a reply or a future instead",
                    () -> new LinkedBlockingQueue<>().poll(A_WHILE.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    @Test
    void aFutureThatIsWaitedForIsNamed() {
        try (Simulation simulation = simulation()) {
            CompletableFuture<Integer> never = new CompletableFuture<>();
            assertEscape(
                    simulation,
                    "java.util.concurrent.CompletableFuture.get",
                    "await a task, a reply or a future instead",
                    () -> never.get());
        }
    }

    @Test
    @SuppressWarnings("ThreadJoinLoop") // the interrupt is what is looked for
    void anotherThreadThatIsJoinedIsNamed() {
        try (Simulation simulation = simulation()) {
            CountDownLatch ends = new CountDownLatch(1);
            Thread other = Thread.ofPlatform().daemon().start(() -> awaitUninterruptibly(ends));
            assertEscape(
                    simulation,
                    "java.lang.Thread.join",
                    "await a task, a reply or a future instead",
                    () -> other.join());
            ends.countDown();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aRealSocketThatWaitsIsNamed() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Simulation simulation = simulation()) {
            assertEscape(
                    simulation,
                    "java.net.Socket",
                    "use the sockets of dev.rouse.io, on a host of the SimulatedNetwork",
                    () -> {
                        try (Socket socket = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
                            assertThat(socket.getInputStream().read()).isNotNegative();
                        }
                    });
        }
    }

    @Test
    void aSleepWhoseWaitNobodyWatchesFailsTheEnd() {
        Simulation simulation = simulation();
        Task<Void> _ = simulation.system().spawn(() -> {
            try {
                sleepFor(Duration.ofHours(1));
            } finally {
                Thread.sleep(A_WHILE.toMillis());
            }
        });
        simulation.runFor(Duration.ofSeconds(1));

        assertThatThrownBy(simulation::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the simulation has not ended cleanly: seed=1\na turn has blocked")
                .hasMessageContaining("call=java.lang.Thread.sleep");
    }

    @Test
    void whatIsAllowedMayBlock() {
        try (Simulation simulation = simulation()) {
            simulation.mayBlock();
            boolean slept = simulation.run(() -> {
                Thread.sleep(A_WHILE.toMillis());
                return true;
            });
            assertThat(slept).isTrue();
        }
    }

    /// How long others hold it is no matter of the simulation.
    @Test
    void aLockThatAnotherThreadHoldsIsNoEscape() throws InterruptedException {
        try (Simulation simulation = simulation()) {
            ReentrantLock lock = new ReentrantLock();
            Object monitor = new Object();
            CountDownLatch held = new CountDownLatch(1);
            Thread holder = Thread.ofPlatform().daemon().start(() -> {
                lock.lock();
                try {
                    held.countDown();
                    while (!lock.hasQueuedThreads()) {
                        Thread.onSpinWait();
                    }
                } finally {
                    lock.unlock();
                }
            });
            held.await();
            int result = simulation.run(() -> {
                lock.lock();
                try {
                    synchronized (monitor) {
                        return 1;
                    }
                } finally {
                    lock.unlock();
                }
            });
            holder.join();
            assertThat(result).isOne();
        }
    }

    private static void assertGivenUp(Simulation simulation, String call, Blocking body) {
        simulation.limitBlocking(Duration.ofSeconds(1), Duration.ofSeconds(1));
        assertThatThrownBy(() -> simulation.run(() -> {
                    sleepFor(Duration.ofMillis(1)); // until the other one has what this one waits for
                    body.block();
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageMatching(
                        "a turn waits in a call of the JDK that does not return, and everything waits for it:"
                                + " call=" + call + ", at=.*EscapesTest.java.*, turn=/EscapesTest-function,"
                                + " shard=simulation-shard-[01]; what it waits for is up to a"
                                + " function that can't go on meanwhile: hold no lock across an"
                                + " await, and await a task in place of a latch");
    }

    @Test
    void aLockThatIsHeldAcrossAnAwaitIsNamedAndItsShardGivenUp() {
        try (Simulation simulation = simulation()) {
            ReentrantLock lock = new ReentrantLock();
            Task<Void> holder = simulation.system().spawn(() -> {
                lock.lock();
                try {
                    sleepFor(Duration.ofSeconds(1));
                } finally {
                    lock.unlock();
                }
            });
            assertGivenUp(simulation, "java\\.util\\.concurrent\\.locks\\.ReentrantLock\\.lock", () -> {
                lock.lock();
                try {
                    sleepFor(Duration.ZERO);
                } finally {
                    lock.unlock();
                }
            });
            holder.join(); // its shard goes on
        }
    }

    @Test
    void aMonitorThatIsHeldAcrossAnAwaitIsNamedAndItsShardGivenUp() {
        try (Simulation simulation = simulation()) {
            Object monitor = new Object();
            int[] entered = new int[1];
            Task<Void> _ = simulation.system().spawn(() -> {
                synchronized (monitor) {
                    entered[0]++;
                    sleepFor(Duration.ofSeconds(1));
                }
            });
            simulation.runFor(Duration.ofMillis(1)); // so that both are on one shard
            assertGivenUp(simulation, "synchronized", () -> {
                synchronized (monitor) {
                    entered[0]++;
                }
            });
        }
    }

    @Test
    void aCallThatMayBlockAndNeverReturnsIsNamedAndItsShardGivenUp() {
        try (Simulation simulation = simulation()) {
            simulation.mayBlock();
            CountDownLatch latch = new CountDownLatch(1);
            assertGivenUp(simulation, "java\\.util\\.concurrent\\.CountDownLatch\\.await", () -> {
                Task<Void> _ = spawn(latch::countDown);
                latch.await();
            });
        }
    }

    /// On a thread of the machine it would be an escape, for which the test could do nothing.
    @Test
    void aSubscriberThatIsTooLateIsToldInTheSimulation() {
        for (long seed = 0; seed < 20; seed++) {
            try (Simulation simulation = Simulation.of(seed, system -> system.engine(ENGINE))) {
                TestProbe<String> probe = TestProbe.of(simulation.system(), "probe");
                assertThatThrownBy(() -> simulation.run(() -> {
                            sequence(1, (Sequence.Output<Integer> out) -> out.emit(1))
                                    .publisher()
                                    .subscribe(new Telling(probe.ref()));
                            throw new IllegalStateException("planned"); // the sequence has not begun
                        }))
                        .hasStackTraceContaining("planned");

                probe.expect("the sequence had ended before it was subscribed to");
            }
        }
    }

    /// Tells of its end from where it learns of it.
    private record Telling(ActorRef<String> to) implements Flow.Subscriber<Integer> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(1);
        }

        @Override
        public void onNext(Integer item) {
            to.tell("a value");
        }

        @Override
        public void onError(Throwable failure) {
            to.tell(String.valueOf(failure.getMessage()));
        }

        @Override
        public void onComplete() {
            to.tell("the end");
        }
    }

    /// A function of another system, which runs in real time.
    @Test
    void aShardOfTheMachineThatActsOnASimulationIsNamed() {
        Simulation simulation = simulation();
        simulation.mayBlock();
        ActorRef<Integer> actor = simulation.system().spawnActor("actor", () -> (_, _) -> {});
        try (ActorSystem machine = ActorSystem.create()) {
            simulation.run(() ->
                    machine.spawn(() -> actor.tell(1)).toCompletableFuture().get());
        }
        assertThatThrownBy(simulation::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the simulation is not a closed one: a thread that is not simulated has acted on"
                        + " simulation-shard-");
    }
}
