package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/// Exactly one message for each watch, where threads have a part in it: one that a turn blocks, and one from outside
/// that ends actors while shards run at the same time; and what the watched knows. All else is in `WatchScenariosTest`
/// of the test kit.
class WatchTest extends SystemTest {
    private final List<String> seen = new CopyOnWriteArrayList<>();

    private sealed interface Note {
        record Gone(Terminated why) implements Note {}

        record Do(Consumer<ActorContext<Note>> what) implements Note {}
    }

    /// Notes the ends of those that it watches; does what it is told.
    private final class Watcher implements Actor<Note> {
        @Override
        public void receive(Note message, ActorContext<Note> context) {
            switch (message) {
                case Note.Gone(Terminated(var actor, var failure)) ->
                    seen.add(actor.path() + (failure == null ? "" : " " + failure.getMessage()));
                case Note.Do(var what) -> what.accept(context);
            }
        }
    }

    private static ActorRef<String> actor(ActorSystem on) {
        return on.spawnActor("actor", () -> (message, _) -> {
            if (message.equals("fail")) {
                throw new IllegalStateException("broken");
            }
        });
    }

    /// All that was sent to it before has been handled.
    private static void settle(ActorRef<Note> watcher) {
        CountDownLatch done = new CountDownLatch(1);
        watcher.tell(new Note.Do(_ -> done.countDown()));
        FunctionTest.join(done);
    }

    @Test
    void whatIsCutOffIsToldWithTheReason() {
        ActorSystem other = open(limits -> limits.withCloseTimeout(Duration.ofMillis(10)));
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        ActorRef<String> stuck = other.spawnActor("stuck", () -> (_, _) -> {
            blocked.countDown();
            FunctionTest.join(never);
        });
        stuck.tell("go");
        FunctionTest.join(blocked);
        ActorRef<Note> watcher = system.spawnActor("watcher", Watcher::new);
        watcher.tell(new Note.Do(context -> {
            Watch _ = context.watch(stuck, Note.Gone::new);
        }));
        settle(watcher);
        try (RecordedLog _ = new RecordedLog()) {
            other.close();
        } finally {
            never.countDown();
        }
        Awaitility.await().until(() -> !seen.isEmpty());
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst()).startsWith("/stuck");
    }

    /// Else an actor that lives on would know all who have ever watched it.
    @Test
    void aCancelledWatchLeavesNothingWithTheOther() {
        ActorRef<String> other = actor(system);
        List<Boolean> known = new CopyOnWriteArrayList<>();
        ActorRef<Note> watcher = system.spawnActor("watcher", Watcher::new);
        watcher.tell(new Note.Do(context -> {
            Watch watch = context.watch(other, Note.Gone::new);
            known.add(((ActorCell<?>) other).hasWaiters());
            watch.cancel();
            known.add(((ActorCell<?>) other).hasWaiters());
        }));
        settle(watcher);
        assertThat(known).containsExactly(true, false);
    }

    /// Watchers and watched on several shards, which die, fail and restart while they are watched.
    @RepeatedTest(3)
    void eachWatchIsToldOnceInAStormOfDeaths() {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        Random random = new Random(seed);
        int watches = 300;
        AtomicIntegerArray told = new AtomicIntegerArray(watches);
        List<Integer> cancelled = new CopyOnWriteArrayList<>();
        ActorSystem three = open(3, limits -> limits.withMailbox(8));
        try (RecordedLog _ = new RecordedLog()) {
            List<ActorRef<Note>> watchers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                watchers.add(three.spawnActor("watcher" + i, Watcher::new));
            }
            List<ActorRef<String>> watched = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                watched.add(actor(three));
            }
            Thread reaper = Thread.ofPlatform().start(() -> {
                Random order = new Random(seed + 1);
                List<ActorRef<String>> left = new ArrayList<>(watched);
                while (!left.isEmpty()) {
                    ActorRef<String> next = left.remove(order.nextInt(left.size()));
                    if (order.nextBoolean()) {
                        next.stop();
                    } else {
                        next.tell("fail");
                    }
                }
            });
            for (int i = 0; i < watches; i++) {
                int me = i;
                ActorRef<String> target = watched.get(random.nextInt(watched.size()));
                boolean cancels = random.nextInt(4) == 0;
                watchers.get(random.nextInt(watchers.size())).tell(new Note.Do(context -> {
                    Watch watch = context.watch(target, why -> new Note.Do(_ -> told.incrementAndGet(me)));
                    if (cancels && told.get(me) == 0) {
                        watch.cancel();
                        cancelled.add(me);
                    }
                }));
            }
            Awaitility.await().until(() -> !reaper.isAlive());
            watchers.forEach(WatchTest::settle);
            Awaitility.await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
                for (int i = 0; i < watches; i++) {
                    assertThat(told.get(i)).as("seed=%d, watch=%d", seed, i).isEqualTo(cancelled.contains(i) ? 0 : 1);
                }
            });
            watchers.forEach(WatchTest::settle);
            for (int i = 0; i < watches; i++) {
                assertThat(told.get(i)).as("seed=%d, watch=%d", seed, i).isEqualTo(cancelled.contains(i) ? 0 : 1);
            }
        }
    }
}
