package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sequence;
import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/// The rules of Reactive Streams for a publisher and its subscription; §n.m is the number of the rule in the
/// specification, version 1.0.4.
class SequencePublisherTest extends SystemTest {
    private final List<Task<?>> started = new ArrayList<>();

    private Flow.Publisher<Integer> publisher(Sequence.Producer<Integer> producer) {
        return publisher(system, producer);
    }

    private Flow.Publisher<Integer> publisher(ActorSystem owner, Sequence.Producer<Integer> producer) {
        CompletableFuture<Flow.Publisher<Integer>> published = new CompletableFuture<>();
        started.add(owner.spawn(() -> {
            published.complete(sequence(4, producer).publisher());
        }));
        return published.join();
    }

    private Flow.Publisher<Integer> numbers(int count) {
        return publisher(out -> {
            for (int i = 0; i < count; i++) {
                out.emit(i);
            }
        });
    }

    private static final class Recorder implements Flow.Subscriber<Integer> {
        final List<String> signals = Collections.synchronizedList(new ArrayList<>());
        final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        final CompletableFuture<String> end = new CompletableFuture<>();
        private final AtomicBoolean inSignal = new AtomicBoolean();
        private Consumer<Flow.Subscription> onSubscribe = _ -> {};
        private Consumer<Integer> onNext = _ -> {};

        Recorder onSubscribe(Consumer<Flow.Subscription> action) {
            onSubscribe = action;
            return this;
        }

        Recorder onNext(Consumer<Integer> action) {
            onNext = action;
            return this;
        }

        Flow.Subscription given() {
            return subscription.join();
        }

        private void signal(String name, Runnable action) {
            if (!inSignal.compareAndSet(false, true)) {
                signals.add("two signals at once");
            }
            signals.add(name);
            try {
                action.run();
            } finally {
                inSignal.set(false);
            }
        }

        @Override
        public void onSubscribe(Flow.Subscription s) {
            signal("subscribed", () -> {
                subscription.complete(s);
                onSubscribe.accept(s);
            });
        }

        @Override
        public void onNext(Integer item) {
            signal(item.toString(), () -> onNext.accept(item));
        }

        @Override
        public void onError(Throwable e) {
            signal("failed", () -> end.complete(e.getClass().getSimpleName() + ": " + e.getMessage()));
        }

        @Override
        public void onComplete() {
            signal("completed", () -> end.complete("completed"));
        }
    }

    /// Waits until all that the functions do at once is done; then none of them is awaited any more.
    private void settle() {
        for (int i = 0; i < 3; i++) {
            system.spawn(() -> sleepFor(Duration.ZERO)).join();
        }
    }

    private void assertEnded() {
        started.forEach(task -> {
            try {
                task.join();
            } catch (RuntimeException _) {
                // also an end
            }
        });
    }

    /// §1.1
    @Test
    void valuesComeOnlyAsFarAsTheyWereRequested() {
        Recorder recorder = new Recorder();
        numbers(5).subscribe(recorder);
        Flow.Subscription subscription = recorder.given();
        settle();
        assertThat(recorder.signals).containsExactly("subscribed");
        subscription.request(2);
        Awaitility.await().until(() -> recorder.signals.size() == 3);
        settle();
        assertThat(recorder.signals).containsExactly("subscribed", "0", "1");
        subscription.request(3);
        assertThat(recorder.end.join()).isEqualTo("completed");
        assertThat(recorder.signals).containsExactly("subscribed", "0", "1", "2", "3", "4", "completed");
        assertEnded();
    }

    /// §1.5
    @Test
    void anEmptySequenceCompletesWithoutARequest() {
        Recorder recorder = new Recorder();
        numbers(0).subscribe(recorder);
        assertThat(recorder.end.join()).isEqualTo("completed");
        assertThat(recorder.signals).containsExactly("subscribed", "completed");
        assertEnded();
    }

    /// §1.4
    @Test
    void aFailureOfTheProducerIsSignalledAfterTheValuesBeforeIt() {
        Recorder recorder = new Recorder().onSubscribe(s -> s.request(10));
        publisher(out -> {
                    out.emit(7);
                    throw new IllegalStateException("broken");
                })
                .subscribe(recorder);
        assertThat(recorder.end.join()).isEqualTo("IllegalStateException: broken");
        assertThat(recorder.signals).containsExactly("subscribed", "7", "failed");
        assertEnded();
    }

    /// §1.9
    @Test
    void aNullSubscriberIsRefused() {
        Flow.Publisher<Integer> publisher = numbers(1);
        assertThatThrownBy(() -> publisher.subscribe(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("subscriber");
    }

    /// §1.9, §1.10: it is given a subscription first.
    @Test
    void aSecondSubscriberIsRefused() {
        Flow.Publisher<Integer> publisher = numbers(1);
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        publisher.subscribe(first);
        publisher.subscribe(second);
        assertThat(second.end.join())
                .isEqualTo("IllegalStateException: a sequence has one subscriber: refused=" + Recorder.class.getName()
                        + "; start another sequence, or let the one subscriber hand the values on");
        assertThat(second.signals).containsExactly("subscribed", "failed");
        second.given().request(1);
        second.given().cancel();
        first.given().request(1);
        assertThat(first.end.join()).isEqualTo("completed");
    }

    /// §3.2, §3.3: from within a signal, and without recursion, which would overflow the stack.
    @Test
    void aSubscriberMayRequestFromWithinEachSignal() {
        Recorder recorder = new Recorder().onSubscribe(s -> s.request(1));
        recorder.onNext(_ -> recorder.given().request(1));
        numbers(100_000).subscribe(recorder);
        assertThat(recorder.end.join()).isEqualTo("completed");
        assertThat(recorder.signals).hasSize(100_002);
    }

    /// §3.5, §3.6, §3.7
    @Test
    void aCancelledSubscriptionSignalsNothingMoreAndCancelsTheProducer() {
        AtomicBoolean cancelled = new AtomicBoolean();
        Recorder recorder = new Recorder();
        publisher(out -> {
                    try {
                        for (int i = 0; ; i++) {
                            out.emit(i);
                        }
                    } catch (CancelledException e) {
                        cancelled.set(true);
                        throw e;
                    }
                })
                .subscribe(recorder);
        recorder.onNext(_ -> {
            recorder.given().cancel();
            recorder.given().cancel();
        });
        recorder.given().request(100);
        assertEnded();
        recorder.given().request(1);
        recorder.given().request(-1);
        settle();
        assertThat(recorder.signals).containsExactly("subscribed", "0");
        assertThat(cancelled).isTrue();
    }

    @Test
    void cancellingReachesAProducerThatEmitsNothing() {
        Recorder recorder = new Recorder().onSubscribe(s -> s.request(1));
        publisher(_ -> sleepFor(Duration.ofHours(1))).subscribe(recorder);
        Flow.Subscription subscription = recorder.given();
        settle(); // who sends the signals waits
        subscription.cancel();
        assertEnded();
        assertThat(recorder.signals).containsExactly("subscribed");
    }

    /// §3.9
    @Test
    void aRequestThatIsNotAboveZeroEndsTheSubscriptionWithAFailure() {
        for (long wrong : List.of(0L, -1L, Long.MIN_VALUE)) {
            Recorder recorder = new Recorder();
            numbers(9).subscribe(recorder);
            recorder.given().request(wrong);
            assertThat(recorder.end.join())
                    .isEqualTo("IllegalArgumentException: a request must be above zero: requested=" + wrong
                            + " (Flow.Subscription.request)");
            assertEnded();
        }
    }

    /// §3.17
    @Test
    void requestsAddUpToUnbounded() {
        Recorder recorder = new Recorder();
        numbers(20).subscribe(recorder);
        recorder.given().request(Long.MAX_VALUE);
        recorder.given().request(Long.MAX_VALUE);
        recorder.given().request(1);
        assertThat(recorder.end.join()).isEqualTo("completed");
        assertThat(recorder.signals).hasSize(22);
    }

    /// §2.13: such a subscriber breaks the rules; it gets nothing more.
    @Test
    void aSubscriberThatThrowsIsSentNothingMoreAndTheProducerIsCancelled() {
        Recorder recorder = new Recorder().onSubscribe(s -> s.request(5)).onNext(_ -> {
            throw new IllegalStateException("broken subscriber");
        });
        numbers(9).subscribe(recorder);
        recorder.given();
        assertEnded();
        assertThat(recorder.signals).containsExactly("subscribed", "0");
    }

    @Test
    void closingTheSequenceEndsTheSubscriptionWithAFailure() {
        Recorder recorder = new Recorder();
        system.spawn(() -> {
                    try (Sequence<Integer> values = sequence(1, out -> out.emit(1))) {
                        values.publisher().subscribe(recorder);
                        await(recorder.subscription);
                    }
                })
                .join();
        assertThat(recorder.end.join()).startsWith("CancelledException: the sequence was closed: producer=/");
    }

    @Test
    void cancellingTheFunctionEndsTheSubscriptionWithAFailure() {
        Recorder recorder = new Recorder();
        numbers(9).subscribe(recorder);
        recorder.given();
        started.getFirst().cancel();
        assertThat(recorder.end.join()).startsWith("CancelledException: cancelled: path=");
        assertEnded();
        assertThat(recorder.signals).containsExactly("subscribed", "failed");
    }

    @Test
    void whoSubscribesAfterTheEndIsToldSo() {
        Flow.Publisher<Integer> publisher = numbers(9);
        started.getFirst().cancel();
        assertEnded();
        Recorder recorder = new Recorder();
        publisher.subscribe(recorder);
        assertThat(recorder.end.join())
                .isEqualTo("CancelledException: the sequence had ended before it was subscribed to");
        assertThat(recorder.signals).containsExactly("subscribed", "failed");
    }

    @Test
    void aSequenceIsIteratedOrPublished() {
        assertThatThrownBy(() -> system.spawn(() -> {
                            try (Sequence<Integer> values = sequence(1, out -> out.emit(1))) {
                                values.publisher();
                                assertThat(values.iterator()).isNull();
                            }
                        })
                        .join())
                .hasMessageStartingWith("a sequence has one consumer: producer=");
        assertThatThrownBy(() -> system.spawn(() -> {
                            try (Sequence<Integer> values = sequence(1, out -> out.emit(1))) {
                                assertThat(values.iterator()).isNotNull();
                                values.publisher();
                            }
                        })
                        .join())
                .hasMessageStartingWith("a sequence has one consumer: producer=");
    }

    /// §1.3 and all the others, with requests and cancellations from several threads. `-Drouse.test.seed=N` runs
    /// one seed again.
    @RepeatedTest(4)
    void randomSubscribersGetEachValueOnceInOrderAndOneEnd() {
        long seed = Long.getLong("rouse.test.seed", System.nanoTime());
        Random random = new Random(seed);
        ActorSystem two = open(2, limits -> limits);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < 40; round++) {
                int count = random.nextInt(300);
                boolean cancels = random.nextInt(4) == 0;
                AtomicInteger requested = new AtomicInteger();
                Recorder recorder = new Recorder();
                publisher(two, out -> {
                            for (int i = 0; i < count; i++) {
                                if (i % 7 == 0) {
                                    sleepFor(Duration.ZERO);
                                }
                                out.emit(i);
                            }
                        })
                        .subscribe(recorder);
                List<CompletableFuture<Void>> requesters = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    int share = i == 0 ? count / 2 : count - count / 2; // not one more than there are
                    long requesterSeed = random.nextLong();
                    requesters.add(CompletableFuture.runAsync(
                            () -> request(recorder, share, cancels, requested, new Random(requesterSeed)), threads));
                }
                requesters.forEach(CompletableFuture::join);
                if (!cancels) {
                    assertThat(recorder.end.join()).as("seed=" + seed).isEqualTo("completed");
                }
                started.getLast().join();
                List<String> expected = new ArrayList<>(List.of("subscribed"));
                IntStream.range(0, count).mapToObj(Integer::toString).forEach(expected::add);
                expected.add("completed");
                List<String> signals = List.copyOf(recorder.signals);
                assertThat(signals).as("seed=" + seed).isEqualTo(expected.subList(0, signals.size()));
                assertThat(signals.size()).as("seed=" + seed).isLessThanOrEqualTo(requested.get() + 2);
            }
        }
    }

    private static void request(Recorder recorder, int share, boolean cancels, AtomicInteger requested, Random random) {
        Flow.Subscription subscription = recorder.given();
        int most = cancels ? share / 2 : share;
        for (int have = 0; have < most; ) {
            int n = Math.min(1 + random.nextInt(20), most - have);
            requested.addAndGet(n);
            subscription.request(n);
            have += n;
        }
        if (cancels) {
            subscription.cancel();
        }
    }

    /// A virtual thread would live on the shard, which may be about to end.
    @Test
    void aSubscriberThatThePublisherNeverTookIsToldOutsideTheShard() {
        CompletableFuture<Boolean> virtual = new CompletableFuture<>();
        Recorder late = new Recorder()
                .onSubscribe(_ -> virtual.complete(Thread.currentThread().isVirtual()));
        system.spawn(() -> {
                    sequence(1, (Sequence.Output<Integer> out) -> out.emit(1))
                            .publisher()
                            .subscribe(late);
                    Objects.requireNonNull(Cell.current("test").firstChild()).cancel(); // it has not begun
                })
                .join();
        assertThat(virtual.join()).isFalse();
        assertThat(late.end.join()).isEqualTo("CancelledException: the sequence had ended before it was subscribed to");
    }
}
