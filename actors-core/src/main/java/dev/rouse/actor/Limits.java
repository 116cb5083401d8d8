package dev.rouse.actor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/// Every bound of an actor system, in one place. Nothing in the runtime grows past one of these, but for what outside
/// threads ask of a shard while it runs one long turn (`cancel`, `stop`, `join`): that waits until the turn ends.
///
/// Immutable; two that hold the same values are equal. The defaults are guesses that suit a server; set what matters to
/// yours.
public final class Limits {
    /// The largest mailbox, in messages: a longer queue only hides overload.
    public static final int MAX_MAILBOX = 1 << 20;

    /// A row for each limit.
    ///
    /// @param most for a count
    private record Bound(int index, String label, Object defaultValue, int most) {}

    /// In the order of their indexes; complete when the class is initialised.
    private static final List<Bound> BOUNDS = new ArrayList<>();

    /// Some 3 GiB if all are suspended.
    private static final Bound FUNCTIONS_PER_SHARD = bound("functionsPerShard", 1 << 22, Integer.MAX_VALUE);

    private static final Bound SPAWN_QUEUE = bound("spawnQueue", 1_024, MAX_MAILBOX);

    /// Room for a burst.
    private static final Bound MAILBOX = bound("mailbox", 1_024, MAX_MAILBOX);

    private static final Bound TIMERS_PER_SHARD = bound("timersPerShard", 1 << 22, Integer.MAX_VALUE);

    /// A guess: a supervisor of many, at some 100 bytes each.
    private static final Bound WATCHES_PER_ACTOR = bound("watchesPerActor", 1 << 16, Integer.MAX_VALUE);

    private static final Bound TURN_MESSAGES = bound("turnMessages", 64, Integer.MAX_VALUE);
    private static final Bound TURN_TIME = bound("turnTime", Duration.ofMillis(1));
    private static final Bound LONG_TURN = bound("longTurn", Duration.ofMillis(100));
    private static final Bound ASK_TIMEOUT = bound("askTimeout", Duration.ofSeconds(5));
    private static final Bound STOP_TIMEOUT = bound("stopTimeout", Duration.ofSeconds(5));
    private static final Bound CANCEL_GRACE = bound("cancelGrace", Duration.ofSeconds(5));
    private static final Bound FAN_OUT = bound("fanOut", 1 << 20, Integer.MAX_VALUE);
    private static final Bound CLOSE_TIMEOUT = bound("closeTimeout", Duration.ofSeconds(10));

    /// A guess: more than most processes may open.
    private static final Bound CONNECTIONS_PER_SHARD = bound("connectionsPerShard", 1 << 16, Integer.MAX_VALUE);

    /// A guess: some ten records of TLS, or a few large frames.
    private static final Bound BUFFERED_BYTES_PER_CONNECTION =
            bound("bufferedBytesPerConnection", 1 << 20, Integer.MAX_VALUE);

    /// A guess: a quarter of a small server's heap.
    private static final Bound BUFFERED_BYTES_PER_SHARD = bound("bufferedBytesPerShard", 1 << 28, Integer.MAX_VALUE);

    private static final Limits DEFAULTS =
            new Limits(BOUNDS.stream().map(Bound::defaultValue).toArray());

    /// An `Integer` or a `Duration` for each bound, in their order.
    private final Object[] values;

    private Limits(Object[] values) {
        this.values = values;
    }

    public static Limits defaults() {
        return DEFAULTS;
    }

    /// Functions and actors that may be alive on one shard; 4,194,304 if not set.
    public int functionsPerShard() {
        return count(FUNCTIONS_PER_SHARD);
    }

    public Limits withFunctionsPerShard(int value) {
        return with(FUNCTIONS_PER_SHARD, value);
    }

    /// Root functions and actors on their way to one shard; 1,024 if not set.
    public int spawnQueue() {
        return count(SPAWN_QUEUE);
    }

    public Limits withSpawnQueue(int value) {
        return with(SPAWN_QUEUE, value);
    }

    /// Messages that may wait for an actor, unless its [ActorOptions] say otherwise; 1,024 if not set.
    public int mailbox() {
        return count(MAILBOX);
    }

    public Limits withMailbox(int value) {
        return with(MAILBOX, value);
    }

    /// Sleeps, ask deadlines and other timers that may wait on one shard; 4,194,304 if not set.
    public int timersPerShard() {
        return count(TIMERS_PER_SHARD);
    }

    public Limits withTimersPerShard(int value) {
        return with(TIMERS_PER_SHARD, value);
    }

    /// Watches of others that one actor may have at a time; 65,536 if not set.
    public int watchesPerActor() {
        return count(WATCHES_PER_ACTOR);
    }

    public Limits withWatchesPerActor(int value) {
        return with(WATCHES_PER_ACTOR, value);
    }

    /// Messages that an actor handles before others get their turn; 64 if not set.
    public int turnMessages() {
        return count(TURN_MESSAGES);
    }

    public Limits withTurnMessages(int value) {
        return with(TURN_MESSAGES, value);
    }

    /// How long an actor may go on with further messages in one turn; a single message is not cut short. 1 ms if
    /// not set.
    public Duration turnTime() {
        return duration(TURN_TIME);
    }

    public Limits withTurnTime(Duration value) {
        return with(TURN_TIME, value);
    }

    /// How long a turn may hold its shard before it is [reported][Violation#LONG_TURN]; 100 ms if not set.
    public Duration longTurn() {
        return duration(LONG_TURN);
    }

    public Limits withLongTurn(Duration value) {
        return with(LONG_TURN, value);
    }

    /// The deadline of an ask that names none; 5 s if not set.
    public Duration askTimeout() {
        return duration(ASK_TIMEOUT);
    }

    public Limits withAskTimeout(Duration value) {
        return with(ASK_TIMEOUT, value);
    }

    /// How long the end of one child actor may hold up the next, unless its [ActorOptions] say otherwise; 5 s if
    /// not set.
    public Duration stopTimeout() {
        return duration(STOP_TIMEOUT);
    }

    public Limits withStopTimeout(Duration value) {
        return with(STOP_TIMEOUT, value);
    }

    /// How long the cleanup of a function that was cancelled, or whose deadline has passed, may wait; 5 s if not
    /// set. Less than [#closeTimeout], or closing cuts it.
    public Duration cancelGrace() {
        return duration(CANCEL_GRACE);
    }

    public Limits withCancelGrace(Duration value) {
        return with(CANCEL_GRACE, value);
    }

    /// Tasks that one `awaitAll` or `awaitAny` takes, and children that one bounded fan-out runs at a time;
    /// 1,048,576 if not set.
    public int fanOut() {
        return count(FAN_OUT);
    }

    public Limits withFanOut(int value) {
        return with(FAN_OUT, value);
    }

    /// How long [ActorSystem#close] waits for functions to end; 10 s if not set.
    public Duration closeTimeout() {
        return duration(CLOSE_TIMEOUT);
    }

    public Limits withCloseTimeout(Duration value) {
        return with(CLOSE_TIMEOUT, value);
    }

    /// TCP connections that may be open on one shard; 65,536 if not set. At the limit the shard accepts no more.
    public int connectionsPerShard() {
        return count(CONNECTIONS_PER_SHARD);
    }

    public Limits withConnectionsPerShard(int value) {
        return with(CONNECTIONS_PER_SHARD, value);
    }

    /// Bytes that one connection may hold in buffers of the runtime, beside those that it is lent for a read; 1 MiB
    /// if not set.
    public int bufferedBytesPerConnection() {
        return count(BUFFERED_BYTES_PER_CONNECTION);
    }

    public Limits withBufferedBytesPerConnection(int value) {
        return with(BUFFERED_BYTES_PER_CONNECTION, value);
    }

    /// Bytes that all connections of one shard may hold in buffers of the runtime, read buffers that are lent to
    /// functions among them; 256 MiB if not set. A shard that is near it accepts no more connections.
    public int bufferedBytesPerShard() {
        return count(BUFFERED_BYTES_PER_SHARD);
    }

    public Limits withBufferedBytesPerShard(int value) {
        return with(BUFFERED_BYTES_PER_SHARD, value);
    }

    private static Bound bound(String label, Object defaultValue) {
        return bound(label, defaultValue, 0);
    }

    private static Bound bound(String label, Object defaultValue, int most) {
        Bound bound = new Bound(BOUNDS.size(), label, defaultValue, most);
        BOUNDS.add(bound);
        return bound;
    }

    private int count(Bound bound) {
        return (int) values[bound.index()];
    }

    private Duration duration(Bound bound) {
        return (Duration) values[bound.index()];
    }

    /// @throws IllegalArgumentException if the value is out of range
    private Limits with(Bound bound, int value) {
        if (value < 1 || value > bound.most()) {
            throw new IllegalArgumentException(
                    bound.label() + " is out of range: value=" + value + ", least=1, most=" + bound.most());
        }
        return replaced(bound, value);
    }

    /// @throws IllegalArgumentException if the value is not above zero
    private Limits with(Bound bound, Duration value) {
        Objects.requireNonNull(value, bound.label());
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(bound.label() + " must be above zero: value=" + value);
        }
        return replaced(bound, value);
    }

    private Limits replaced(Bound bound, Object value) {
        Object[] copy = values.clone();
        copy[bound.index()] = value;
        return new Limits(copy);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Limits limits && Arrays.equals(values, limits.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    /// All of them, as `Limits[functionsPerShard=4194304, …]`.
    @Override
    public String toString() {
        return BOUNDS.stream()
                .map(bound -> bound.label() + "=" + values[bound.index()])
                .collect(Collectors.joining(", ", "Limits[", "]"));
    }
}
