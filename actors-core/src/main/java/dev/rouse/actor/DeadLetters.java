package dev.rouse.actor;

import dev.rouse.dispatch.Clock;
import java.lang.StackWalker.StackFrame;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/// What reached nobody in one system: counts it, and has the listener and the log told. Any thread; never waits.
///
/// Listener and log are called by an executor of their own, one letter at a time: a carrier must not run what may
/// block, and where the letter arose may be a carrier. Under a conductor, which lets one thread run at a time, they are
/// called right where the letter arises. Their queue is bounded; what does not fit is counted only.
///
/// The log gets at most one line in [#LOG_INTERVAL_NANOS], with the number of those left out before it. To find the
/// sender's place in the code costs some microseconds, so it is looked for only where the letter is then told to the
/// listener or the log: at most as fast as those take them.
final class DeadLetters {
    /// A guess: one line a second can be read, and shows that it goes on.
    private static final long LOG_INTERVAL_NANOS = 1_000_000_000L;

    /// Letters that wait for the listener. A guess: some 100 KiB.
    private static final int WAITING = 1_024;

    /// Frames between a sender and its dead letter.
    private static final Set<String> OURS = Set.of(
            Recipient.class.getName(), DeadLetters.class.getName(), PendingSend.class.getName(), Ask.class.getName());

    private final Clock clock;
    private final System.Logger log;
    private final @Nullable Consumer<? super DeadLetter> listener;
    private final Executor teller;
    private final LongAdder count = new LongAdder();
    private final MpscAtomicArrayQueue<Letter> waiting = new MpscAtomicArrayQueue<>(WAITING);

    /// The length of the queue; who raises it from 0 starts to empty it, so that it has one consumer at a time.
    private final AtomicInteger size = new AtomicInteger();

    private final AtomicLong nextLogNanos;
    private final LongAdder leftOut = new LongAdder();

    /// @param leftOutBefore letters that the log was not told of since its last line; null when it is not told of
    ///     this
    private record Letter(DeadLetter letter, @Nullable Long leftOutBefore) {}

    DeadLetters(Clock clock, System.Logger log, @Nullable Consumer<? super DeadLetter> listener, Executor teller) {
        this.clock = clock;
        this.log = log;
        this.listener = listener;
        this.teller = teller;
        this.nextLogNanos = new AtomicLong(clock.nanoTime());
    }

    long count() {
        return count.sum();
    }

    /// A message that its sender, which calls this, gets rid of in vain.
    void atSender(Outcome<?> target, Object message, DeadLetter.Reason reason) {
        Cell sender = Cell.currentOrNull();
        add(
                target,
                message,
                reason,
                sender == null ? "thread " + Thread.currentThread().getName() : sender.path());
    }

    /// A message whose sender is not known any more.
    void add(Outcome<?> target, Object message, DeadLetter.Reason reason) {
        add(target, message, reason, null);
    }

    private void add(Outcome<?> target, Object message, DeadLetter.Reason reason, @Nullable String sender) {
        count.increment();
        Events.deadLetter(target, message, reason);
        boolean fits = size.get() < WAITING;
        boolean logged = fits && log.isLoggable(Level.INFO) && mayLog();
        if (!logged) {
            leftOut.increment();
        }
        if (!fits || (listener == null && !logged)) {
            return;
        }
        DeadLetter letter = new DeadLetter(message, target.path(), reason, sender, sender == null ? null : site());
        Long leftOutBefore = logged ? leftOut.sumThenReset() : null;
        if (!waiting.offer(new Letter(letter, leftOutBefore))) { // others have come at the same time
            leftOut.add(leftOutBefore == null ? 0 : leftOutBefore + 1);
            return;
        }
        if (size.getAndIncrement() == 0) {
            teller.execute(this::tellAll);
        }
    }

    private boolean mayLog() {
        long now = clock.nanoTime();
        long next = nextLogNanos.get();
        return now - next >= 0 && nextLogNanos.compareAndSet(next, now + LOG_INTERVAL_NANOS);
    }

    private static @Nullable StackTraceElement site() {
        return StackWalker.getInstance()
                .walk(frames -> frames.filter(frame -> !OURS.contains(frame.getClassName()))
                        .findFirst()
                        .map(StackFrame::toStackTraceElement)
                        .orElse(null));
    }

    private void tellAll() {
        do {
            Letter next = waiting.remove(); // there is one for each time that size was raised
            try {
                tell(next);
            } catch (Throwable e) {
                logFailure(next.letter(), e);
            }
        } while (size.decrementAndGet() > 0);
    }

    private void logFailure(DeadLetter letter, Throwable failure) {
        if (!mayLog()) {
            return; // it may fail at each of many letters
        }
        SafeLog.log(
                log, Level.ERROR, "the dead-letter listener failed and is told of the next letter: " + letter, failure);
    }

    /// Logs how many were left out since the last line. At the end of the system.
    void close() {
        long others = leftOut.sumThenReset();
        if (others > 0 && listener == null) {
            SafeLog.log(log, Level.INFO, "dead letters that were not logged: count=" + others, null);
        }
    }

    private void tell(Letter told) {
        Long others = told.leftOutBefore();
        if (others != null) {
            log.log(Level.INFO, told.letter() + (others == 0 ? "" : ", left out before=" + others));
        }
        if (listener != null) {
            listener.accept(told.letter());
        }
    }
}
