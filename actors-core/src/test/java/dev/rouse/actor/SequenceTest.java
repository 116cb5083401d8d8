package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sequence;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class SequenceTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    private static Sequence<Integer> numbers(int capacity, int count) {
        return sequence(capacity, out -> {
            for (int i = 0; i < count; i++) {
                out.emit(i);
            }
        });
    }

    private static <T> List<T> drain(Iterator<T> values) {
        List<T> taken = new ArrayList<>();
        values.forEachRemaining(taken::add);
        return taken;
    }

    @Test
    void theConsumerGetsAllValuesInTheirOrder() {
        for (int capacity : List.of(1, 2, 7, 100, 1_000)) {
            List<Integer> taken = system.spawn(() -> {
                        try (Sequence<Integer> values = numbers(capacity, 100)) {
                            return drain(values.iterator());
                        }
                    })
                    .join();
            assertThat(taken)
                    .as("capacity=" + capacity)
                    .containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
        }
    }

    @Test
    void aSequenceMayBeEmptyAndItsEndStays() {
        List<Boolean> seen = system.spawn(() -> {
                    try (Sequence<Integer> values = numbers(1, 0)) {
                        Iterator<Integer> iterator = values.iterator();
                        return List.of(iterator.hasNext(), iterator.hasNext());
                    }
                })
                .join();
        assertThat(seen).containsExactly(false, false);
    }

    @Test
    void nextAfterTheEndSaysSo() {
        assertThatThrownBy(() ->
                        system.spawn(() -> numbers(1, 0).iterator().next()).join())
                .isInstanceOf(NoSuchElementException.class)
                .hasMessage("the sequence has ended: producer=/SequenceTest-function/SequenceTest-function");
    }

    @Test
    void theProducerIsNeverMoreThanTheCapacityAhead() {
        AtomicInteger produced = new AtomicInteger();
        Integer ahead = system.spawn(() -> {
                    int most = 0;
                    try (Sequence<Integer> values = sequence(3, out -> {
                        for (int i = 0; i < 50; i++) {
                            out.emit(i);
                            produced.set(i + 1);
                        }
                    })) {
                        int taken = 0;
                        for (int _ : values) {
                            taken++;
                            sleepFor(Duration.ofNanos(1)); // the producer fills the buffer
                            most = Math.max(most, produced.get() - taken);
                        }
                    }
                    return most;
                })
                .join();
        assertThat(ahead).isEqualTo(3);
    }

    @Test
    void theFailureOfTheProducerComesAfterTheValuesBeforeItAndStays() {
        IllegalStateException broken = new IllegalStateException("broken");
        List<Object> seen = system.spawn(() -> {
                    List<Object> got = new ArrayList<>();
                    try (Sequence<Integer> values = sequence(8, out -> {
                        out.emit(1);
                        out.emit(2);
                        throw broken;
                    })) {
                        Iterator<Integer> iterator = values.iterator();
                        for (int i = 0; i < 4; i++) {
                            try {
                                got.add(iterator.next());
                            } catch (IllegalStateException e) {
                                got.add(e);
                            }
                        }
                    }
                    return got;
                })
                .join();
        assertThat(seen).containsExactly(1, 2, broken, broken);
    }

    @Test
    void theEndComesAfterTheChildrenOfTheProducer() {
        List<String> order = new ArrayList<>();
        system.spawn(() -> {
                    try (Sequence<Integer> values = sequence(
                            1,
                            _ -> spawn(() -> {
                                sleepFor(Duration.ofNanos(1));
                                order.add("child ended");
                            }))) {
                        assertThat(drain(values.iterator())).isEmpty();
                        order.add("sequence ended");
                    }
                })
                .join();
        assertThat(order).containsExactly("child ended", "sequence ended");
    }

    @Test
    void closingCancelsAProducerThatWaitsForRoom() {
        AtomicBoolean cancelled = new AtomicBoolean();
        system.spawn(() -> {
                    try (Sequence<Integer> values = endless(cancelled)) {
                        for (int value : values) {
                            if (value == 5) {
                                break;
                            }
                        }
                    }
                    sleepFor(Duration.ZERO); // the producer sees it before the function that has started it ends
                    assertThat(cancelled).isTrue();
                })
                .join();
    }

    private static Sequence<Integer> endless(AtomicBoolean cancelled) {
        return sequence(2, out -> {
            try {
                for (int i = 0; ; i++) {
                    out.emit(i);
                }
            } catch (CancelledException e) {
                cancelled.set(true);
                throw e;
            }
        });
    }

    @Test
    void theEndOfTheFunctionThatStartedItCancelsTheProducer() {
        AtomicBoolean cancelled = new AtomicBoolean();
        Integer first = system.spawn(() -> endless(cancelled).iterator().next()) // never closed
                .join();
        assertThat(first).isZero();
        assertThat(cancelled).isTrue();
    }

    @Test
    void aCancelledConsumerCancelsTheProducer() {
        AtomicBoolean cancelled = new AtomicBoolean();
        system.spawn(() -> {
                    Sequence<Integer> values = sequence(1, out -> {
                        try {
                            sleepFor(LONG);
                            out.emit(1);
                        } catch (CancelledException e) {
                            cancelled.set(true);
                            throw e;
                        }
                    });
                    Task<Void> consumer = spawn(() -> {
                        try (values) {
                            values.forEach(_ -> {});
                        }
                    });
                    sleepFor(Duration.ZERO); // both have begun
                    consumer.cancel();
                    assertThatThrownBy(() -> await(consumer)).isInstanceOf(CancelledException.class);
                    sleepFor(Duration.ZERO);
                    assertThat(cancelled).isTrue();
                })
                .join();
    }

    @Test
    void aDeadlineEndsTheWaitForAValue() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            try (Sequence<Integer> values = sequence(1, _ -> sleepFor(LONG))) {
                                return withTimeout(Duration.ofMillis(1), () -> drain(values.iterator()));
                            }
                        })
                        .join())
                .isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void aClosedSequenceGivesNoMoreValues() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            Sequence<Integer> values = numbers(4, 4);
                            Iterator<Integer> iterator = values.iterator();
                            iterator.next();
                            values.close();
                            values.close();
                            iterator.next();
                        })
                        .join())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "the sequence is closed: producer=/SequenceTest-function/SequenceTest-function; close it after"
                                + " the last value");
    }

    @Test
    void aSequenceCanBeIteratedOnce() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            Sequence<Integer> values = numbers(4, 4);
                            assertThat(values.iterator()).isNotNull();
                            assertThat(values.iterator()).isNull();
                        })
                        .join())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a sequence has one consumer: producer=/SequenceTest-function/SequenceTest-function; start"
                        + " another sequence, or let the one consumer hand the values on");
    }

    @Test
    void aSecondConsumerIsRefused() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            try (Sequence<Integer> values = numbers(4, 4)) {
                                Iterator<Integer> iterator = values.iterator();
                                iterator.next();
                                await(spawn(iterator::next));
                            }
                        })
                        .join())
                .isInstanceOf(ViolationException.class)
                .hasMessageContaining("a sequence has one consumer: consumer=/SequenceTest-function,"
                        + " refused=/SequenceTest-function/SequenceTest-function;");
    }

    @Test
    void anotherFunctionOfTheShardMayConsume() {
        assertThat(system.spawn(() -> {
                            try (Sequence<Integer> values = numbers(4, 40)) {
                                return await(spawn(() -> drain(values.iterator())));
                            }
                        })
                        .join())
                .hasSize(40);
    }

    @Test
    void aFunctionOfAnotherShardIsRefused() {
        ActorSystem two = open(2, limits -> limits);
        Gate gate = new Gate();
        Gate used = new Gate();
        List<Sequence<Integer>> shared = new ArrayList<>();
        two.spawn(() -> {
            shared.add(numbers(4, 4));
            gate.open();
            used.await();
        });
        Task<Void> other = two.spawn(() -> {
            gate.await();
            shared.getFirst().iterator().next();
        });
        assertThatThrownBy(other::join)
                .isInstanceOf(ViolationException.class)
                .hasMessageContaining(
                        "a sequence belongs to one shard: sequence's=test-shard-0," + " caller's=test-shard-1;");
        used.open();
    }

    @Test
    void onlyTheProducerEmits() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            try (Sequence<Integer> values = sequence(1, out -> await(spawn(() -> out.emit(1))))) {
                                values.forEach(_ -> {});
                            }
                        })
                        .join())
                .isInstanceOf(ViolationException.class)
                .hasMessageContaining("only the producer emits values:"
                        + " producer=/SequenceTest-function/SequenceTest-function,"
                        + " caller=/SequenceTest-function/SequenceTest-function/SequenceTest-function;");
    }

    @Test
    @SuppressWarnings("NullAway") // the mistake of the test
    void nullIsRefusedWhereItIsEmitted() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            try (Sequence<Integer> values = sequence(1, out -> out.emit(null))) {
                                values.forEach(_ -> {});
                            }
                        })
                        .join())
                .isInstanceOf(NullPointerException.class)
                .hasMessage("value");
    }

    @Test
    void aCapacityOutOfRangeIsRefused() {
        assertThatThrownBy(() -> system.spawn(() -> numbers(0, 1)).join())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("capacity is out of range: value=0, least=1, most=1048576");
    }

    @Test
    void theSlotOfTheProducerComesBack() {
        ActorSystem two = open(limits -> limits.withFunctionsPerShard(2));
        two.spawn(() -> {
                    for (int i = 0; i < 10; i++) {
                        try (Sequence<Integer> values = numbers(1, 3)) {
                            drain(values.iterator());
                        }
                    }
                })
                .join();
    }

    /// Random producers, consumers that leave at random places, nested sequences. `-Drouse.test.seed=N` runs one
    /// seed again.
    @RepeatedTest(4)
    void randomSequencesLoseAndRepeatNothing() {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        int functions = 200;
        ActorSystem stressed = open(2, limits -> limits.withFunctionsPerShard(functions));
        Random random = new Random(seed);
        List<Task<Void>> roots = new ArrayList<>();
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        for (int i = 0; i < 60; i++) {
            long rootSeed = random.nextLong();
            roots.add(stressed.spawn(() -> use(new Random(rootSeed), begun, ended, 2)));
            if (random.nextInt(5) == 0) {
                roots.get(random.nextInt(roots.size())).cancel();
            }
        }
        for (Task<Void> root : roots) {
            try {
                root.join();
            } catch (CancelledException | Broken _) {
                // one of the ends that a random function may come to
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed=" + seed, e);
            }
        }
        assertThat(ended).as("seed=" + seed).hasValue(begun.get());
        for (int shard = 0; shard < 2; shard++) {
            stressed.spawn(() -> {
                        List<Task<Void>> all = new ArrayList<>();
                        for (int i = 0; i < functions - 1; i++) {
                            all.add(spawn(() -> {}));
                        }
                        all.forEach(Rouse::await);
                    })
                    .join();
        }
    }

    private static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static void use(Random random, AtomicInteger begun, AtomicInteger ended, int depth) {
        int count = random.nextInt(100);
        int leaveAt = random.nextInt(3) == 0 ? random.nextInt(count + 1) : Integer.MAX_VALUE;
        boolean fails = random.nextInt(5) == 0;
        Random inside = new Random(random.nextLong());
        int expected = 0;
        try (Sequence<Integer> values = sequence(1 + random.nextInt(10), out -> {
            begun.incrementAndGet();
            try {
                for (int i = 0; i < count; i++) {
                    pause(inside);
                    if (depth > 0 && inside.nextInt(20) == 0) {
                        use(new Random(inside.nextLong()), begun, ended, depth - 1);
                    }
                    out.emit(i);
                }
                if (fails) {
                    throw new Broken();
                }
            } finally {
                ended.incrementAndGet();
            }
        })) {
            for (int value : values) {
                assertThat(value).isEqualTo(expected++);
                if (expected == leaveAt) {
                    return;
                }
                pause(random);
            }
            assertThat(expected).isEqualTo(count);
            assertThat(fails).isFalse();
        }
    }

    private static void pause(Random random) {
        switch (random.nextInt(10)) {
            case 0 -> sleepFor(Duration.ZERO);
            case 1 -> sleepFor(Duration.ofNanos(random.nextInt(100_000)));
            case 2 -> await(spawn(() -> {}));
            default -> {}
        }
    }

    @Test
    void aSequenceThatIsBeingPublishedWhileItWaitsForRoomHasItsConsumer() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(4));
        small.spawn(() -> {
                    Sequence<Integer> sequence = numbers(1, 1);
                    Gate gate = new Gate();
                    Task<Void> holds = spawn(gate::await);
                    Task<Void> second = spawn(() -> {
                        assertThatThrownBy(sequence::iterator).isInstanceOf(IllegalStateException.class);
                        assertThatThrownBy(sequence::publisher).isInstanceOf(IllegalStateException.class);
                        gate.open();
                    });
                    assertThat(sequence.publisher()).isNotNull(); // waits until one of them has ended
                    await(holds);
                    await(second);
                    sequence.close();
                })
                .join();
    }

    @Test
    void aSequenceThatCouldNotBePublishedMayBeIterated() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(2));
        List<Integer> taken = small.spawn(() -> {
                    Sequence<Integer> sequence = numbers(1, 3);
                    assertThatThrownBy(() -> withTimeout(Duration.ofMillis(5), sequence::publisher))
                            .isInstanceOf(DeadlineExceededException.class);
                    return drain(sequence.iterator());
                })
                .join();
        assertThat(taken).containsExactly(0, 1, 2);
    }
}
