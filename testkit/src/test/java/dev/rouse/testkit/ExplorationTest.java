package dev.rouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The search, on systems that are nothing but their steps: where the real one takes a step more before it does
/// something, that hides what the search leaves out.
class ExplorationTest {
    private static final int FIRST = 1;
    private static final int SECOND = 2;
    private static final int OWNER = 3;

    /// One run of two threads that take one step each, beside a third that owns what they work on.
    private abstract static class Steps {
        private final Choices choices;
        private final Set<Integer> over = new HashSet<>();

        Steps(Choices choices) {
            this.choices = choices;
        }

        /// One of the two takes its step.
        abstract void step(int thread, Choices choices);

        boolean isOwnerReady() {
            return false;
        }

        void ownerStep() {}

        String outcome() {
            choices.begin();
            int[] ready = ready();
            while (ready.length > 0) {
                int thread = ready[choices.thread(ready)];
                if (thread == OWNER) {
                    ownerStep();
                } else {
                    over.add(thread);
                    step(thread, choices);
                }
                ready = ready();
            }
            choices.end();
            return toString();
        }

        private int[] ready() {
            return IntStream.of(FIRST, SECOND, OWNER)
                    .filter(each -> each == OWNER ? isOwnerReady() : !over.contains(each))
                    .toArray();
        }
    }

    /// The two try to send to a mailbox with room for one, from which the owner takes.
    private static final class Mailbox extends Steps {
        private final StringBuilder found = new StringBuilder();
        private int messages;

        Mailbox(Choices choices) {
            super(choices);
        }

        @Override
        void step(int thread, Choices choices) {
            choices.looked(OWNER);
            if (messages == 0) {
                messages++;
                choices.handed(OWNER);
                found.append(thread).append(" accepted ");
            } else {
                found.append(thread).append(" refused ");
            }
        }

        @Override
        boolean isOwnerReady() {
            return messages > 0;
        }

        @Override
        void ownerStep() {
            messages--;
        }

        @Override
        public String toString() {
            return found.toString().strip();
        }
    }

    /// The two put something on the network.
    private static final class Wire extends Steps {
        private final StringBuilder sent = new StringBuilder();

        Wire(Choices choices) {
            super(choices);
        }

        @Override
        void step(int thread, Choices choices) {
            choices.looked(Choices.NETWORK);
            sent.append(thread);
        }

        @Override
        public String toString() {
            return sent.toString();
        }
    }

    private static Set<String> outcomes(Function<Choices, Steps> system) {
        Set<String> outcomes = new HashSet<>();
        Exploration exploration = new Exploration(Integer.MAX_VALUE);
        do {
            outcomes.add(system.apply(exploration.run()).outcome());
            exploration.requireRepeated(null);
        } while (exploration.advance());
        return outcomes;
    }

    @Test
    void eachOfTwoSendersFindsTheRoomFirst() {
        assertThat(outcomes(Mailbox::new))
                .containsExactlyInAnyOrder(
                        "1 accepted 2 refused",
                        "2 accepted 1 refused",
                        "1 accepted 2 accepted",
                        "2 accepted 1 accepted");
    }

    @Test
    void eachOfTwoIsFirstOnTheNetwork() {
        assertThat(outcomes(Wire::new)).containsExactlyInAnyOrder("12", "21");
    }
}
