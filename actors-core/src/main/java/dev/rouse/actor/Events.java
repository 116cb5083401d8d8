package dev.rouse.actor;

import dev.rouse.dispatch.Shard;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Throttle;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/// What happens in a system, as events of the JDK's Flight Recorder: names `dev.rouse.…`, category `Rouse`.
///
/// Any thread, also a carrier: an event takes no lock and waits for nothing. Each method is the one place for its event
/// and is called where the thing happens, with what is at hand; it builds a path or a message only when somebody
/// listens. Until then it costs a call that the JIT removes, since `isEnabled` of a constant object is a constant: the
/// JVM gives these classes another `isEnabled` only when a recording starts.
///
/// `Spawn` and `Stop` are off in a recording unless switched on by name, since they can be millions a second. The
/// others are limited to [#RATE].
@SuppressWarnings("UnusedVariable") // the Flight Recorder reads the fields of events
final class Events {
    /// What a recording keeps of each kind of trouble; the rest is left out. A guess.
    private static final String RATE = "1000/s";

    // Never committed: they are asked whether anybody listens.
    private static final Spawn SPAWN = new Spawn("", "");
    private static final Stop STOP = new Stop("", "", null);
    private static final Failed FAILURE = new Failed("", "", null);
    private static final Violation VIOLATION = new Violation("", "", "", "");
    private static final LongTurn LONG_TURN = new LongTurn("", "", 0, "");
    private static final DeadLetter DEAD_LETTER = new DeadLetter("", "", "", "");
    private static final Overload OVERLOAD = new Overload("", "", "", 0);

    private Events() {}

    /// Has this class initialised, by being called, before a shard starts: on a shard, that could block.
    static void prepare() {}

    /// A function or actor was taken into the tree. By [Cell#start].
    static void spawned(Cell cell) {
        if (SPAWN.isEnabled()) {
            new Spawn(cell.path(), shard(cell)).commit();
        }
    }

    /// A function or actor ends, with the given [result][Cell#result].
    static void stopped(Cell cell, @Nullable Object result) {
        if (STOP.isEnabled()) {
            Throwable failure = result instanceof Failure(Throwable cause) ? cause : null;
            new Stop(cell.path(), shard(cell), failure).commit();
        }
    }

    /// A function or actor has thrown; cancellations are left out. Once for each time that user code throws,
    /// whether or not the actor is restarted.
    static void failed(Cell cell, Throwable failure) {
        if (FAILURE.isEnabled() && !(failure instanceof CancelledException)) {
            new Failed(cell.path(), shard(cell), failure).commit();
        }
    }

    /// A rule of the usage model was broken. By whoever found out, who mostly is the culprit.
    static void violated(String code, String what) {
        if (VIOLATION.isEnabled()) {
            Cell cell = Cell.currentOrNull();
            Shard shard = Shard.current();
            new Violation(
                            code,
                            cell == null ? "thread " + Thread.currentThread().getName() : cell.path(),
                            shard == null ? "" : shard.name(),
                            what)
                    .commit();
        }
    }

    /// A turn has held its shard for longer than it may.
    ///
    /// @param where a frame or stack of it, if known
    static void longTurn(String path, Shard shard, long nanos, String where) {
        if (LONG_TURN.isEnabled()) {
            new LongTurn(path, shard.name(), nanos, where).commit();
        }
    }

    /// A message has reached nobody.
    static void deadLetter(Outcome<?> target, Object message, dev.rouse.actor.DeadLetter.Reason reason) {
        if (DEAD_LETTER.isEnabled()) {
            new DeadLetter(
                            target.path(),
                            target.local.shard.name(),
                            message.getClass().getName(),
                            reason.name())
                    .commit();
        }
    }

    /// A limit has refused something.
    ///
    /// @param limit its name in [Limits]
    static void overload(String limit, long value, Outcome<?> owner) {
        if (OVERLOAD.isEnabled()) {
            new Overload(owner.path(), owner.local.shard.name(), limit, value).commit();
        }
    }

    /// A limit has refused something to what is neither function nor actor.
    ///
    /// @param owner says by its text who that is
    static void overload(String limit, long value, Object owner, Shard shard) {
        if (OVERLOAD.isEnabled()) {
            new Overload(owner.toString(), shard.name(), limit, value).commit();
        }
    }

    private static String shard(Cell cell) {
        return cell.local.shard.name();
    }

    /// A message is user code, which may throw.
    private static @Nullable String messageOf(Throwable failure) {
        try {
            return failure.getMessage();
        } catch (RuntimeException e) {
            return "getMessage() threw " + e.getClass().getName();
        }
    }

    // The annotations of a class hold for those below it too.

    @Category("Rouse")
    @StackTrace(false)
    private abstract static class RouseEvent extends Event {
        @Label("Path")
        final String path;

        @Label("Shard")
        final String shard;

        RouseEvent(String path, String shard) {
            this.path = path;
            this.shard = shard;
        }
    }

    @Throttle(RATE)
    private abstract static class TroubleEvent extends RouseEvent {
        TroubleEvent(String path, String shard) {
            super(path, shard);
        }
    }

    @Name("dev.rouse.Spawn")
    @Label("Spawn")
    @Description("A function or actor was started.")
    @Enabled(false)
    private static final class Spawn extends RouseEvent {
        Spawn(String path, String shard) {
            super(path, shard);
        }
    }

    @Name("dev.rouse.Stop")
    @Label("Stop")
    @Description("A function or actor has ended, after all its children.")
    @Enabled(false)
    private static final class Stop extends RouseEvent {
        @Label("Failure")
        final @Nullable Class<?> failure;

        Stop(String path, String shard, @Nullable Throwable failure) {
            super(path, shard);
            this.failure = failure == null ? null : failure.getClass();
        }
    }

    @Name("dev.rouse.Failure")
    @Label("Failure")
    @Description("A function or actor has thrown.")
    private static final class Failed extends TroubleEvent {
        @Label("Failure")
        final @Nullable Class<?> failure;

        @Label("Message")
        final @Nullable String message;

        Failed(String path, String shard, @Nullable Throwable failure) {
            super(path, shard);
            this.failure = failure == null ? null : failure.getClass();
            this.message = failure == null ? null : messageOf(failure);
        }
    }

    @Name("dev.rouse.Violation")
    @Label("Violation")
    @Description("A rule of the usage model was broken.")
    @StackTrace(true)
    private static final class Violation extends TroubleEvent {
        @Label("Code")
        final String code;

        @Label("Message")
        final String message;

        Violation(String code, String path, String shard, String message) {
            super(path, shard);
            this.code = code;
            this.message = message;
        }
    }

    @Name("dev.rouse.LongTurn")
    @Label("Long Turn")
    @Description("A turn has held its shard for longer than it may.")
    private static final class LongTurn extends TroubleEvent {
        @Label("Time")
        @Timespan(Timespan.NANOSECONDS)
        final long time;

        @Label("Where")
        final String where;

        LongTurn(String path, String shard, long nanos, String where) {
            super(path, shard);
            this.time = nanos;
            this.where = where;
        }
    }

    @Name("dev.rouse.DeadLetter")
    @Label("Dead Letter")
    @Description("A message has reached nobody.")
    private static final class DeadLetter extends TroubleEvent {
        @Label("Message")
        final String message;

        @Label("Reason")
        final String reason;

        DeadLetter(String path, String shard, String message, String reason) {
            super(path, shard);
            this.message = message;
            this.reason = reason;
        }
    }

    @Name("dev.rouse.Overload")
    @Label("Overload")
    @Description("A limit has refused something.")
    private static final class Overload extends TroubleEvent {
        @Label("Limit")
        final String limit;

        @Label("Value")
        final long value;

        Overload(String path, String shard, String limit, long value) {
            super(path, shard);
            this.limit = limit;
            this.value = value;
        }
    }
}
