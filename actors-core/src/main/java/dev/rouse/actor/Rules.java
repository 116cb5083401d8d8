package dev.rouse.actor;

import dev.rouse.dispatch.Shard;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// What one system does about [violations][Violation], how many there were, and who has been reported. Any thread.
final class Rules {
    /// The exit status of [ViolationPolicy#HALT]: "internal software error" of the BSD `sysexits`.
    static final int HALT_STATUS = 70;

    /// How long a process that is to halt waits for its last log line: a log handler may be stuck in what is
    /// wrong. A guess.
    private static final long LAST_WORDS_MILLIS = 1_000;

    private final Map<Violation, ViolationPolicy> policies;
    private final IntConsumer halt;
    private final System.Logger log;
    private final Map<Violation, LongAdder> counts = new EnumMap<>(Violation.class);
    private final Culprits culprits = new Culprits();

    /// @param policies what is not in it is as its default says
    /// @param halt ends the process with a status; a test's own may return
    Rules(System.Logger log, Map<Violation, ViolationPolicy> policies, IntConsumer halt) {
        this.policies = new EnumMap<>(Violation.class);
        this.halt = halt;
        this.log = log;
        for (Violation violation : Violation.values()) {
            this.policies.put(violation, policies.getOrDefault(violation, violation.defaultPolicy()));
            counts.put(violation, new LongAdder());
        }
    }

    ViolationPolicy policy(Violation violation) {
        return Objects.requireNonNull(policies.get(violation));
    }

    long count(Violation violation) {
        return counter(violation).sum();
    }

    /// For a violation at which the caller cannot go on. Returns what it is to throw.
    ViolationException refused(Violation violation, String what) {
        ViolationException refused = new ViolationException(violation, what);
        happened(violation, what, refused);
        return refused;
    }

    /// For a violation at which the caller can go on.
    ///
    /// @param culprit by what it is known; of each one the first report is logged
    /// @param broken thrown unless the policy is to report
    void broken(String culprit, ViolationException broken) {
        happened(broken.violation(), String.valueOf(broken.getMessage()), broken);
        if (policy(broken.violation()) != ViolationPolicy.REPORT) {
            throw broken;
        }
        if (culprits.isNew(broken.violation().code() + culprit)) {
            log(String.valueOf(broken.getMessage()), broken);
        }
    }

    /// For a violation that nobody is there to be given an exception for.
    ///
    /// @param culprit by what it is known; of each one the first report is logged
    /// @param why what the report shows a stack of
    void report(Violation violation, String culprit, String what, @Nullable Throwable why) {
        happened(violation, what, why);
        if (culprits.isNew(violation.code() + culprit)) {
            log(violation.message(what), why);
        }
    }

    /// For a failure that nobody awaits. Each is logged, since there is no other trace of it; at once, so not on a
    /// carrier.
    void unawaited(String path, Throwable failure) {
        happened(Violation.UNAWAITED_FAILURE, "a function failed and nobody awaited it: function=" + path, failure);
        SafeLog.log(
                log,
                Level.WARNING,
                Violation.UNAWAITED_FAILURE.message("a function failed and nobody awaited it: function=" + path),
                failure);
    }

    /// Every violation comes by here once.
    private void happened(Violation violation, String what, @Nullable Throwable why) {
        counter(violation).increment();
        Events.violated(violation.code(), what);
        if (policy(violation) == ViolationPolicy.HALT) {
            haltNow(violation, why);
        }
    }

    private LongAdder counter(Violation violation) {
        return Objects.requireNonNull(counts.get(violation));
    }

    private void log(String what, @Nullable Throwable why) {
        Shard here = Shard.current();
        if (here == null) {
            SafeLog.log(log, Level.WARNING, what, why);
        } else {
            here.report(log, Level.WARNING, what, why); // this may be its carrier
        }
    }

    /// Holds the calling thread until the process has ended.
    private void haltNow(Violation violation, @Nullable Throwable why) {
        Thread end = Thread.ofPlatform().daemon().name("rouse-halt").start(() -> {
            Thread lastWords = Thread.ofPlatform()
                    .daemon()
                    .name("rouse-last-words")
                    .start(() -> log.log(
                            Level.ERROR,
                            "halting the process: violation=" + violation.code() + ", rule=" + violation.rule(),
                            why));
            joinUninterrupted(lastWords, LAST_WORDS_MILLIS);
            halt.accept(HALT_STATUS);
        });
        joinUninterrupted(end, 0);
    }

    private static void joinUninterrupted(Thread thread, long atMostMillis) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join(atMostMillis);
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
