package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Who waits in a cycle is told at the wait that closes it; who only waits long is not.
class AwaitCycleTest extends SystemTest {
    private static final String REMEDY =
            "; let one of them send and go on instead of waiting, or reply before it waits\n";

    private sealed interface Message {}

    /// The handler does this, and then replies.
    private record Do(Action work, ReplyTo<Integer> replyTo) implements Message {}

    private record Keep(ReplyTo<Integer> replyTo) implements Message {}

    private record Note(Action work) implements Message {}

    private static final class Worker implements Actor<Message> {
        private final List<ReplyTo<Integer>> kept = new ArrayList<>();

        @Override
        public void receive(Message message, ActorContext<Message> context) throws Exception {
            switch (message) {
                case Do(Action work, ReplyTo<Integer> replyTo) -> {
                    work.run();
                    replyTo.reply(1);
                }
                case Keep(ReplyTo<Integer> replyTo) -> kept.add(replyTo);
                case Note(Action work) -> {
                    work.run();
                    kept.forEach(replyTo -> replyTo.reply(2));
                    kept.clear();
                }
            }
        }
    }

    private static ActorRef<Message> worker(String name) {
        return spawnActor(name, Worker::new);
    }

    private static Function<ReplyTo<Integer>, Message> doing(Action work) {
        return replyTo -> new Do(work, replyTo);
    }

    private ViolationException refusedIn(Action body) {
        return catchThrowableOfType(
                ViolationException.class, () -> system.spawn(body).join());
    }

    @Test
    void twoFunctionsThatAwaitEachOtherAreRefusedAtTheSecondAwait() {
        ViolationException refused = refusedIn(() -> {
            List<Task<Integer>> tasks = new ArrayList<>();
            tasks.add(spawn(() -> await(tasks.get(1))));
            tasks.add(spawn(() -> await(tasks.get(0))));
            awaitAll(tasks);
        });
        String child = "/AwaitCycleTest-function/AwaitCycleTest-function";
        assertThat(refused.violation()).isEqualTo(Violation.AWAIT_CYCLE);
        assertThat(refused.getMessage())
                .startsWith("ROUSE-V03 a wait would close a cycle: by=" + child + ", hops=2" + REMEDY)
                .containsPattern("\n  " + child + " awaits " + child
                        + ", at AwaitCycleTest.lambda.*\\(AwaitCycleTest.java:\\d+\\)\n  " + child + " awaits " + child
                        + ", at AwaitCycleTest.lambda.*\\(AwaitCycleTest.java:\\d+\\)$");
        assertThat(system.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    @Test
    void actorsThatAskEachOtherAreRefusedAtTheAskThatComesBack() {
        Throwable refused = system.spawn(() -> {
                    ActorRef<Message> a = worker("a");
                    ActorRef<Message> b = worker("b");
                    Throwable[] seen = {null};
                    await(a.ask(doing(() ->
                            await(b.ask(doing(() -> seen[0] = catchThrowable(() -> await(a.ask(doing(() -> {}))))))))));
                    return seen[0];
                })
                .join();
        String parent = "/AwaitCycleTest-function";
        assertThat(refused).isInstanceOf(ViolationException.class);
        assertThat(refused.getMessage())
                .startsWith("ROUSE-V03 a wait would close a cycle: by=" + parent + "/b, hops=2" + REMEDY)
                .containsPattern("\n  " + parent + "/b asks " + parent + "/a, at AwaitCycleTest.lambda.*:\\d+\\)"
                        + "\n  " + parent + "/a asks " + parent + "/b, at AwaitCycleTest.lambda.*:\\d+\\)$");
    }

    @Test
    void anActorThatAwaitsItsOwnReplyIsRefused() {
        Throwable refused = system.spawn(() -> {
                    ActorRef<Message> a = worker("a");
                    Throwable[] seen = {null};
                    await(a.ask(doing(() -> seen[0] = catchThrowable(() -> await(a.ask(doing(() -> {})))))));
                    return seen[0];
                })
                .join();
        assertThat(refused)
                .hasMessageStartingWith(
                        "ROUSE-V03 a wait would close a cycle: by=/AwaitCycleTest-function/a, hops=1" + REMEDY);
    }

    @SuppressWarnings("unchecked")
    private static ActorRef<Message>[] single() {
        return (ActorRef<Message>[]) new ActorRef<?>[1];
    }

    @Test
    void aFunctionThatAwaitsOneOfItsParentsIsRefused() {
        Throwable refused = system.spawn(() -> {
                    Task<Object> mine = Cell.current("test");
                    return await(spawn(() -> await(spawn(() -> catchThrowable(() -> await(mine))))));
                })
                .join();
        assertThat(refused)
                .isInstanceOf(ViolationException.class)
                .hasMessageContaining("hops=3")
                .hasMessageContaining(" awaits /AwaitCycleTest-function, at AwaitCycleTest");
    }

    /// The parent is not suspended then: it has come to its end, and waits for its children there.
    @Test
    void aFunctionThatAwaitsAParentWhichIsEndingIsRefused() {
        List<Throwable> seen = new ArrayList<>();
        system.spawn(() -> {
                    Task<Object> mine = Cell.current("test");
                    spawn(() -> {
                        sleepFor(Duration.ZERO);
                        seen.add(catchThrowable(() -> await(mine)));
                    });
                })
                .join();
        assertThat(seen)
                .singleElement()
                .isInstanceOf(ViolationException.class)
                .asString()
                .contains("\n"
                        + "  /AwaitCycleTest-function ends after /AwaitCycleTest-function/AwaitCycleTest-function,"
                        + " at its end");
    }

    @Test
    void awaitingAllIsRefusedIfOneOfThemLeadsBack() {
        ViolationException refused = refusedIn(() -> {
            Task<Object> mine = Cell.current("test");
            Task<Void> free = spawn(() -> sleepFor(Duration.ofHours(1)));
            Task<Object> back = spawn(() -> await(mine));
            sleepFor(Duration.ZERO);
            try {
                awaitAll(List.of(free, back));
            } finally {
                free.cancel();
                back.cancel();
            }
        });
        assertThat(refused).hasMessageStartingWith("ROUSE-V03");
    }

    @Test
    void awaitingAnyIsNotRefusedWhileAnotherCanCome() {
        Integer value = system.spawn(() -> {
                    ActorRef<Message> a = worker("a");
                    return await(a.ask(doing(() -> {
                        Task<Integer> back = a.ask(doing(() -> {}));
                        Task<Integer> other = spawn(() -> {
                            sleepFor(Duration.ofNanos(1));
                            return 7;
                        });
                        assertThat(awaitAny(List.of(back, other))).isEqualTo(7);
                    })));
                })
                .join();
        assertThat(value).isEqualTo(1);
    }

    @Test
    void awaitingAnyOfOneIsAnAwait() {
        Throwable refused = system.spawn(() -> {
                    ActorRef<Message> a = worker("a");
                    Throwable[] seen = {null};
                    await(a.ask(doing(() ->
                            seen[0] = catchThrowable(() -> awaitAny(List.of(a.ask(doing(() -> {}))))))));
                    return seen[0];
                })
                .join();
        assertThat(refused).isInstanceOf(ViolationException.class);
    }

    @Test
    void aSendToAFullMailboxThatWaitsForTheSenderIsRefusedAndHandsTheMessageBack() {
        record Ball(int number) {}
        List<MailboxFullException> refused = new ArrayList<>();
        ActorOptions one = ActorOptions.defaults().withMailbox(1);
        system.spawn(() -> {
                    List<ActorRef<Ball>> players = new ArrayList<>();
                    for (int i = 0; i < 2; i++) {
                        int other = 1 - i;
                        players.add(spawnActor("player-" + i, one, () -> (ball, _) -> {
                            for (int n = 0; n < 5 && ball.number() < 3; n++) {
                                try {
                                    players.get(other).tell(new Ball(ball.number() + 1));
                                } catch (MailboxFullException e) {
                                    refused.add(e);
                                }
                            }
                        }));
                    }
                    players.get(0).tell(new Ball(0));
                    players.get(1).tell(new Ball(0));
                    while (refused.isEmpty()) {
                        sleepFor(Duration.ZERO);
                    }
                })
                .join();
        assertThat(refused).isNotEmpty().allSatisfy(full -> {
            assertThat(full.undelivered()).isInstanceOf(Ball.class);
            assertThat(full).hasCauseInstanceOf(ViolationException.class);
            assertThat(full.getMessage())
                    .matches("(?s)mailbox is full: target=/AwaitCycleTest-function/player-., message=Ball, limit=1;"
                            + " ROUSE-V03 a wait would close a cycle: by=/AwaitCycleTest-function/player-., hops=2; .*"
                            + "/player-. sends to the full mailbox of /AwaitCycleTest-function/player-., at"
                            + " AwaitCycleTest.*");
        });
    }

    @Test
    void aDirectStyleActorThatAsksItsAskerIsRefused() {
        List<Throwable> seen = new ArrayList<>();
        system.spawn(() -> {
                    ActorRef<Message>[] asker = single();
                    ActorRef<Message> direct = spawnActor("direct", inbox -> {
                        if (inbox.receive() instanceof Do(Action _, ReplyTo<Integer> replyTo)) {
                            seen.add(catchThrowable(() -> await(asker[0].ask(doing(() -> {})))));
                            replyTo.reply(1);
                        }
                    });
                    asker[0] = worker("asker");
                    await(asker[0].ask(doing(() -> await(direct.ask(doing(() -> {}))))));
                })
                .join();
        assertThat(seen).singleElement().isInstanceOf(ViolationException.class);
    }

    /// Such a wake-up comes late from an earlier wait across shards: the one who was woken is not seen waiting by
    /// the other, and looks itself before it waits on.
    @Test
    void aWakeUpThatIsForNothingHidesNoCycle() {
        for (Function<List<Task<Integer>>, Callable<Integer>> wait :
                List.<Function<List<Task<Integer>>, Callable<Integer>>>of(
                        tasks -> () -> await(tasks.get(1)),
                        tasks -> () -> awaitAll(List.of(tasks.get(1))).getFirst(),
                        tasks -> () -> awaitAny(List.of(tasks.get(1))))) {
            ViolationException refused = refusedIn(() -> {
                List<Task<Integer>> tasks = new ArrayList<>();
                tasks.add(spawn(() -> wait.apply(tasks).call()));
                tasks.add(spawn(() -> {
                    ((Cell) (Task<?>) tasks.get(0)).wake();
                    return await(tasks.get(0));
                }));
                awaitAll(tasks);
            });
            assertThat(refused).hasMessageStartingWith("ROUSE-V03 a wait would close a cycle:");
        }
    }

    /// As above, for a send.
    @Test
    void aWakeUpThatIsForNothingHidesNoFullMailboxEither() {
        List<Throwable> seen = new ArrayList<>();
        system.spawn(() -> {
                    ActorRef<Message>[] sender = single();
                    ActorRef<Message> full =
                            spawnActor("full", ActorOptions.defaults().withMailbox(1), Worker::new);
                    sender[0] = worker("sender");
                    Task<Integer> sends = sender[0].ask(doing(() -> seen.add(catchThrowable(() -> {
                        full.tell(new Note(() -> {
                            ((Cell) sender[0]).wake();
                            await(sender[0].ask(doing(() -> {})));
                        }));
                        full.tell(new Note(() -> {}));
                        full.tell(new Note(() -> {}));
                    }))));
                    await(sends);
                })
                .join();
        assertThat(seen).singleElement().isInstanceOf(MailboxFullException.class);
    }

    /// The actor has kept the reply for later: its turn, which waits for the asker, is about something else.
    @Test
    void anActorThatHasKeptTheReplyForLaterMayWaitForTheAsker() {
        Integer value = system.spawn(() -> {
                    ActorRef<Message> keeper = worker("keeper");
                    Task<Integer> asker = spawn(() -> await(keeper.ask(Keep::new)));
                    sleepFor(Duration.ZERO);
                    keeper.tell(new Note(() -> {
                        Task<Integer> second = spawn(() -> await(asker));
                        assertThat(catchThrowable(() -> withShortDeadline(second)))
                                .isInstanceOf(DeadlineExceededException.class);
                    }));
                    return await(asker);
                })
                .join();
        assertThat(value).isEqualTo(2);
        assertThat(system.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    private static void withShortDeadline(Task<Integer> task) {
        Rouse.withTimeout(Duration.ofMillis(5), () -> await(task));
    }

    @Test
    void aWaitThatACancellationEndsClosesNoCycle() {
        Throwable seen = system.spawn(() -> {
                    List<Task<Integer>> tasks = new ArrayList<>();
                    tasks.add(spawn(() -> await(tasks.get(1))));
                    tasks.add(spawn(() -> {
                        tasks.get(0).cancel();
                        return await(tasks.get(0));
                    }));
                    return catchThrowable(() -> await(tasks.get(1)));
                })
                .join();
        assertThat(seen).isInstanceOf(CancelledException.class);
    }

    @Test
    void aReportedCycleGoesOnIfSomethingElseEndsIt() {
        ActorSystem lenient = opened(ActorSystem.builder()
                .name("lenient")
                .shards(1)
                .onViolation(Violation.AWAIT_CYCLE, ViolationPolicy.REPORT));
        record Forward(ReplyTo<Integer> replyTo) {}
        try (RecordedLog log = new RecordedLog()) {
            Integer value = lenient.spawn(() -> {
                        ActorRef<Forward> third = spawnActor("third", () -> (message, _) -> {
                            sleepFor(Duration.ofNanos(1));
                            message.replyTo().reply(3);
                        });
                        List<Task<Integer>> asker = new ArrayList<>();
                        ActorRef<Forward> forwarder = spawnActor("forwarder", () -> (message, _) -> {
                            third.tell(message);
                            await(asker.getFirst());
                        });
                        asker.add(spawn(() -> await(forwarder.ask(Forward::new))));
                        return await(asker.getFirst());
                    })
                    .join();
            assertThat(value).isEqualTo(3);
            assertThat(log.messages()).singleElement().asString().startsWith("ROUSE-V03 a wait would close a cycle:");
        }
        assertThat(lenient.violations(Violation.AWAIT_CYCLE)).isEqualTo(1);
    }

    /// Actors ask only those with a higher number, so there is no cycle whatever happens.
    @Test
    void noWaitIsRefusedWhereThereIsNoCycle() {
        long seed = new Random().nextLong();
        System.out.println("noWaitIsRefusedWhereThereIsNoCycle: seed=" + seed);
        Random random = new Random(seed);
        ActorOptions small = ActorOptions.defaults().withMailbox(2);
        system.spawn(() -> {
                    List<ActorRef<Message>> actors = new ArrayList<>();
                    for (int i = 0; i < 12; i++) {
                        actors.add(spawnActor("actor-" + i, small, Worker::new));
                    }
                    List<Task<Void>> askers = new ArrayList<>();
                    for (int i = 0; i < 20; i++) {
                        askers.add(spawn(() -> {
                            for (int n = 0; n < 20; n++) {
                                await(actors.get(random.nextInt(3)).ask(doing(() -> work(actors, 3, random))));
                            }
                        }));
                    }
                    awaitAll(askers);
                })
                .join();
        assertThat(system.violations(Violation.AWAIT_CYCLE)).isZero();
    }

    private static void work(List<ActorRef<Message>> actors, int from, Random random) {
        if (from + 2 >= actors.size()) {
            return;
        }
        int next = from + random.nextInt(2);
        Action deeper = () -> work(actors, next + 1, random);
        switch (random.nextInt(4)) {
            case 0 -> actors.get(next).tell(new Note(deeper));
            case 1 -> awaitAll(List.of(actors.get(next).ask(doing(deeper)), spawn(() -> random.nextInt())));
            case 2 -> await(spawn(() -> await(actors.get(next).ask(doing(deeper)))));
            default -> await(actors.get(next).ask(doing(deeper)));
        }
    }

    /// Its deadline has passed, and so it may fail, which cancels the one that awaits it. The two wake at the same
    /// tick, in the order in which they went to sleep.
    @Test
    void awaitingAParentWhoseDeadlineHasPassedClosesNoCycle() {
        AtomicLong now = new AtomicLong();
        ActorSystem stepped =
                opened(ActorSystem.builder().name("test").shards(1).clock(now::get));
        Gate asleep = new Gate();
        AtomicReference<Throwable> seen = new AtomicReference<>();
        CompletableFuture<Task<Void>> parent = new CompletableFuture<>();
        parent.complete(stepped.spawn(() -> {
            spawn(() -> {
                sleepFor(Duration.ofMillis(5));
                seen.set(catchThrowable(() -> await(parent.join())));
            });
            sleepFor(Duration.ZERO); // the child sleeps by now
            Rouse.withTimeout(Duration.ofMillis(5), () -> {
                asleep.open();
                sleepFor(Duration.ofHours(1));
                return 1;
            });
        }));
        stepped.spawn(asleep::await).join();
        now.set(10_000_000);
        assertThatThrownBy(() -> parent.join().join()).isInstanceOf(DeadlineExceededException.class);
        assertThat(seen.get()).isInstanceOf(CancelledException.class);
        assertThat(stepped.violations(Violation.AWAIT_CYCLE)).isZero();
    }
}
