package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Task;
import dev.rouse.io.UdpSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExhaustiveTest {
    private final Set<List<Integer>> seen = new HashSet<>();
    private int expected;

    @AfterEach
    void allOutcomesWereSeen() {
        assertThat(seen).hasSize(expected);
    }

    /// Two senders and an actor, on three shards: what one sends stays in order, and so there are 4 over 2 orders.
    @Exhaustive(shards = 3)
    void twoSendersOfTwoMessagesInterleaveInSixWays(Simulation simulation) {
        List<Integer> received = new ArrayList<>();
        ActorRef<Integer> actor = simulation.system().spawnActor("actor", () -> (number, _) -> received.add(number));
        for (int i = 0; i < 2; i++) {
            int first = 10 * i;
            Task<Void> _ = simulation.system().spawn(() -> {
                actor.tell(first);
                actor.tell(first + 1);
            });
        }
        simulation.runFor(Duration.ofSeconds(1));

        assertThat(received.stream().filter(number -> number < 10)).containsExactly(0, 1);
        assertThat(received.stream().filter(number -> number >= 10)).containsExactly(10, 11);
        seen.add(received);
        expected = 6;
    }

    /// On one shard, where the turns of three functions come in any order.
    @Exhaustive(shards = 1)
    void threeFunctionsOfOneShardRunInSixOrders(Simulation simulation) {
        seen.add(order(simulation));
        expected = 6;
    }

    private static List<Integer> order(Simulation simulation) {
        List<Integer> order = new ArrayList<>();
        simulation.run(() -> {
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int number = i;
                tasks.add(spawn(() -> {
                    order.add(number);
                }));
            }
            tasks.forEach(each -> await(each));
        });
        return order;
    }

    /// Each of two shards sends to a mailbox with room for one, on a third: what a sender finds there depends on
    /// who comes first, though a refused one hands nothing to anybody.
    @Exhaustive(shards = 3)
    void eachOfTwoSendersFindsTheLastPlaceAndEachFindsItTaken(Simulation simulation) {
        List<Integer> outcome = new ArrayList<>();
        ActorRef<Optional<ReplyTo<Integer>>> actor = simulation
                .system()
                .spawnActor(
                        "actor",
                        ActorOptions.defaults().withMailbox(1),
                        () -> (asker, _) -> asker.ifPresent(each -> each.reply(1)));
        actor.<Integer>ask(Optional::of).join(); // its shard has nothing else to do
        Task<Delivery> first = simulation.system().spawn(() -> actor.tryTell(Optional.empty()));
        Task<Delivery> second = simulation.system().spawn(() -> actor.tryTell(Optional.empty()));
        outcome.add(first.join() == Delivery.FULL ? 1 : 0);
        outcome.add(second.join() == Delivery.FULL ? 1 : 0);
        simulation.runFor(Duration.ofSeconds(1));

        seen.add(outcome);
        expected = 3; // both are accepted where the actor has taken one meanwhile
    }

    /// A look at a task of another shard hands nothing over, and sees it before its end or after.
    @Exhaustive(shards = 2)
    void whoLooksAtATaskOfAnotherShardSeesItBeforeItsEndAndAfter(Simulation simulation) {
        Task<Void> looked = simulation.system().spawn(() -> sleepFor(Duration.ofSeconds(1)));
        Task<Boolean> looks = simulation.system().spawn(() -> {
            sleepFor(Duration.ofSeconds(1));
            return looked.isDone();
        });
        seen.add(List.of(looks.join() ? 1 : 0));
        looked.join();
        expected = 2;
    }

    /// Whose datagram is on its way first is decided by the senders alone, on two hosts that have nothing else to
    /// do with each other.
    @Exhaustive(shards = 1)
    void theDatagramsOfTwoHostsComeInBothOrdersWithAllThatFollows(Simulation simulation) throws IOException {
        SimulatedNetwork network = simulation.network();
        SimulatedHost server = network.host("server");
        UdpSocket socket = server.call(() -> UdpSocket.bind(server.address(7)));
        List<Integer> order = new ArrayList<>();
        Task<Void> receives = server.system().spawn(() -> {
            ByteBuffer room = ByteBuffer.allocate(1);
            for (int i = 0; i < 2; i++) {
                socket.receive(room.clear());
                int number = 10 * room.get(0);
                Task<Void> _ = spawn(() -> {
                    order.add(number);
                });
                Task<Void> _ = spawn(() -> {
                    order.add(number + 1);
                });
            }
            socket.close();
        });
        for (byte i = 1; i <= 2; i++) {
            byte number = i;
            SimulatedHost client = network.host("client" + number);
            Task<Void> _ = client.system().spawn(() -> {
                try (UdpSocket sender = UdpSocket.bind(client.address(0))) {
                    sleepFor(Duration.ofSeconds(1)); // all wait but those who send
                    sender.send(ByteBuffer.wrap(new byte[] {number}), server.address(7));
                }
            });
        }
        receives.join();
        simulation.runFor(Duration.ofSeconds(1));

        seen.add(order);
        expected = 24; // all orders of the four functions
    }

    @Test
    void theOrderThatFailsIsNamedWithHowToRunItAlone() {
        String message = String.valueOf(
                Launched.failureOf(Failing.class, "theSecondComesSecond").getMessage());

        assertThat(message)
                .matches("(?s)failed in an order after \\d+ that passed; -Drouse.choices=[0-9,]+ runs it alone\n.*");
        String choices = message.replaceFirst("(?s).*choices=([0-9,]+).*", "$1");
        assertThat(Launched.failureOf(Failing.class, "theSecondComesSecond", "rouse.choices", choices))
                .hasMessageStartingWith("failed with choices=" + choices + "\n");
    }

    @Test
    void moreOrdersThanWereToBeRunFailTheTest() {
        assertThat(Launched.failureOf(Failing.class, "sixOrdersAreTooMany"))
                .hasMessage("there are more orders than were to be run: runs=12; allow more, make the system smaller,"
                        + " or bound the depth");
    }

    @Test
    void anOrderWithoutChoicesIsRunAloneToo() {
        String message =
                String.valueOf(Launched.failureOf(Failing.class, "failsAtOnce").getMessage());
        assertThat(message).startsWith("failed in an order after 0 that passed; -Drouse.choices= runs it alone\n");
        assertThat(Launched.failureOf(Failing.class, "failsAtOnce", "rouse.choices", ""))
                .hasMessageStartingWith("failed with choices=\n");
    }

    @Test
    void aTestThatDoesNotRepeatItselfProvesNothing() {
        assertThat(Launched.failureOf(Failing.class, "startsOneMoreEachTime"))
                .hasMessage(
                        "the test does not repeat itself, so that its orders can't be searched: choice=4, before=one"
                            + " of 2, now=one of 3; what it does must depend on the simulation alone, not on fields"
                            + " that are kept from run to run, the machine's time or random numbers, or the order of a"
                            + " hash table");
        assertThat(Launched.failureOf(Failing.class, "startsOneLessEachTime"))
                .hasMessageStartingWith("the test does not repeat itself, so that its orders can't be searched:");
        assertThat(Launched.failureOf(Failing.class, "doesNothingTheSecondTime"))
                .hasMessageStartingWith(
                        "the test does not repeat itself, so that its orders can't be searched: choices" + " before=");
    }

    @Test
    void aBoundedDepthLeavesTheRestAsItIs() {
        assertThat(Launched.failuresOf(Failing.class, "nothingIsChosen")).isEmpty();
    }

    /// Run by the tests above.
    static final class Failing {
        private int runs;

        @Exhaustive
        void failsAtOnce(Simulation simulation) {
            assertThat(runs).isOne();
        }

        @Exhaustive(shards = 1)
        void startsOneMoreEachTime(Simulation simulation) {
            start(simulation, 2 + runs++);
        }

        @Exhaustive(shards = 1)
        void startsOneLessEachTime(Simulation simulation) {
            start(simulation, 4 - runs++);
        }

        @Exhaustive(shards = 1)
        void doesNothingTheSecondTime(Simulation simulation) {
            if (runs++ == 0) {
                start(simulation, 3);
            }
        }

        private static void start(Simulation simulation, int functions) {
            simulation.run(() -> {
                for (int i = 0; i < functions; i++) {
                    Task<Void> _ = spawn(() -> {});
                }
            });
        }

        @Exhaustive(shards = 1)
        void theSecondComesSecond(Simulation simulation) {
            assertThat(order(simulation).get(1)).isOne();
        }

        @Exhaustive(shards = 1, runs = 12) // of 13
        void sixOrdersAreTooMany(Simulation simulation) {
            assertThat(order(simulation)).hasSize(3);
        }

        @Exhaustive(shards = 1, depth = 0)
        void nothingIsChosen(Simulation simulation) {
            assertThat(order(simulation)).containsExactly(0, 1, 2);
            assertThat(++runs).isOne();
        }
    }
}
