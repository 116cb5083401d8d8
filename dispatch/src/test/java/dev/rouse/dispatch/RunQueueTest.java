package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RunQueueTest {

    @Test
    void takesFirstInFirstOutWhateverTheHeadIsWhenItGrows() {
        for (int lead = 0; lead <= 300; lead += 25) {
            RunQueue queue = new RunQueue(null);
            for (int i = 0; i < lead; i++) {
                queue.add(-1);
                queue.remove();
            }
            for (int i = 0; i < 2_000; i++) {
                queue.add(i);
            }
            for (int i = 0; i < 2_000; i++) {
                assertThat(queue.peek()).isEqualTo(i);
                queue.remove();
            }
            assertThat(queue.isEmpty()).isTrue();
            assertThat(queue.peek()).isNull();
        }
    }

    @Test
    void agreesWithADequeUnderRandomUse() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        RunQueue queue = new RunQueue(null);
        ArrayDeque<Object> model = new ArrayDeque<>();
        for (int i = 0; i < 200_000; i++) {
            // runs of adding and of taking, so that it grows while its head is anywhere
            if (random.nextInt(1_000) < (i / 700 % 2 == 0 ? 700 : 300)) {
                queue.add(i);
                model.add(i);
            } else if (!model.isEmpty()) {
                assertThat(queue.peek()).as("seed=%d", seed).isEqualTo(model.poll());
                queue.remove();
            }
            assertThat(queue.size()).isEqualTo(model.size());
        }
    }

    @Test
    void aTurnOrderChoosesAmongEntriesThatKeepTheirOrderOfWaiting() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        RunQueue queue = new RunQueue(random::nextInt);
        Random sameChoices = new Random(seed);
        Random steps = new Random(~seed);
        List<Object> model = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            if (steps.nextInt(1_000) < (i / 700 % 2 == 0 ? 600 : 400)) {
                queue.add(i);
                model.add(i);
            } else if (!model.isEmpty()) {
                int choice = model.size() == 1 ? 0 : sameChoices.nextInt(model.size());
                assertThat(queue.peek()).as("seed=%d", seed).isEqualTo(model.remove(choice));
                queue.remove();
            }
        }
    }

    @Test
    void aTurnOrderIsAskedOnceForAnEntryHoweverOftenItIsLookedAt() {
        int[] asked = new int[1];
        RunQueue queue = new RunQueue(ready -> {
            asked[0]++;
            return ready - 1;
        });
        queue.add("a");
        queue.add("b");
        assertThat(queue.peek()).isEqualTo("b");
        queue.add("c");
        assertThat(queue.peek()).isEqualTo("b");
        queue.remove();
        assertThat(asked[0]).isEqualTo(1);
        assertThat(queue.peek()).isEqualTo("c");
    }

    @Test
    void aChoiceOutOfRangeIsRefusedAndLosesNothing() {
        int[] choice = {2};
        RunQueue queue = new RunQueue(_ -> choice[0]);
        queue.add("a");
        queue.add("b");
        assertThatThrownBy(queue::peek).isInstanceOf(IndexOutOfBoundsException.class);
        choice[0] = 1;
        assertThat(queue.peek()).isEqualTo("b");
        assertThat(queue.size()).isEqualTo(2);
    }
}
