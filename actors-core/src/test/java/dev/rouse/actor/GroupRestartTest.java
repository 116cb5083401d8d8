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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// One for all, and the rest for one.
class GroupRestartTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration TICK = Duration.ofNanos(1);
    private static final Supervision RESTART =
            Supervision.restart().backoff(Duration.ofMillis(1), Duration.ofMillis(2));

    private final RecordedLog log = new RecordedLog();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Map<String, ActorRef<String>> actors = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> startsToFail = new ConcurrentHashMap<>();

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
            if (startsToFail.computeIfAbsent(name, _ -> new AtomicInteger()).getAndDecrement() > 0) {
                seen.add("no " + name);
                throw new IllegalStateException("no start");
            }
            seen.add("+" + name);
        }

        @Override
        public void receive(String message, ActorContext<String> context) {
            switch (message) {
                case "fail" -> throw new IllegalStateException("broken");
                case "wait" -> {
                    seen.add(name + " waits");
                    sleepFor(LONG);
                }
                case "stop" -> context.stop();
                default -> seen.add(name + " " + message);
            }
        }

        @Override
        public void onStop(ActorContext<String> context) {
            seen.add("-" + name);
        }
    }

    /// A parent of a, b, c and the direct-style d.
    private ActorRef<String> start(UnaryOperator<Supervision> scope) {
        ActorOptions options = ActorOptions.defaults().withSupervision(scope.apply(RESTART));
        ActorRef<String> parent = system.spawnActor("parent", (Inbox<String> inbox) -> {
            for (String name : List.of("a", "b", "c")) {
                actors.put(name, spawnActor(name, options, () -> new Member(name)));
            }
            actors.put("d", spawnActor("d", options, (Inbox<String> own) -> {
                seen.add("+d");
                try {
                    while (true) {
                        String message = own.receive();
                        if (message.equals("fail")) {
                            throw new IllegalStateException("broken");
                        }
                        seen.add("d " + message);
                    }
                } finally {
                    seen.add("-d");
                }
            }));
            inbox.receive();
        });
        awaitSeen("+a", "+b", "+c", "+d");
        seen.clear();
        return parent;
    }

    private ActorRef<String> actor(String name) {
        return Objects.requireNonNull(actors.get(name));
    }

    private void failStarts(String name, int times) {
        Objects.requireNonNull(startsToFail.get(name)).set(times);
    }

    private void awaitSeen(String... entries) {
        Awaitility.await().untilAsserted(() -> assertThat(seen).containsExactly(entries));
    }

    @Test
    void oneForAllStopsTheNewestFirstAndStartsTheOldestFirst() {
        start(Supervision::oneForAll);
        actor("b").tell("fail");
        awaitSeen("-d", "-c", "-b", "-a", "+a", "+b", "+c", "+d");
        assertThat(log.messages())
                .containsExactly("an actor failed and is restarted: actor=/parent/b, restarts in a row=1");
    }

    @Test
    void restForOneLeavesThoseThatAreOlder() {
        start(Supervision::restForOne);
        actor("b").tell("fail");
        awaitSeen("-d", "-c", "-b", "+b", "+c", "+d");
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
        start(Supervision::oneForAll);
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
        start(Supervision::oneForAll);
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

    @Test
    void aDirectStyleActorLeadsTheOthersAsWell() {
        start(Supervision::oneForAll);
        actor("d").tell("fail");
        awaitSeen("-d", "-c", "-b", "-a", "+a", "+b", "+c", "+d");
    }

    @Test
    void withoutAScopeOnlyTheOneThatHasFailedRestarts() {
        start(UnaryOperator.identity());
        actor("b").tell("fail");
        awaitSeen("-b", "+b");
    }

    @Test
    void whatAMemberWaitsForIsCancelledAndItsMailboxIsKept() {
        start(Supervision::oneForAll);
        actor("c").tell("wait");
        awaitSeen("c waits");
        actor("c").tell("kept");
        actor("a").tell("fail");
        Awaitility.await().until(() -> seen.contains("c kept"));
        assertThat(seen.indexOf("c kept")).isGreaterThan(seen.indexOf("+c"));
        assertThat(log.messages()).hasSize(1); // that of a
    }

    @Test
    void aMemberThatFailsToStartFailsTheWholeRestart() {
        start(Supervision::oneForAll);
        failStarts("c", 2);
        actor("b").tell("fail");
        awaitSeen(
                "-d", "-c", "-b", "-a", //
                "+a", "+b", "no c", //
                "-b", "-a", //
                "+a", "+b", "no c", //
                "-b", "-a", //
                "+a", "+b", "+c", "+d");
    }

    @Test
    void aSpentBudgetStopsAllMembers() {
        start(supervision -> supervision.atMost(1, LONG).oneForAll());
        failStarts("c", 9);
        actor("b").tell("fail");
        for (ActorRef<String> actor : actors.values()) {
            actor.terminated().join();
        }
        assertThat(seen).startsWith("-d", "-c", "-b", "-a", "+a", "+b", "no c").doesNotContain("+c", "+d");
    }

    @Test
    void aMemberThatIsStoppedMeanwhileLeaves() {
        start(supervision -> supervision.backoff(LONG, LONG).oneForAll());
        actor("b").tell("fail");
        awaitSeen("-d", "-c", "-b", "-a");
        actor("c").stop();
        actor("c").terminated().join();
        actor("b").stop(); // and with it the waiting
        actor("b").terminated().join();
        awaitSeen("-d", "-c", "-b", "-a", "+a", "+d");
    }

    @Test
    void thoseThatFailTogetherAreRestartedTogether() {
        start(Supervision::oneForAll);
        system.spawn(() -> actors.values().forEach(actor -> actor.tell("fail"))).join();
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(seen.stream().filter("+d"::equals).count()).isGreaterThanOrEqualTo(1));
        actors.values().forEach(actor -> actor.tell("hello"));
        Awaitility.await().until(() -> seen.containsAll(List.of("a hello", "b hello", "c hello", "d hello")));
    }

    @Test
    void theParentCanBeStoppedInTheMiddle() {
        ActorRef<String> parent =
                start(supervision -> supervision.backoff(LONG, LONG).oneForAll());
        actor("b").tell("fail");
        awaitSeen("-d", "-c", "-b", "-a");
        parent.stop();
        parent.terminated().join();
        for (ActorRef<String> actor : actors.values()) {
            actor.terminated().join();
        }
        assertThat(seen).startsWith("-d", "-c", "-b", "-a").doesNotContain("+b", "+c", "+d");
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

    @Test
    void onStopOfAnIdleMemberMayWait() {
        startWith(options -> startMember(options, Careful::new));
        actor("leader").tell("fail");
        awaitSeen("+leader", "stopped", "-leader", "+leader");
    }

    @Test
    void aMemberThatIsStoppedWhileItGoesDownMayWaitInOnStop() {
        Gate stopped = new Gate();
        startWith(options -> startMember(options, () -> new Actor<>() {
            @Override
            public void receive(String message, ActorContext<String> context) {
                spawn(() -> seen.add("waits"));
                try {
                    sleepFor(LONG);
                } catch (CancelledException _) {
                    seen.add("goes down");
                    stopped.await();
                }
            }

            @Override
            public void onStop(ActorContext<String> context) {
                sleepFor(TICK);
                seen.add("stopped");
            }
        }));
        actor("member").tell("wait");
        Awaitility.await().until(() -> seen.contains("waits"));
        actor("leader").tell("fail");
        Awaitility.await().until(() -> seen.contains("goes down"));
        actor("member").stop();
        stopped.open();
        actor("member").terminated().join();
        assertThat(seen).contains("stopped");
        awaitSeen("+leader", "waits", "goes down", "stopped", "-leader", "+leader");
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
