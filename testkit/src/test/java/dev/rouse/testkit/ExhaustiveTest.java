package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
    void aBoundedDepthLeavesTheRestAsItIs() {
        assertThat(Launched.failuresOf(Failing.class, "nothingIsChosen")).isEmpty();
    }

    /// Run by the tests above.
    static final class Failing {
        private int runs;

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
