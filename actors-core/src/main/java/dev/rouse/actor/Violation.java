package dev.rouse.actor;

import static dev.rouse.actor.ViolationPolicy.FAIL;
import static dev.rouse.actor.ViolationPolicy.HALT;
import static dev.rouse.actor.ViolationPolicy.REPORT;

import java.util.EnumSet;
import java.util.Set;

/// A rule of the usage model that a program has broken: a mistake in the program, never a matter of load.
///
/// Each has a code that does not change, which begins its message. What happens is set with
/// [ActorSystem.Builder#onViolation]; not every code allows every [ViolationPolicy], since some leave nothing to go on
/// with, and at others nobody is there to be given an exception.
public enum Violation {
    /// A verb was called by a thread that runs no function and no actor. It belongs to no system, so none can be
    /// asked for its policy: it always fails.
    OUTSIDE_FUNCTION(
            "ROUSE-V01",
            "the verbs are for the inside of functions and actors",
            "call it inside system.spawn(() -> ...), or use task.join() where a plain thread must wait",
            FAIL),

    /// A function awaited its own task.
    AWAIT_OF_ITSELF(
            "ROUSE-V02",
            "a function cannot await itself, since it would never end",
            "await the task of another function, and do not hand a function its own",
            FAIL,
            HALT),

    /// An await, or a send to a full mailbox, has closed a cycle: each waits for the next, and none can go on. On
    /// one shard it is refused at once, across shards once it has lasted for some 50 ms; what waits in another
    /// system is not known.
    AWAIT_CYCLE(
            "ROUSE-V03",
            "functions and actors must not wait for each other in a cycle",
            "let one of them send and go on instead of waiting, or reply before it waits",
            FAIL,
            REPORT,
            HALT),

    /// A function or an actor has called `join`.
    JOIN_ON_SHARD(
            "ROUSE-V04",
            "join is for plain threads, since it would hold up a shard",
            "use await(task) inside functions and actors",
            FAIL,
            HALT),

    /// Two functions wait for one source of events, or read from one socket.
    SECOND_WAITER(
            "ROUSE-V05",
            "one function at a time waits for an event source or does an operation of a socket",
            "let one function do it and hand on what comes of it",
            FAIL,
            HALT),

    /// What belongs to one actor or one shard was used from elsewhere.
    FOREIGN_TOUCH(
            "ROUSE-V06",
            "an inbox, a context or a socket is for its own function, actor or shard only",
            "send its owner a message instead",
            FAIL,
            HALT),

    /// The context or inbox of an actor was used after its end.
    USED_AFTER_STOP(
            "ROUSE-V07",
            "an inbox or a context ends with its actor",
            "keep it inside the actor, and give others its ActorRef",
            FAIL,
            HALT),

    /// A turn has held its shard longer than [Limits] allow, without a wait.
    LONG_TURN(
            "ROUSE-V08",
            "a turn must not hold its shard for long",
            "do it in parts with sleepFor(Duration.ZERO) between them, or on a thread outside",
            REPORT,
            HALT),

    /// A turn has waited with a native frame on its stack, and so kept its carrier thread.
    PINNED(
            "ROUSE-V09",
            "a turn must not wait below a native frame, such as a class initialiser, since it holds a thread meanwhile",
            "wait before or after it",
            REPORT,
            HALT),

    /// A function has failed, and nobody awaited it.
    UNAWAITED_FAILURE(
            "ROUSE-V10",
            "a failure is to be seen by somebody",
            "await the task, or catch the exception inside the function",
            REPORT,
            HALT),

    /// A function waits for a [Waker] or a stage that the garbage collector has found to be held by nobody, so that
    /// it can never be woken. What the function's own stack, or its body, holds is held.
    WAKER_DROPPED(
            "ROUSE-V11",
            "what is to wake a function must be held by somebody",
            "keep the waker or the future where its source finds it, and use it on every path, if only to fail",
            REPORT,
            FAIL,
            HALT),

    /// A [ReplyTo] was used a second time.
    REPLIED_TWICE(
            "ROUSE-V12",
            "an ask has one reply",
            "call reply or fail once in each case of the handler",
            REPORT,
            FAIL,
            HALT),

    /// A stream, listener or datagram socket was not closed, and the garbage collector has found that nobody holds
    /// it any more. It is closed then.
    SOCKET_LEAKED(
            "ROUSE-V13",
            "a stream, a listener or a datagram socket is closed by who uses it",
            "close it on every path, best by try (stream) { ... } in the function that it was handed to",
            REPORT,
            HALT);

    private final String code;
    private final String rule;
    private final String remedy;
    private final ViolationPolicy defaultPolicy;

    @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
    private final Set<ViolationPolicy> policies;

    Violation(
            String code, String rule, String remedy, ViolationPolicy defaultPolicy, ViolationPolicy... otherPolicies) {
        this.code = code;
        this.rule = rule;
        this.remedy = remedy;
        this.defaultPolicy = defaultPolicy;
        this.policies = EnumSet.of(defaultPolicy, otherPolicies);
    }

    /// Its code, such as `ROUSE-V03`. It never changes and is not given to another one.
    public String code() {
        return code;
    }

    /// The rule that was broken.
    public String rule() {
        return rule;
    }

    /// What to do about it.
    public String remedy() {
        return remedy;
    }

    /// What happens unless [ActorSystem.Builder#onViolation] says otherwise.
    public ViolationPolicy defaultPolicy() {
        return defaultPolicy;
    }

    /// Those that it allows, the mildest first.
    Set<ViolationPolicy> policies() {
        return policies;
    }

    /// Counts this violation by the calling function or actor, as its system's policy says, and returns what the
    /// caller is to throw. For libraries that are built on this one. Any thread: one that runs no function has no
    /// system, and gets the exception only.
    ///
    /// @param what what happened, with `name=value` for whom and where; the code and the remedy are added
    public ViolationException refused(String what) {
        Cell cell = Cell.currentOrNull();
        return cell == null
                ? new ViolationException(this, what)
                : cell.local.system.rules().refused(this, what);
    }

    /// @throws IllegalArgumentException if this code does not allow the policy
    void requireAllowed(ViolationPolicy policy) {
        if (!policies.contains(policy)) {
            throw new IllegalArgumentException("policy does not suit the violation: violation=" + this + ", code="
                    + code + ", policy=" + policy + ", allowed=" + policies + "; "
                    + (policy == REPORT
                            ? "there is nothing that the caller could go on with"
                            : policy == FAIL ? "nobody is there to be given an exception" : "no system is known"));
        }
    }

    /// The text of its exception or log line.
    String message(String what) {
        return code + " " + what + "; " + remedy;
    }
}
