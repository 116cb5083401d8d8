package dev.rouse.actor;

import java.time.Duration;
import java.util.Objects;

/// Every bound of an actor system, in one place. Nothing in the runtime grows past one of these, but for what outside
/// threads ask of a shard while it runs one long turn (`cancel`, `stop`, `join`): that waits until the turn ends.
///
/// @param functionsPerShard functions and actors that may be alive on one shard
/// @param spawnQueue root functions and actors on their way to one shard
/// @param mailbox messages that may wait for an actor, unless its [ActorOptions] say otherwise
/// @param timersPerShard sleeps, ask deadlines and other timers that may wait on one shard
/// @param turnMessages messages that an actor handles before others get their turn
/// @param turnTime how long it may go on with further messages in one turn; a single message is not cut short
/// @param askTimeout the deadline of an ask that names none
/// @param closeTimeout how long [ActorSystem#close] waits for functions to end
public record Limits(
        int functionsPerShard,
        int spawnQueue,
        int mailbox,
        int timersPerShard,
        int turnMessages,
        Duration turnTime,
        Duration askTimeout,
        Duration closeTimeout) {

    /// The largest mailbox, in messages: a longer queue only hides overload.
    public static final int MAX_MAILBOX = 1 << 20;

    /// Mailboxes for bursts (1,024 messages), room for four million functions on a shard (some 3 GiB if all are
    /// suspended), turns of 64 messages or 1 ms, 5 s for an ask, 10 s to close. Guesses that suit a server; set
    /// what matters to yours.
    private static final Limits DEFAULTS = new Limits(
            1 << 22, 1_024, 1_024, 1 << 22, 64, Duration.ofMillis(1), Duration.ofSeconds(5), Duration.ofSeconds(10));

    /// @throws IllegalArgumentException if a number or a duration is below its least value
    public Limits {
        requireRange("functionsPerShard", functionsPerShard, Integer.MAX_VALUE);
        requireRange("spawnQueue", spawnQueue, MAX_MAILBOX);
        requireRange("mailbox", mailbox, MAX_MAILBOX);
        requireRange("timersPerShard", timersPerShard, Integer.MAX_VALUE);
        requireRange("turnMessages", turnMessages, Integer.MAX_VALUE);
        requirePositive("turnTime", turnTime);
        requirePositive("askTimeout", askTimeout);
        requirePositive("closeTimeout", closeTimeout);
    }

    public static Limits defaults() {
        return DEFAULTS;
    }

    public Limits withFunctionsPerShard(int value) {
        return new Limits(value, spawnQueue, mailbox, timersPerShard, turnMessages, turnTime, askTimeout, closeTimeout);
    }

    public Limits withSpawnQueue(int value) {
        return new Limits(
                functionsPerShard, value, mailbox, timersPerShard, turnMessages, turnTime, askTimeout, closeTimeout);
    }

    public Limits withMailbox(int value) {
        return new Limits(
                functionsPerShard, spawnQueue, value, timersPerShard, turnMessages, turnTime, askTimeout, closeTimeout);
    }

    public Limits withTimersPerShard(int value) {
        return new Limits(
                functionsPerShard, spawnQueue, mailbox, value, turnMessages, turnTime, askTimeout, closeTimeout);
    }

    public Limits withTurnMessages(int value) {
        return new Limits(
                functionsPerShard, spawnQueue, mailbox, timersPerShard, value, turnTime, askTimeout, closeTimeout);
    }

    public Limits withTurnTime(Duration value) {
        return new Limits(
                functionsPerShard, spawnQueue, mailbox, timersPerShard, turnMessages, value, askTimeout, closeTimeout);
    }

    public Limits withAskTimeout(Duration value) {
        return new Limits(
                functionsPerShard, spawnQueue, mailbox, timersPerShard, turnMessages, turnTime, value, closeTimeout);
    }

    public Limits withCloseTimeout(Duration value) {
        return new Limits(
                functionsPerShard, spawnQueue, mailbox, timersPerShard, turnMessages, turnTime, askTimeout, value);
    }

    private static void requireRange(String what, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(what + " is out of range: value=" + value + ", least=1, most=" + most);
        }
    }

    private static void requirePositive(String what, Duration value) {
        Objects.requireNonNull(value, what);
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(what + " must be above zero: value=" + value);
        }
    }
}
