package dev.rouse.actor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;

/// What becomes of an actor that fails, as its parent wants it: given to the child with
/// [ActorOptions#withSupervision]. Immutable; one value may serve any number of actors, and each counts for itself.
///
/// ```java
/// Supervision.restart()
///         .atMost(5, Duration.ofSeconds(10))
///         .backoff(Duration.ofMillis(50), Duration.ofSeconds(5))
///         .on(IllegalArgumentException.class, Decision.RESUME)
///         .on(IOException.class, Decision.ESCALATE)
/// ```
///
/// An actor fails when its behaviour throws: in `receive`, `onStart` or `onStop`, in its supplier, or in the body of a
/// direct-style actor. The failure is logged once, with what was decided; of an actor that fails again and again, at
/// most one line in [#LOG_INTERVAL], with the number of those left out. The message that has failed is not delivered
/// again, and an ask that it carried fails at once with the reason.
///
/// **Errors.** An [Error] stops the actor, whatever the value says, unless a rule names its type or one between it and
/// `Error`; such a rule cannot resume. A rule for `Throwable` is one for exceptions.
///
/// **Starting.** What has failed in the supplier or `onStart` has no state to keep: to resume it is to stop it.
///
/// **Budget.** Each restart counts, whether what it started has failed at once or later. The failure after the last
/// restart that the budget allows stops the actor, or escalates: see [#orEscalate].
///
/// The model is that of Erlang/OTP's supervisors, but for two things: the decision is per child, and the waiting time
/// before a restart grows.
public final class Supervision {
    /// Least time between two log lines about failures of one actor that goes on. A guess: it can be read.
    static final Duration LOG_INTERVAL = Duration.ofSeconds(1);

    /// The most restarts that a budget may allow within its window: the times of all of them are kept.
    static final int MOST_RESTARTS = 1_000;

    /// The least waiting time before a restart, so that no budget makes a crash loop a busy loop. The resolution of
    /// timers.
    static final Duration LEAST_BACKOFF = Duration.ofMillis(1);

    /// Ten restarts in a minute, after 10 ms and up to 10 s. Guesses: a fault that lasts seconds is outlived, one
    /// that lasts is given up within some 10 s.
    private static final Supervision DEFAULT = new Supervision(
            Decision.STOP,
            List.of(),
            Scope.ONE,
            new Budget(10, Duration.ofMinutes(1)),
            new Backoff(Duration.ofMillis(10), Duration.ofSeconds(10)),
            Decision.STOP);

    /// What is done about a failure.
    public enum Decision {
        /// The actor keeps its state and goes on with the next message. Not for direct-style actors, whose
        /// state is the stack that the failure has unwound.
        RESUME,

        /// The actor starts anew: its supplier is called, or its body run, again. The reference and the
        /// messages in the mailbox stay; children, timers and watches end.
        RESTART,

        /// The actor stops.
        STOP,

        /// The actor stops and its parent fails: a function is cancelled, and its task fails with the same
        /// failure, also when its own work was done and it waited for its children; for an actor, its own
        /// supervision decides, by the type of the child's failure. A root actor has no parent and just stops.
        ESCALATE
    }

    /// Which actors of the same parent restart together.
    enum Scope {
        ONE,
        ALL,
        REST
    }

    private record Rule(Class<? extends Throwable> type, Decision decision) {
        boolean fits(Throwable failure) {
            return type.isInstance(failure) && (!(failure instanceof Error) || Error.class.isAssignableFrom(type));
        }
    }

    private record Budget(int restarts, Duration within) {}

    private record Backoff(Duration first, Duration most) {}

    private final Decision decision;
    private final List<Rule> rules;
    private final Scope scope;
    private final Budget budget;
    private final Backoff backoff;
    private final Decision whenSpent;

    private Supervision(
            Decision decision, List<Rule> rules, Scope scope, Budget budget, Backoff backoff, Decision whenSpent) {
        this.decision = decision;
        this.rules = rules;
        this.scope = scope;
        this.budget = budget;
        this.backoff = backoff;
        this.whenSpent = whenSpent;
    }

    /// Stops an actor that fails: what actors have that are given no other.
    public static Supervision stop() {
        return DEFAULT;
    }

    /// Restarts an actor that fails, at most 10 times within a minute, after 10 ms and up to 10 s.
    public static Supervision restart() {
        return of(Decision.RESTART);
    }

    /// Goes on with the next message after an exception.
    public static Supervision resume() {
        return of(Decision.RESUME);
    }

    /// Stops an actor that fails, and fails its parent.
    public static Supervision escalate() {
        return of(Decision.ESCALATE);
    }

    private static Supervision of(Decision decision) {
        return new Supervision(
                decision, DEFAULT.rules, DEFAULT.scope, DEFAULT.budget, DEFAULT.backoff, DEFAULT.whenSpent);
    }

    /// Decides otherwise for failures of this type. As with `catch` clauses, the first rule that fits counts.
    ///
    /// @throws IllegalArgumentException if an earlier rule covers the type already, or if an `Error` were resumed
    public Supervision on(Class<? extends Throwable> type, Decision otherwise) {
        Objects.requireNonNull(otherwise, "otherwise");
        if (otherwise == Decision.RESUME && Error.class.isAssignableFrom(type)) {
            throw new IllegalArgumentException("an error cannot be resumed: type=" + type.getName()
                    + "; the state that it has left cannot be trusted, choose RESTART, STOP or ESCALATE");
        }
        for (Rule rule : rules) {
            if (rule.type.isAssignableFrom(type)) {
                throw new IllegalArgumentException("the rule would never be used: type=" + type.getName()
                        + ", covered by=" + rule.type.getName() + "; put the narrower type first");
            }
        }
        List<Rule> more = new ArrayList<>(rules);
        more.add(new Rule(type, otherwise));
        return new Supervision(decision, List.copyOf(more), scope, budget, backoff, whenSpent);
    }

    /// The budget: so many restarts within any period of that length.
    ///
    /// @param times 1 to 1,000
    /// @throws IllegalArgumentException if `times` is out of range or `period` is not above zero
    public Supervision atMost(int times, Duration period) {
        if (times < 1 || times > MOST_RESTARTS) {
            throw new IllegalArgumentException(
                    "restarts is out of range: value=" + times + ", least=1, most=" + MOST_RESTARTS);
        }
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("period must be above zero: value=" + period);
        }
        return new Supervision(decision, rules, scope, new Budget(times, period), backoff, whenSpent);
    }

    /// How long an actor waits before it restarts, while its messages wait in the mailbox: at first at most
    /// `first`, then twice as long each time, up to `most`; from the beginning again once it has run for longer
    /// than the budget's period without a failure. Each wait is shortened at random by up to a half, so that actors
    /// which failed together do not come back together.
    ///
    /// A wait that grows as long as the budget's period keeps the budget from being spent: such an actor tries for
    /// good, at that pace.
    ///
    /// @throws IllegalArgumentException if `first` is below 1 ms, or above `most`
    public Supervision backoff(Duration first, Duration most) {
        if (first.compareTo(LEAST_BACKOFF) < 0 || first.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    "backoff is out of range: first=" + first + ", most=" + most + ", least=" + LEAST_BACKOFF);
        }
        return new Supervision(decision, rules, scope, budget, new Backoff(first, most), whenSpent);
    }

    /// When the budget is spent, escalates instead of stopping the actor.
    public Supervision orEscalate() {
        return new Supervision(decision, rules, scope, budget, backoff, Decision.ESCALATE);
    }

    /// A restart is one of all child actors of the same parent: all are stopped, the newest first, and then started
    /// in the order in which they were started at first. One that is busy is cancelled, as [ActorRef#stop] does,
    /// and its cleanup may wait likewise.
    public Supervision oneForAll() {
        return scoped(Scope.ALL);
    }

    /// As [#oneForAll], for the actor that has failed and those that the same parent has started after it.
    public Supervision restForOne() {
        return scoped(Scope.REST);
    }

    private Supervision scoped(Scope together) {
        return new Supervision(decision, rules, together, budget, backoff, whenSpent);
    }

    // Called by the actor.

    Scope scope() {
        return scope;
    }

    int restarts() {
        return budget.restarts;
    }

    Duration within() {
        return budget.within;
    }

    Decision whenSpent() {
        return whenSpent;
    }

    /// Whether it can ever come to this decision about a failure of a behaviour.
    boolean mayResume() {
        return decision == Decision.RESUME || rules.stream().anyMatch(rule -> rule.decision == Decision.RESUME);
    }

    Decision decide(Throwable failure) {
        Throwable judged = failure instanceof ChildFailedException child ? child.failure() : failure;
        for (Rule rule : rules) {
            if (rule.fits(judged)) {
                return rule.decision;
            }
        }
        return judged instanceof Error ? Decision.STOP : decision;
    }

    /// How long to wait before the n-th restart in a row.
    long backoffNanos(int n, RandomGenerator random) {
        long mostNanos = Durations.toNanos(backoff.most);
        long nanos = Math.min(Durations.toNanos(backoff.first), mostNanos);
        for (int i = 1; i < n && nanos < mostNanos; i++) {
            nanos = nanos > mostNanos / 2 ? mostNanos : nanos * 2;
        }
        return nanos - random.nextLong(nanos / 2 + 1);
    }

    @Override
    public String toString() {
        return "Supervision[" + decision + ", rules=" + rules + ", scope=" + scope + ", " + budget + ", " + backoff
                + ", whenSpent=" + whenSpent + "]";
    }
}
