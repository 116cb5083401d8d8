package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.awaitAny;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// awaitAll and awaitAny.
class AwaitAllTest extends SystemTest {
    private static final Duration LONG = Duration.ofHours(1);

    @Test
    void awaitAllKeepsTheOrderOfTheTasksWhateverTheOrderOfTheirEnds() {
        Task<List<Integer>> task = system.spawn(() -> {
            List<Gate> gates = IntStream.range(0, 100).mapToObj(_ -> new Gate()).toList();
            List<Task<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                int value = i;
                tasks.add(spawn(() -> {
                    gates.get(value).await();
                    return value;
                }));
            }
            spawn(() -> gates.reversed().forEach(Gate::open));
            return awaitAll(tasks);
        });
        assertThat(task.join())
                .containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void awaitAllOfNothingIsAnEmptyList() {
        assertThat(system.spawn(() -> awaitAll(List.<Task<Integer>>of())).join())
                .isEmpty();
    }

    @Test
    void awaitAllResumesTheFunctionOnce() {
        Task<Integer> task = system.spawn(() -> {
            CountingCell counting = new CountingCell();
            List<Task<Void>> tasks = IntStream.range(0, 50)
                    .mapToObj(_ -> spawn(() -> sleepFor(Duration.ofNanos(1))))
                    .toList();
            for (Task<Void> each : tasks) {
                ((Outcome<?>) each).addWaiter(counting);
            }
            awaitAll(tasks);
            return counting.done;
        });
        assertThat(task.join()).isEqualTo(50); // all were done by the one time it went on
    }

    private static final class CountingCell implements Waiter {
        private int done;

        @Override
        public void onDone(Outcome<?> outcome) {
            done++;
        }
    }

    @Test
    void theFirstFailureCancelsTheOthersAndIsThrown() {
        AtomicInteger cancelled = new AtomicInteger();
        Task<List<Object>> task = system.spawn(() -> awaitAll(List.of(
                spawn(() -> {
                    try {
                        sleepFor(LONG);
                        return null;
                    } finally {
                        cancelled.incrementAndGet();
                    }
                }),
                spawn(() -> {
                    sleepFor(Duration.ofNanos(1));
                    throw new IllegalStateException("broken");
                }))));
        assertThatThrownBy(task::join).hasMessage("broken");
        assertThat(cancelled).hasValue(1);
    }

    @Test
    void aFailureThatIsThereAlreadyIsThrownWithoutWaiting() {
        Task<List<Object>> task = system.spawn(() -> {
            Task<Object> failed = spawn(() -> {
                throw new IllegalStateException("broken");
            });
            Task<Object> pending = spawn(() -> {
                sleepFor(LONG);
                return null;
            });
            sleepFor(Duration.ofNanos(1));
            return awaitAll(List.of(pending, failed));
        });
        assertThatThrownBy(task::join).hasMessage("broken");
    }

    @Test
    void theSameTaskMayBeAwaitedTwiceInOneAwaitAll() {
        Task<List<Integer>> task = system.spawn(() -> {
            Task<Integer> child = spawn(() -> 3);
            return awaitAll(List.of(child, child));
        });
        assertThat(task.join()).containsExactly(3, 3);
    }

    @Test
    void awaitAllWaitsForTasksOfSeveralShards() {
        ActorSystem four = open(4, limits -> limits);
        Gate gate = new Gate();
        List<Task<Integer>> roots = IntStream.range(0, 16)
                .mapToObj(i -> four.spawn(() -> {
                    gate.await();
                    return i;
                }))
                .toList();
        Task<List<Integer>> all = four.spawn(() -> awaitAll(roots));
        gate.open();
        assertThat(all.join())
                .containsExactlyElementsOf(IntStream.range(0, 16).boxed().toList());
    }

    @Test
    void awaitAnyReturnsTheFirstAndCancelsTheOthers() {
        AtomicInteger cancelled = new AtomicInteger();
        Task<String> task = system.spawn(() -> awaitAny(List.of(
                spawn(() -> {
                    try {
                        sleepFor(LONG);
                        return "slow";
                    } finally {
                        cancelled.incrementAndGet();
                    }
                }),
                spawn(() -> {
                    sleepFor(Duration.ofNanos(1));
                    return "fast";
                }))));
        assertThat(task.join()).isEqualTo("fast");
        assertThat(cancelled).hasValue(1);
    }

    @Test
    void awaitAnyThrowsWhenTheFirstHasFailed() {
        Task<String> task = system.spawn(() -> awaitAny(List.of(
                spawn(() -> {
                    sleepFor(LONG);
                    return "slow";
                }),
                spawn(() -> {
                    throw new IllegalStateException("broken");
                }))));
        assertThatThrownBy(task::join).hasMessage("broken");
    }

    @Test
    void awaitAnyTakesTheFirstInOrderOfThoseThatHaveEnded() {
        Task<Integer> task = system.spawn(() -> {
            List<Task<Integer>> tasks = List.of(spawn(() -> 1), spawn(() -> 2));
            sleepFor(Duration.ofNanos(1));
            return awaitAny(tasks);
        });
        assertThat(task.join()).isEqualTo(1);
    }

    @Test
    void awaitAnyCancelsLosersOfOtherShards() {
        ActorSystem two = open(2, limits -> limits);
        Task<String> slow = two.spawn(() -> {
            sleepFor(LONG);
            return "slow";
        });
        Task<String> winner = two.spawn(() -> awaitAny(List.of(slow, spawn(() -> "fast"))));
        assertThat(winner.join()).isEqualTo("fast");
        assertThatThrownBy(slow::join).isInstanceOf(CancelledException.class);
    }

    @Test
    void awaitAnyOfNothingIsRefused() {
        Task<String> task = system.spawn(() -> awaitAny(List.<Task<String>>of()));
        assertThatThrownBy(task::join)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("awaitAny needs at least one task; it would wait forever");
    }

    @Test
    void aFunctionThatAwaitsItselfAmongOthersIsRefused() {
        Task<Void> task = system.spawn(() -> {
            Task<Object> mine = Cell.current("test");
            awaitAll(List.of(spawn(() -> null), mine));
        });
        assertThatThrownBy(task::join)
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V02 a function awaited itself: path=/AwaitAllTest");
    }

    @Test
    void aBoundedFanOutRunsAtMostSoManyAtOnceAndKeepsTheOrder() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Integer> items = IntStream.range(0, 100).boxed().toList();
        Task<List<Integer>> task = system.spawn(() -> awaitAll(items, 7, item -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            sleepFor(Duration.ofNanos(1));
            running.decrementAndGet();
            return item * 2;
        }));
        assertThat(task.join())
                .containsExactlyElementsOf(items.stream().map(i -> i * 2).toList());
        assertThat(most).hasValue(7);
    }

    @Test
    void aBoundedFanOutStopsAtTheFirstFailureEvenIfNothingSuspends() {
        AtomicInteger applied = new AtomicInteger();
        List<Integer> items = IntStream.range(0, 100).boxed().toList();
        Task<List<Integer>> task = system.spawn(() -> awaitAll(items, 4, item -> {
            applied.incrementAndGet();
            if (item == 10) {
                throw new IllegalStateException("broken");
            }
            return item;
        }));
        assertThatThrownBy(task::join).hasMessage("broken");
        assertThat(applied).hasValue(11);
    }

    @Test
    void aBoundedFanOutMakesDoWithTheRoomThatThereIs() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(3));
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Task<List<Integer>> task = small.spawn(() -> awaitAll(List.of(1, 2, 3, 4), 4, item -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            sleepFor(Duration.ofNanos(1));
            running.decrementAndGet();
            return item;
        }));
        assertThat(task.join()).containsExactly(1, 2, 3, 4);
        assertThat(most).hasValue(2);
    }

    @Test
    void aFanOutOfNoneAtOnceIsRefused() {
        assertThatThrownBy(() -> system.spawn(() -> awaitAll(List.of(1), 0, item -> item))
                        .join())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("atOnce is out of range: value=0, least=1");
    }

    @Test
    void aResultThatIsNullIsKept() {
        Task<List<Object>> task = system.spawn(() -> awaitAll(List.of(spawn(() -> null), spawn(() -> 1))));
        assertThat(task.join()).containsExactly(null, 1);
        assertThat(await0()).isNull();
    }

    private Object await0() {
        return system.spawn(() -> await(spawn(() -> null))).join();
    }
}
