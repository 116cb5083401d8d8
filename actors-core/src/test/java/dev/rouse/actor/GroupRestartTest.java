package dev.rouse.actor;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// One for all, as it is inside; what it does is in `GroupRestartScenariosTest` of testkit.
class GroupRestartTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration TICK = Duration.ofNanos(1);
    private static final Supervision RESTART =
            Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2));

    private final RecordedLog log = new RecordedLog();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Map<String, ActorRef<String>> actors = new ConcurrentHashMap<>();

    @AfterEach
    void closeLog() {
        log.close();
    }

    private final class Member implements Actor<String> {
        private final String name;

        Member(String name) {
            this.name = name;
        }

        @Override
        public void onStart(ActorContext<String> context) {
            seen.add("+" + name);
        }

        @Override
        public void receive(String message, ActorContext<String> context) {
            throw new IllegalStateException("broken");
        }

        @Override
        public void onStop(ActorContext<String> context) {
            seen.add("-" + name);
        }
    }

    /// A parent of a, b and c.
    private void start() {
        ActorOptions options = ActorOptions.defaults().withSupervision(RESTART.oneForAll());
        ActorRef<String> _ = system.spawnActor("parent", (Inbox<String> inbox) -> {
            for (String name : List.of("a", "b", "c")) {
                actors.put(name, spawnActor(name, options, () -> new Member(name)));
            }
            inbox.receive();
        });
        awaitSeen("+a", "+b", "+c");
        seen.clear();
    }

    private ActorRef<String> actor(String name) {
        return Objects.requireNonNull(actors.get(name));
    }

    private void awaitSeen(String... entries) {
        Awaitility.await().untilAsserted(() -> assertThat(seen).containsExactly(entries));
    }

    private static void letOthersRun() {
        for (int i = 0; i < 10; i++) {
            sleepFor(Duration.ZERO);
        }
    }

    private GroupRestart.Member member(String name) {
        return Objects.requireNonNull(((ActorCell<String>) actor(name)).annex().member);
    }

    private GroupRestart groupOf(String leader) {
        return Objects.requireNonNull(GroupRestart.form((ActorCell<String>) actor(leader), Supervision.Scope.ALL));
    }

    @Test
    void aMemberThatIsHaltedAgainBeforeItComesToItsReleaseStaysDown() {
        start();
        system.spawn(() -> {
                    GroupRestart group = groupOf("a");
                    GroupRestart.Member b = member("b");
                    b.halt();
                    b.halt();
                    letOthersRun();
                    assertThat(b.isDown()).isTrue();
                    b.release();
                    assertStaysDownUntilItsRelease(b);
                    group.dissolve();
                })
                .join();
    }

    private void assertStaysDownUntilItsRelease(GroupRestart.Member b) {
        b.halt();
        letOthersRun();
        assertThat(b.isDown()).isTrue();
        assertThat(seen).containsExactly("-b");
        b.release();
        letOthersRun();
        assertThat(b.isDown()).isFalse();
        assertThat(seen).containsExactly("-b", "+b");
    }

    @Test
    void aMemberThatAnotherGroupHaltsBeforeItComesToItsReleaseStaysDown() {
        start();
        system.spawn(() -> {
                    GroupRestart first = groupOf("a");
                    member("b").halt();
                    letOthersRun();
                    first.dissolve(); // releases it
                    GroupRestart second = groupOf("c");
                    assertStaysDownUntilItsRelease(member("b"));
                    second.dissolve();
                })
                .join();
    }

    // What a member may do while it goes down.

    /// A parent of the member and of an actor that halts it by its failure.
    private ActorRef<String> startWith(Consumer<ActorOptions> startMember) {
        ActorOptions options = ActorOptions.defaults().withSupervision(RESTART.oneForAll());
        ActorRef<String> parent = system.spawnActor("parent", (Inbox<String> inbox) -> {
            actors.put("leader", spawnActor("leader", options, () -> new Member("leader")));
            startMember.accept(options);
            inbox.receive();
        });
        Awaitility.await().until(() -> seen.contains("+leader") && actors.containsKey("member"));
        return parent;
    }

    private void startMember(ActorOptions options, Supplier<Actor<String>> behavior) {
        actors.put("member", spawnActor("member", options, behavior));
    }

    private final class Careful implements Actor<String> {
        @Override
        public void receive(String message, ActorContext<String> context) {
            if (message.equals("grace?")) {
                seen.add("deadline=" + Cell.current("test").deadline);
                return;
            }
            spawn(() -> seen.add("waits")); // runs once this has suspended
            try {
                sleepFor(LONG);
            } catch (CancelledException _) {
                sleepFor(TICK);
                seen.add("cleaned up");
            }
        }

        @Override
        public void onStop(ActorContext<String> context) {
            sleepFor(TICK);
            seen.add("stopped");
        }
    }

    @Test
    void theHandlerOfAMemberAndItsOnStopMayWaitAndWhatIsStartedInItsPlaceIsInNoGrace() {
        startWith(options -> startMember(options, Careful::new));
        actor("member").tell("wait");
        Awaitility.await().until(() -> seen.contains("waits"));
        actor("member").tell("grace?");
        actor("leader").tell("fail");
        awaitSeen("+leader", "waits", "cleaned up", "stopped", "-leader", "+leader", "deadline=null");
        assertThat(log.messages()).hasSize(1); // that of the leader
    }

    /// It spun without end, and held its shard.
    @Test
    void aMemberThatSwallowsItsHaltIsCutAfterTheGraceAndDoesNotHoldItsShard() {
        system = open(limits -> limits.withCancelGrace(Duration.ofNanos(1)));
        AtomicBoolean enough = new AtomicBoolean();
        CountDownLatch swallowed = new CountDownLatch(3);
        startWith(options -> actors.put("member", spawnActor("member", options, (Inbox<String> inbox) -> {
            seen.add("+member");
            while (!enough.get()) {
                try {
                    inbox.receive();
                } catch (CancelledException _) {
                    swallowed.countDown();
                }
            }
            seen.add("-member");
        })));
        Awaitility.await().until(() -> seen.contains("+member"));
        actor("leader").tell("fail");
        FunctionTest.join(swallowed);
        system.spawn(() -> enough.set(true)).join();
        awaitSeen("+leader", "+member", "-member", "-leader", "+leader", "+member", "-member");
    }
}
