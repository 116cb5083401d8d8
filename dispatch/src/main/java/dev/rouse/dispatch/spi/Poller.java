package dev.rouse.dispatch.spi;

import java.util.List;

/// Where a shard waits: the one blocking point of its carrier.
///
/// The whole contract:
///
/// - [#poll] is called by the carrier only, a platform thread, never inside a turn. It may block, but only as long as
///   it was told, and not past a [#wakeup]. Whatever else looks for what is ready, such as a turn that closes a socket
///   and wants its port free at once, is the poller's own affair, on its shard, and must not block.
/// - Whatever it finds, it delivers before it returns, on its shard: it may make turns ready and resume functions, and
///   it must not suspend or throw.
/// - [#wakeup] may be called by any thread. The shard calls it at most once for each wait. It ends the current wait or,
///   when it comes before the wait has begun, the next one: it is never lost.
/// - [#close] is called by the carrier, last of all, after every function of the shard has ended or was given up.
public interface Poller extends AutoCloseable {

    /// Delivers what is ready and returns how many completions that were.
    ///
    /// @param timeoutNanos 0 looks and returns; above 0 waits at most so long; `Long.MAX_VALUE` waits until
    ///     something is ready or [#wakeup] is called
    int poll(long timeoutNanos);

    /// Ends the current or else the next wait at once. Safe from any thread, never blocks.
    void wakeup();

    /// What it has counted and holds, a part at a time, the whole first; empty if there is nothing to show. Any
    /// thread, at any time; the numbers are those of about now.
    default List<PollerFigures> figures() {
        return List.of();
    }

    /// What [#close] would close, each as text: what the functions of the shard have left open. By the carrier,
    /// when they have all ended.
    default List<String> open() {
        return List.of();
    }

    @Override
    void close();
}
