package dev.rouse.testkit.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.LimitExceededException;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Supervision;
import dev.rouse.actor.Terminated;
import dev.rouse.actor.ViolationException;
import dev.rouse.actor.Watch;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.SimulatedHost;
import dev.rouse.testkit.Simulation;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Exactly one message for each watch, in many orders; what needs threads is in `WatchTest` of actors-core.
class WatchScenariosTest {
    private static final Duration SOON = Duration.ofSeconds(1);

    private static final ActorOptions RESTART = ActorOptions.defaults()
            .withSupervision(Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2)));

    private sealed interface Note {
        record Gone(Terminated why) implements Note {}

        record Do(BiConsumer<ActorContext<Note>, Watcher> what) implements Note {}
    }

    /// Notes the ends of those that it watches; does what it is told.
    private static final class Watcher implements Actor<Note> {
        private final List<String> seen;
        private @Nullable Watch latest;

        Watcher(List<String> seen) {
            this.seen = seen;
        }

        @Override
        public void receive(Note message, ActorContext<Note> context) {
            switch (message) {
                case Note.Gone(Terminated(var actor, var failure)) ->
                    seen.add(actor.path() + (failure == null ? "" : " " + failure.getMessage()));
                case Note.Do(var what) -> what.accept(context, this);
            }
        }
    }

    /// An actor that others watch, its watcher on another shard or not, and what that has seen.
    private static final class Scene {
        final Simulation simulation;
        final List<String> seen = new ArrayList<>();
        final ActorRef<String> actor;
        final ActorRef<Note> watcher;

        Scene(Simulation simulation) {
            this.simulation = simulation;
            this.actor = actor(simulation.system());
            this.watcher = simulation.system().spawnActor("watcher", RESTART, () -> new Watcher(seen));
        }

        static ActorRef<String> actor(ActorSystem on) {
            return on.spawnActor("actor", () -> (message, _) -> {
                if (message.equals("fail")) {
                    throw new IllegalStateException("broken");
                }
            });
        }

        void watch(ActorRef<?> other) {
            tell((context, self) -> self.latest = context.watch(other, Note.Gone::new));
        }

        void tell(BiConsumer<ActorContext<Note>, Watcher> what) {
            watcher.tell(new Note.Do(what));
        }

        void expectSeen(String... ends) {
            simulation.runFor(SOON);
            assertThat(seen).containsExactly(ends);
        }
    }

    @Seeds(20)
    void aWatcherIsToldOfAStopOnceForEachWatch(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.watch(scene.actor);
        scene.watch(scene.actor);
        scene.expectSeen();
        scene.actor.stop();
        scene.expectSeen("/actor", "/actor");
    }

    @Seeds(20)
    void aStopThatMeetsAWatchIsToldOnce(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.watch(scene.actor);
        scene.actor.stop();
        scene.expectSeen("/actor");
    }

    @Seeds(20)
    void aWatcherIsToldWhyTheOtherHasFailed(Simulation simulation) {
        simulation.logs().expect(Level.ERROR, "an actor failed and was stopped: actor=/actor");
        Scene scene = new Scene(simulation);
        scene.watch(scene.actor);
        scene.expectSeen();
        scene.actor.tell("fail");
        scene.expectSeen("/actor broken");
    }

    @Seeds(20)
    void aWatchOfTheDeadIsToldAtOnce(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.actor.stop();
        Void _ = scene.actor.terminated().join();
        scene.watch(scene.actor);
        scene.expectSeen("/actor");
    }

    @Seeds(20)
    void aDirectActorReceivesTheMessage(Simulation simulation) {
        ActorRef<String> actor = Scene.actor(simulation.system());
        List<String> seen = new ArrayList<>();
        ActorRef<Note> watcher = simulation.system().spawnActor("direct", (Inbox<Note> inbox) -> {
            Watch _ = inbox.watch(actor, Note.Gone::new);
            seen.add("watches");
            seen.add(inbox.receive().getClass().getSimpleName());
        });
        simulation.runFor(SOON);
        assertThat(seen).containsExactly("watches");
        actor.stop();
        Void _ = watcher.terminated().join();
        assertThat(seen).containsExactly("watches", "Gone");
    }

    @Seeds(20)
    void theMessageGoesBeforeAFullMailbox(Simulation simulation) {
        List<String> seen = new ArrayList<>();
        ActorRef<String> actor = Scene.actor(simulation.system());
        ActorRef<Note> watcher = simulation
                .system()
                .spawnActor("watcher", ActorOptions.defaults().withMailbox(2), () -> new Watcher(seen));
        watcher.tell(new Note.Do((context, _) -> {
            Watch _ = context.watch(actor, Note.Gone::new);
            actor.stop();
            await(actor.terminated());
            sleepFor(SOON); // meanwhile the mailbox is full, and the end is told
        }));
        watcher.tell(new Note.Do((_, _) -> seen.add("first")));
        watcher.tell(new Note.Do((_, _) -> seen.add("second")));
        simulation.runFor(SOON.multipliedBy(2));
        assertThat(seen).containsExactly("/actor", "first", "second");
    }

    @Seeds(20)
    void aCancelledWatchIsNotTold(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.watch(scene.actor);
        scene.tell((_, self) -> Objects.requireNonNull(self.latest).cancel());
        scene.expectSeen();
        scene.actor.stop();
        scene.expectSeen();
    }

    /// Whatever is on its way from the one to the other.
    @Seeds(20)
    void aWatchThatIsCancelledWhileTheOtherStopsIsToldBeforeOrNotAtAll(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.watch(scene.actor);
        scene.expectSeen();
        scene.actor.stop();
        scene.tell((_, self) -> {
            Objects.requireNonNull(self.latest).cancel();
            scene.seen.add("cancelled");
        });
        simulation.runFor(SOON);
        assertThat(scene.seen).endsWith("cancelled");
    }

    @Seeds(20)
    void aWatchIsCancelledAlsoWhenItsMessageWaitsAlready(Simulation simulation) {
        Scene scene = new Scene(simulation);
        scene.tell((context, _) -> {
            ActorRef<String> child = context.spawnActor("child", () -> (_, _) -> {});
            Watch watch = context.watch(child, Note.Gone::new);
            child.stop();
            await(child.terminated()); // its message waits for the watcher by now
            watch.cancel();
            watch.cancel();
        });
        scene.expectSeen();
    }

    @Seeds(20)
    void theEndOfASystemIsToldToWatchersInAnother(Simulation simulation) {
        SimulatedHost other = simulation.network().host("other");
        ActorRef<String> actor = Scene.actor(other.system());
        Scene scene = new Scene(simulation);
        scene.watch(actor);
        scene.expectSeen();
        other.system().close();
        scene.expectSeen("/actor");
        scene.watch(actor);
        scene.expectSeen("/actor", "/actor");
    }

    @Seeds(20)
    void aRestartIsNoEnd(Simulation simulation) {
        simulation.logs().expect(Level.WARNING, "an actor failed and is restarted: actor=/restarting");
        Scene scene = new Scene(simulation);
        int[] starts = new int[1];
        ActorRef<String> restarting = simulation.system().spawnActor("restarting", RESTART, () -> {
            starts[0]++;
            return (_, _) -> {
                throw new IllegalStateException("broken");
            };
        });
        scene.watch(restarting);
        scene.expectSeen();
        restarting.tell("fail");
        scene.expectSeen();
        assertThat(starts[0]).isEqualTo(2);
        restarting.stop();
        scene.expectSeen("/restarting");
    }

    @Seeds(20)
    void theWatchesOfAWatcherEndWhenItIsRestarted(Simulation simulation) {
        simulation.logs().expect(Level.WARNING, "an actor failed and is restarted: actor=/watcher");
        Scene scene = new Scene(simulation);
        scene.watch(scene.actor);
        scene.tell((_, _) -> {
            throw new IllegalStateException("broken");
        });
        scene.expectSeen();
        scene.actor.stop();
        scene.expectSeen();
    }

    @Seeds(20)
    void onlyTheActorItselfMayWatchAndNotItself(Simulation simulation) {
        Scene scene = new Scene(simulation);
        List<ActorContext<Note>> leaked = new ArrayList<>();
        scene.tell((context, _) -> {
            leaked.add(context);
            assertThatThrownBy(() -> context.watch(context.self(), Note.Gone::new))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("an actor cannot watch itself: actor=/watcher; clean up in onStop instead");
        });
        scene.expectSeen();
        assertThatThrownBy(() -> leaked.getFirst().watch(scene.actor, Note.Gone::new))
                .isInstanceOf(ViolationException.class)
                .hasMessage("ROUSE-V06 a watch was used by another: actor=/watcher; send its owner a message instead");
    }

    /// Watchers and watched on several shards, which stop and fail while they are watched.
    @Seeds(value = 10, shards = 3)
    void eachWatchIsToldOnceInAStormOfDeaths(Simulation simulation) {
        simulation.logs().allow(Level.ERROR, "an actor failed and was stopped: actor=/actor");
        SplittableRandom random = new SplittableRandom(simulation.seed());
        int[] told = new int[60];
        List<Integer> cancelled = new ArrayList<>();
        List<ActorRef<Note>> watchers = new ArrayList<>();
        List<ActorRef<String>> watched = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            watchers.add(simulation.system().spawnActor("watcher" + i, () -> new Watcher(new ArrayList<>())));
        }
        for (int i = 0; i < 8; i++) {
            watched.add(Scene.actor(simulation.system()));
        }
        var reaper = simulation.system().spawn(() -> {
            for (ActorRef<String> each : watched) {
                sleepFor(Duration.ofNanos(2_000));
                if (random.nextBoolean()) {
                    each.stop();
                } else {
                    each.tell("fail");
                }
            }
        });
        for (int i = 0; i < told.length; i++) {
            int me = i;
            ActorRef<String> target = watched.get(random.nextInt(watched.size()));
            boolean cancels = random.nextInt(4) == 0;
            watchers.get(random.nextInt(watchers.size())).tell(new Note.Do((context, _) -> {
                Watch watch = context.watch(target, _ -> new Note.Do((_, _) -> told[me]++));
                if (cancels) {
                    watch.cancel();
                    cancelled.add(me);
                }
            }));
        }
        Void _ = reaper.join();
        simulation.runFor(SOON);
        for (int i = 0; i < told.length; i++) {
            assertThat(told[i]).as("watch=%d", i).isEqualTo(cancelled.contains(i) ? 0 : 1);
        }
    }

    @Test
    void aWatchPastTheLimitIsRefusedAndItsPlaceComesBack() {
        Limits two = Limits.defaults().withWatchesPerActor(2);
        try (Simulation simulation = Simulation.of(1, settings -> settings.limits(two))) {
            Scene scene = new Scene(simulation);
            ActorRef<String> second = Scene.actor(simulation.system());
            ActorRef<String> third = Scene.actor(simulation.system());
            scene.tell((context, _) -> {
                Watch first = context.watch(scene.actor, Note.Gone::new);
                Watch _ = context.watch(second, Note.Gone::new);
                assertThatThrownBy(() -> context.watch(third, Note.Gone::new))
                        .isInstanceOf(LimitExceededException.class)
                        .hasMessageContaining("watchesPerActor")
                        .hasMessageContaining("/watcher");
                first.cancel();
            });
            scene.watch(third);
            scene.expectSeen();
            second.stop();
            third.stop();
            scene.expectSeen("/actor", "/actor");
            scene.watch(second);
            scene.watch(third);
            scene.expectSeen("/actor", "/actor", "/actor", "/actor");
        }
    }
}
