package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/// Exactly one message for each watch.
class WatchTest extends SystemTest {
    private static final ActorOptions RESTART = ActorOptions.defaults()
            .withSupervision(Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2)));

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private sealed interface Note {
        record Gone(Terminated why) implements Note {}

        record Do(BiConsumer<ActorContext<Note>, Watcher> what) implements Note {}
    }

    /// Notes the ends of those that it watches; does what it is told.
    private final class Watcher implements Actor<Note> {
        private @Nullable Watch latest;

        @Override
        public void receive(Note message, ActorContext<Note> context) {
            switch (message) {
                case Note.Gone(Terminated(var actor, var failure)) ->
                    seen.add(actor.path() + (failure == null ? "" : " " + failure.getMessage()));
                case Note.Do(var what) -> what.accept(context, this);
            }
        }
    }

    private static Note.Do watching(ActorRef<?> other) {
        return new Note.Do((context, watcher) -> watcher.latest = context.watch(other, Note.Gone::new));
    }

    private ActorRef<Note> watcher(ActorSystem on) {
        return on.spawnActor("watcher", RESTART, Watcher::new);
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
        watcher.tell(new Note.Do((_, _) -> done.countDown()));
        FunctionTest.join(done);
    }

    @Test
    void aWatcherIsToldOfAStopOnceForEachWatch() {
        ActorRef<String> actor = actor(system);
        ActorRef<Note> watcher = watcher(system);
        watcher.tell(watching(actor));
        watcher.tell(watching(actor));
        settle(watcher);
        actor.stop();
        Awaitility.await().until(() -> seen.size() == 2);
        settle(watcher);
        assertThat(seen).containsExactly("/actor", "/actor");
    }

    @Test
    void aWatcherIsToldWhyTheOtherHasFailed() {
        try (RecordedLog _ = new RecordedLog()) {
            ActorRef<String> actor = actor(system);
            ActorRef<Note> watcher = watcher(system);
            watcher.tell(watching(actor));
            settle(watcher);
            actor.tell("fail");
            Awaitility.await().until(() -> !seen.isEmpty());
            assertThat(seen).containsExactly("/actor broken");
        }
    }

    @Test
    void aWatchOfTheDeadIsToldAtOnce() {
        ActorRef<String> actor = actor(system);
        actor.stop();
        actor.terminated().join();
        ActorRef<Note> watcher = watcher(system);
        watcher.tell(watching(actor));
        Awaitility.await().until(() -> !seen.isEmpty());
        settle(watcher);
        assertThat(seen).containsExactly("/actor");
    }

    @Test
    void aDirectActorReceivesTheMessage() {
        ActorRef<String> actor = actor(system);
        ActorRef<Note> watcher = system.spawnActor("direct", (Inbox<Note> inbox) -> {
            Watch unused = inbox.watch(actor, Note.Gone::new);
            assertThat(unused).isNotNull();
            seen.add("watches");
            seen.add(inbox.receive().getClass().getSimpleName());
        });
        Awaitility.await().until(() -> seen.contains("watches"));
        actor.stop();
        watcher.terminated().join();
        assertThat(seen).containsExactly("watches", "Gone");
    }

    @Test
    void theMessageGoesBeforeAFullMailbox() {
        ActorRef<String> actor = actor(system);
        CountDownLatch go = new CountDownLatch(1);
        ActorRef<Note> watcher =
                system.spawnActor("watcher", ActorOptions.defaults().withMailbox(2), Watcher::new);
        watcher.tell(watching(actor));
        settle(watcher);
        system.spawn(() -> {
                    watcher.tell(new Note.Do((_, _) -> seen.add("first")));
                    watcher.tell(new Note.Do((_, _) -> seen.add("second")));
                    actor.stop();
                    Rouse.await(actor.terminated());
                    go.countDown();
                })
                .join();
        FunctionTest.join(go);
        Awaitility.await().until(() -> seen.size() == 3);
        assertThat(seen).contains("/actor");
    }

    @Test
    void aCancelledWatchIsNotTold() {
        ActorRef<String> actor = actor(system);
        ActorRef<Note> watcher = watcher(system);
        watcher.tell(watching(actor));
        watcher.tell(
                new Note.Do((_, self) -> Objects.requireNonNull(self.latest).cancel()));
        settle(watcher);
        actor.stop();
        actor.terminated().join();
        settle(watcher);
        settle(watcher);
        assertThat(seen).isEmpty();
    }

    @Test
    void aWatchIsCancelledAlsoWhenItsMessageWaitsAlready() {
        ActorRef<Note> watcher = watcher(system);
        CountDownLatch done = new CountDownLatch(1);
        watcher.tell(new Note.Do((context, _) -> {
            ActorRef<String> child = context.spawnActor("child", () -> (_, _) -> {});
            Watch watch = context.watch(child, Note.Gone::new);
            child.stop();
            Rouse.await(child.terminated()); // its message waits for the watcher by now
            watch.cancel();
            watch.cancel();
            done.countDown();
        }));
        FunctionTest.join(done);
        settle(watcher);
        assertThat(seen).isEmpty();
    }

    @Test
    void theEndOfASystemIsToldToWatchersInAnother() {
        ActorSystem other = open(limits -> limits);
        ActorRef<String> actor = actor(other);
        other.spawn(() -> {}).join(); // by now the actor has started
        ActorRef<Note> watcher = watcher(system);
        watcher.tell(watching(actor));
        settle(watcher);
        other.close();
        Awaitility.await().until(() -> !seen.isEmpty());
        watcher.tell(watching(actor));
        Awaitility.await().until(() -> seen.size() == 2);
        assertThat(seen).containsExactly("/actor", "/actor");
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
        ActorRef<Note> watcher = watcher(system);
        watcher.tell(watching(stuck));
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

    @Test
    void aRestartIsNoEnd() {
        try (RecordedLog _ = new RecordedLog()) {
            AtomicInteger starts = new AtomicInteger();
            ActorRef<String> actor = system.spawnActor("actor", RESTART, () -> {
                starts.incrementAndGet();
                return (_, _) -> {
                    throw new IllegalStateException("broken");
                };
            });
            ActorRef<Note> watcher = watcher(system);
            watcher.tell(watching(actor));
            settle(watcher);
            actor.tell("fail");
            Awaitility.await().until(() -> starts.get() == 2);
            settle(watcher);
            assertThat(seen).isEmpty();
            actor.stop();
            Awaitility.await().until(() -> seen.equals(List.of("/actor")));
        }
    }

    @Test
    void theWatchesOfAWatcherEndWhenItIsRestarted() {
        try (RecordedLog _ = new RecordedLog()) {
            ActorRef<String> actor = actor(system);
            ActorRef<Note> watcher = watcher(system);
            watcher.tell(watching(actor));
            watcher.tell(new Note.Do((_, _) -> {
                throw new IllegalStateException("broken");
            }));
            settle(watcher);
            actor.stop();
            actor.terminated().join();
            settle(watcher);
            assertThat(seen).isEmpty();
        }
    }

    @Test
    void aWatchPastTheLimitIsRefusedAndItsSlotComesBack() {
        ActorSystem small = open(limits -> limits.withWatchesPerActor(2));
        List<ActorRef<String>> actors = List.of(actor(small), actor(small), actor(small));
        ActorRef<Note> watcher = watcher(small);
        AtomicReference<Throwable> refused = new AtomicReference<>();
        watcher.tell(new Note.Do((context, _) -> {
            Watch first = context.watch(actors.get(0), Note.Gone::new);
            Watch unused = context.watch(actors.get(1), Note.Gone::new);
            assertThat(unused).isNotNull();
            try {
                Watch third = context.watch(actors.get(2), Note.Gone::new);
                third.cancel();
            } catch (LimitExceededException e) {
                refused.set(e);
            }
            first.cancel();
        }));
        watcher.tell(watching(actors.get(2)));
        settle(watcher);
        assertThat(refused.get()).hasMessageContaining("watchesPerActor").hasMessageContaining("/watcher");
        actors.get(1).stop();
        actors.get(2).stop();
        Awaitility.await().until(() -> seen.size() == 2);
        watcher.tell(watching(actors.get(1)));
        watcher.tell(watching(actors.get(2)));
        Awaitility.await().until(() -> seen.size() == 4);
    }

    @Test
    void onlyTheActorItselfMayWatchAndNotItself() {
        AtomicReference<ActorContext<Note>> leaked = new AtomicReference<>();
        AtomicReference<Throwable> refused = new AtomicReference<>();
        ActorRef<Note> watcher = watcher(system);
        watcher.tell(new Note.Do((context, _) -> {
            leaked.set(context);
            try {
                Watch self = context.watch(context.self(), Note.Gone::new);
                self.cancel();
            } catch (IllegalArgumentException e) {
                refused.set(e);
            }
        }));
        settle(watcher);
        assertThat(refused.get())
                .hasMessage("an actor cannot watch itself: actor=/watcher; clean up in onStop instead");
        assertThatThrownBy(() -> leaked.get().watch(watcher, Note.Gone::new))
                .isInstanceOf(ViolationException.class)
                .hasMessage("ROUSE-V06 a watch was used by another: actor=/watcher; send its owner a message instead");
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
                watchers.get(random.nextInt(watchers.size())).tell(new Note.Do((context, _) -> {
                    Watch watch = context.watch(target, why -> new Note.Do((_, _) -> told.incrementAndGet(me)));
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
