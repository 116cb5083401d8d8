package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.spi.Effect;
import dev.rouse.io.TcpListener;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/// The code of the guide, and that the guide shows just that.
class GuideTest {
    // begin: adder
    record Add(int a, int b, ActorRef<Integer> replyTo) {}

    static final class Adder implements Actor<Add> {
        @Override
        public void receive(Add add, ActorContext<Add> context) {
            sleepFor(Duration.ofMinutes(5)); // an adder of the old kind
            add.replyTo().tell(add.a() + add.b());
        }
    }
    // end

    // begin: reply
    @Seed(1)
    void anAdderAdds(Simulation simulation) {
        TestProbe<Integer> probe = TestProbe.of(simulation.system(), "probe", Duration.ofHours(1));
        ActorRef<Add> adder = simulation.system().spawnActor("adder", Adder::new);

        adder.tell(new Add(1, 2, probe.ref()));

        probe.expect(3);
    }
    // end

    // begin: door
    sealed interface Door {
        record Knock(ActorRef<String> visitor) implements Door {}

        record Close() implements Door {}
    }

    static final class Porter implements Actor<Door> {
        @Override
        public void receive(Door message, ActorContext<Door> context) {
            switch (message) {
                case Door.Knock(ActorRef<String> visitor) -> {
                    visitor.tell("come in");
                    context.timers().once(Duration.ofMinutes(1), new Door.Close());
                }
                case Door.Close() -> context.stop();
            }
        }
    }
    // end

    // begin: harness
    @Test
    void thePorterLetsAVisitorInAndClosesTheDoor() {
        try (ActorHarness<Door> porter = ActorHarness.of(Porter::new)) {
            TestInbox<String> visitor = porter.inbox("visitor");

            porter.tell(new Door.Knock(visitor.ref()));

            visitor.expect("come in");
            porter.expect(new Effect.Told(visitor.ref(), "come in"));
            assertThat(porter.expect(Effect.TimerStarted.class).delay()).isEqualTo(Duration.ofMinutes(1));
            porter.expectNone();
            porter.advance(Duration.ofMinutes(1));
            assertThat(porter.isStopped()).isTrue();
        }
    }
    // end

    // begin: logged
    @Seeds(10)
    void aFailureIsLogged(Simulation simulation) {
        simulation.logs().expect(Level.ERROR, "an actor failed and was stopped: actor=/adder");
        ActorRef<String> adder = simulation.system().spawnActor("adder", () -> (number, _) -> Integer.parseInt(number));

        adder.tell("one");

        simulation.runFor(Duration.ofSeconds(1));
    }
    // end

    // begin: account
    sealed interface Account {
        record Balance(ReplyTo<Integer> replyTo) implements Account {}

        record Set(int amount) implements Account {}
    }

    static final class Keeper implements Actor<Account> {
        private int amount;

        @Override
        public void receive(Account message, ActorContext<Account> context) {
            switch (message) {
                case Account.Balance(ReplyTo<Integer> replyTo) -> replyTo.reply(amount);
                case Account.Set(int value) -> amount = value;
            }
        }
    }

    static void deposit(ActorRef<Account> account, int amount) {
        int before = await(account.ask(Account.Balance::new));
        account.tell(new Account.Set(before + amount)); // what if somebody else was here meanwhile?
    }
    // end

    // begin: lost
    void noDepositIsLost(Simulation simulation) {
        ActorRef<Account> account = simulation.system().spawnActor("account", Keeper::new);
        var first = simulation.system().spawn(() -> deposit(account, 100));
        var second = simulation.system().spawn(() -> deposit(account, 50));
        first.join();
        second.join();

        int balance = simulation.run(() -> await(account.ask(Account.Balance::new)));

        assertThat(balance).isEqualTo(150);
    }
    // end

    // begin: proof
    @Exhaustive
    void twoDepositsAddUp(Simulation simulation) {
        int[] balance = new int[1];
        ActorRef<Integer> account =
                simulation.system().spawnActor("account", () -> (amount, _) -> balance[0] += amount);
        var first = simulation.system().spawn(() -> account.tell(100));
        var second = simulation.system().spawn(() -> account.tell(50));
        first.join();
        second.join();
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(balance[0]).isEqualTo(150);
    }
    // end

    // begin: partition
    @Seeds(100)
    void aPartitionLosesNothing(Simulation simulation) throws IOException {
        SimulatedNetwork network = simulation.network();
        SimulatedHost server = network.host("server");
        SimulatedHost client = network.host("client");
        network.link(LinkOptions.defaults().withLatency(Duration.ofMillis(1), Duration.ofMillis(200)));

        TcpListener listener = server.call(() -> TcpListener.bind(server.address(7)));
        var greeter = server.system().spawn(() -> {
            try (listener;
                    TcpStream stream = listener.accept()) {
                stream.write(ByteBuffer.wrap("hello".getBytes(UTF_8)));
            }
        });
        var greeting = client.system().spawn(() -> {
            try (TcpStream stream = TcpStream.connect(server.address(7))) {
                return new String(stream.inputStream().readAllBytes(), UTF_8);
            }
        });
        network.partition(server, client);
        simulation.runFor(Duration.ofMinutes(1));
        network.heal(server, client);

        assertThat(greeting.join()).isEqualTo("hello");
        greeter.join();
    }
    // end

    // begin: faults
    @Seeds(50)
    void anAskThatIsTriedAgainIsAnswered(Simulation simulation) {
        ActorRef<ReplyTo<Integer>> oracle =
                simulation.system().spawnActor("oracle", () -> (replyTo, _) -> replyTo.reply(42));
        simulation.faults().loseReplies("/oracle", 1); // on demand: the first one
        simulation.faults().draw(Fault.PAUSE, 0.01); // by seed: a shard stands still now and then

        int answer = simulation.run(() -> {
            while (true) {
                try {
                    return await(oracle.<Integer>ask(Duration.ofSeconds(10), replyTo -> replyTo));
                } catch (AskTimeoutException _) {
                    sleepFor(Duration.ofSeconds(1));
                }
            }
        });

        assertThat(answer).isEqualTo(42);
    }
    // end

    /// The bug of the guide is found in a few seeds, and again by the seed that found it.
    @Test
    void theBugOfTheGuideIsFoundAndReplayed() throws IOException {
        List<Long> failing = new ArrayList<>();
        List<Boolean> again = new ArrayList<>();
        for (long seed = 0; seed < 50; seed++) {
            if (loses(seed)) {
                failing.add(seed);
                again.add(loses(seed));
            }
        }
        assertThat(failing).isNotEmpty().hasSizeLessThan(50);
        assertThat(again).doesNotContain(false);
        assertThat(guide())
                .contains("failed with seed=" + failing.getFirst() + ", after " + failing.getFirst() + " that");
    }

    private boolean loses(long seed) {
        try (Simulation simulation = Simulation.of(seed)) {
            return catchThrowable(() -> noDepositIsLost(simulation)) != null;
        }
    }

    @Test
    void theGuideShowsThisCode() throws IOException {
        String guide = guide();
        String code = Files.readString(Path.of("src/test/java/dev/rouse/testkit/GuideTest.java"));
        List<String> parts = Pattern.compile("(?s)    // begin: \\w+\n(.*?)    // end\n")
                .matcher(code)
                .results()
                .map((MatchResult result) -> result.group(1).stripTrailing().stripIndent())
                .toList();
        assertThat(parts).hasSize(10);
        SoftAssertions.assertSoftly(shown -> parts.forEach(
                part -> shown.assertThat(guide.replace("@Seeds(1_000)\n", "")).contains(part)));
    }

    private static String guide() throws IOException {
        return Files.readString(Path.of("README.md"));
    }
}
