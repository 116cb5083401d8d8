package dev.rouse.dispatch.spi;

import dev.rouse.dispatch.Driver;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What a [Conductor] decides for one shard. Called by that shard only, but for [#hand].
public interface ConductedShard extends TurnOrder {

    /// What [#beforePass] answers when the shard is to end as if its machine had: what is suspended never goes on.
    int THE_END = 0;

    /// Called before each pass, in no turn. May block.
    ///
    /// @return how many turns the pass may begin or go on with at most, or [#THE_END]
    int beforePass();

    /// Something is handed to the shard, by whatever thread. Must not block.
    void hand(Object entry);

    /// The one who runs has looked at something that belongs to the shard, or changed it, and handed nothing over
    /// for that: what it has seen depends on who came first. Must not block.
    void lookedAt();

    /// How many of those things the shard takes in at most in the pass that begins; at least 0, and above 0 some
    /// day. What is left waits, as it does when the shard is busy meanwhile.
    int entriesInPass();

    /// The next one of them, or null: those of one thread in the order in which it has handed them over. Once the
    /// shard has [ended][#ended], any thread.
    @Nullable
    Object nextEntry();

    boolean hasEntries();

    /// Called before the shard waits in its poller, if maybe for less.
    ///
    /// @param timerNanos when the first of its timers is due that do not only
    ///     [look after others][dev.rouse.dispatch.Shard#scheduleBackground]; `Long.MAX_VALUE` if there is none
    void waits(long timerNanos);

    /// What the shard waits in until it gets a poller with sockets.
    Poller poller();

    /// A turn has blocked in a call of the JDK, and the shard with it. Must not block.
    /// [Engine][dev.rouse.dispatch.Engine]
    /// `CARRIER` tells of each such call when it is over, and of a long one also meanwhile; `PORTABLE` of those
    /// that are met by looks in between.
    ///
    /// @param nanos for how long it has at least, in real time; 0 where it goes on by now
    /// @return what is to become of it, if it still blocks
    Blocked blocked(Driver driver, long nanos);

    /// What becomes of a turn that has blocked in a call of the JDK.
    enum Blocked {
        /// Nothing.
        WAITS,

        /// It is interrupted.
        IS_INTERRUPTED,

        /// It is given up with its shard, on which nothing ever goes on: the shard's thread ends as it is, and
        /// calls its conductor no more.
        IS_GIVEN_UP
    }

    /// A timer that takes a place in the limit of the shard has not come to its end, and the shard has.
    ///
    /// @param isMoot whether nothing depends on it any more, which the end of another shard may bring about: an ask
    ///     of which nobody has heard yet ends with its target. Any thread
    void left(String timer, long dueNanos, BooleanSupplier isMoot);

    /// A socket is still open when the shard ends, which closes it.
    void leftOpen(String socket);

    /// The shard has ended: the last that its thread does.
    void ended();
}
