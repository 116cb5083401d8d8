package dev.rouse.actor;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// Many values, one after the other, from a function that emits them to the one who iterates: see [Rouse#sequence].
///
/// ```java
/// try (Sequence<Row> rows = sequence(64, out -> {
///     for (Page page = first(); page != null; page = await(page.next())) {
///         page.rows().forEach(out::emit);
///     }
/// })) {
///     for (Row row : rows) {
///         …
///     }
/// }
/// ```
///
/// The producer is a child function on the same shard, so values are handed over without atomics. It is suspended
/// while the buffer is full, and the consumer while it is empty. When the producer has ended, and its children have,
/// the iteration ends after the last value; when it has failed, the consumer gets its failure there. Order is kept, and
/// each value is seen once.
///
/// **Leaving.** [#close] cancels the producer, and so does the end of the function that has started the sequence: a
/// producer does not keep its parent waiting. Values that nobody has taken are dropped then. A failure is
/// reported as that of any function that nobody awaits, unless the consumer sees it: a function by its end, an actor by
/// the end of its turn. That of a producer which an actor has started, and nobody has begun to iterate, is reported at
/// once.
///
/// For functions on the shard of its producer only. One function consumes: the first that asks the iterator. It may be
/// another one than that which has started the sequence.
public final class Sequence<T> implements Iterable<T>, AutoCloseable {

    /// The body of the function that produces the values.
    @FunctionalInterface
    public interface Producer<T> {
        /// Runs the function.
        ///
        /// @throws Exception with which the sequence ends
        void run(Output<T> out) throws Exception;
    }

    /// Where the producer puts its values. For the producer's own function only, not for its children.
    @FunctionalInterface
    public interface Output<T> {
        /// Hands a value to the consumer; suspends while the buffer is full.
        ///
        /// @throws CancelledException if the consumer has left: let it unwind
        /// @throws DeadlineExceededException if a deadline around the producer has passed
        /// @throws ViolationException if the caller is not the producer
        void emit(T value);
    }

    private final int capacity;
    private final FunctionCell producer;
    private final ArrayDeque<T> buffer = new ArrayDeque<>(2);
    private final Signal room = new Signal();

    /// Fired when there is something new for the consumer: a value, the end, a demand of the subscriber.
    private final Signal news = new Signal();

    /// Who iterates, or sends the signals of the publisher.
    private @Nullable Cell consumer;

    private boolean iterated;
    private boolean published;
    private boolean closed;

    private Sequence(LocalSystem local, int capacity, Producer<T> body) {
        this.capacity = capacity;
        this.producer = new FunctionCell(local, new Body<>(this, body));
    }

    static <T> Sequence<T> start(int capacity, Producer<T> body) {
        if (capacity < 1 || capacity > Limits.MAX_MAILBOX) {
            throw new IllegalArgumentException(
                    "capacity is out of range: value=" + capacity + ", least=1, most=" + Limits.MAX_MAILBOX);
        }
        Objects.requireNonNull(body, "producer");
        Cell parent = Cell.current("sequence");
        Sequence<T> sequence = new Sequence<>(parent.local, capacity, body);
        sequence.producer.addWaiter(sequence.new ProducerEnd());
        parent.start(sequence.producer);
        return sequence;
    }

    // The producer's side.

    /// Known to [Cell#end]: what has such a body is stopped when its parent ends.
    record Body<T>(Sequence<T> sequence, Producer<T> producer) implements Callable<@Nullable Void> {
        @Override
        public @Nullable Void call() throws Exception {
            producer.run(sequence::emit);
            return null;
        }

        boolean endsWithParent() {
            return !sequence.published;
        }
    }

    private void emit(T value) {
        Objects.requireNonNull(value, "value");
        Cell cell = Cell.current("emit");
        if (!isProducer(cell)) {
            throw cell.local
                    .system
                    .rules()
                    .refused(
                            Violation.FOREIGN_TOUCH,
                            "only the producer emits values: producer=" + producer.path() + ", caller=" + cell.path());
        }
        cell.throwIfInterrupted();
        while (buffer.size() >= capacity) {
            room.await();
        }
        buffer.addLast(value);
        news.fire();
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private boolean isProducer(Cell cell) {
        return cell == producer;
    }

    /// Sees no failure itself: who consumes does, or reports it. Nothing is left to do once the shard has ended.
    private final class ProducerEnd implements Waiter {
        private boolean consumerKeeps;

        @Override
        public void onDone(Outcome<?> ended) {
            if (producer.local.shard.isCurrent()) {
                consumerKeeps = !closed && producer.failure() != null && consumer != null && consumer.keeps(producer);
                news.fire();
            }
        }

        @Override
        public boolean takes(Outcome<?> failed) {
            return consumerKeeps;
        }
    }

    // The consumer's side.

    /// The values, to be gone through once.
    ///
    /// @throws IllegalStateException if it was called before, or the sequence is published
    @Override
    public Iterator<T> iterator() {
        requireUnused();
        iterated = true;
        return new Values();
    }

    private void requireUnused() {
        if (iterated || published) {
            throw new IllegalStateException("a sequence has one consumer: producer=" + producer.path()
                    + "; start another sequence, or let the one consumer hand the values on");
        }
    }

    private final class Values implements Iterator<T> {

        /// Suspends until there is a value or the end; throws the failure of the producer, also when it is
        /// asked again.
        @Override
        public boolean hasNext() {
            Cell cell = Cell.current("hasNext");
            claim(cell);
            cell.throwIfInterrupted();
            while (buffer.isEmpty() && !producer.isDone()) {
                requireOpen();
                news.await();
            }
            requireOpen();
            if (buffer.isEmpty()) {
                producer.get(cell);
                return false;
            }
            return true;
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the sequence has ended: producer=" + producer.path());
            }
            return take();
        }
    }

    private T take() {
        T value = buffer.removeFirst();
        room.fire();
        return value;
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private void claim(Cell cell) {
        if (consumer == null) {
            requireHere(cell);
            consumer = cell;
        } else if (consumer != cell) {
            throw cell.local
                    .system
                    .rules()
                    .refused(
                            Violation.SECOND_WAITER,
                            "a sequence has one consumer: consumer=" + consumer.path() + ", refused=" + cell.path());
        }
    }

    private void requireHere(Cell cell) {
        if (cell.local.shard != producer.local.shard) {
            throw cell.local
                    .system
                    .rules()
                    .refused(
                            Violation.FOREIGN_TOUCH,
                            "a sequence belongs to one shard: sequence's=" + producer.local.shard + ", caller's="
                                    + cell.local.shard);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(
                    "the sequence is closed: producer=" + producer.path() + "; close it after the last value");
        }
    }

    /// Cancels the producer and drops the values that nobody has taken. Returns at once: the producer ends before
    /// the function that has started it does. Does nothing when it has ended, or the second time.
    @Override
    public void close() {
        requireHere(Cell.current("close"));
        if (closed) {
            return;
        }
        leave();
        if (producer.isDone()) {
            producer.reportUnlessObserved();
        }
    }

    /// Closes it, also where no function runs: never blocks. A failure of the producer is left to who keeps it.
    void leave() {
        closed = true;
        buffer.clear();
        news.fire();
        if (!producer.isDone()) {
            producer.cancelLocally();
        }
    }

    // As a publisher.

    /// A view of the values as a `Flow.Publisher`, for one subscriber on any thread, in place of [#iterator].
    ///
    /// It keeps the rules of Reactive Streams that are in the documentation of `Flow`: signals come one after the
    /// other, values only as far as they were requested, then exactly one end or failure. They are sent by a
    /// function on this shard, so a subscriber that blocks holds up nobody else where the JVM flag is set, and the
    /// whole shard where it is not. A second subscriber is refused by `onError`. Cancelling the subscription closes
    /// the sequence, and so does a subscriber that throws; closing the sequence ends the subscription with a
    /// failure.
    ///
    /// The function that has started the sequence ends only when the subscription has: without a subscriber it
    /// waits for one until it is cancelled or the sequence closed.
    ///
    /// @throws IllegalStateException if it was called before, or the sequence is iterated
    /// Waits as [Rouse#spawn] does while there is no room on the shard for the function that sends the signals.
    ///
    /// @throws LimitExceededException if there would never be room
    public Flow.Publisher<T> publisher() {
        Cell cell = Cell.current("publisher");
        requireHere(cell);
        requireUnused();
        requireOpen();
        SequencePublisher<T> publisher = new SequencePublisher<>(this, producer.local);
        published = true; // first: to start it may suspend, and let another one in
        boolean started = false;
        try {
            consumer = publisher.start(cell);
            started = true;
        } finally {
            published = started;
        }
        return publisher;
    }

    // Called by the function that sends the signals.

    Signal news() {
        return news;
    }

    boolean isClosed() {
        return closed;
    }

    boolean hasValue() {
        return !buffer.isEmpty();
    }

    boolean hasEnded() {
        return closed || (buffer.isEmpty() && producer.isDone());
    }

    /// The next value; there must be one.
    T takeValue() {
        return take();
    }

    /// Returns if the producer has succeeded, throws its failure, or says that the sequence was closed.
    void requireSuccess(Cell cell) {
        if (closed) {
            throw new CancelledException("the sequence was closed: producer=" + producer.path());
        }
        producer.get(cell);
    }
}
