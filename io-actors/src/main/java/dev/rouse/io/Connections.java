package dev.rouse.io;

import dev.rouse.actor.Admission;
import dev.rouse.actor.Limits;
import dev.rouse.actor.Signal;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Timer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The account of one shard's open connections, [Limits#connectionsPerShard], and of its listeners that wait until
/// there is room for another one. Owning shard only, save [#release] and [#open].
///
/// **What counts.** Each TCP stream from when it was accepted, or begins to connect, until it is closed, by whatever.
/// An accepted one counts on the shard that accepted it until it is first used, and from then on where that was. Only
/// the shard itself takes, any thread may release, so that the count is exact at the limit.
///
/// **Waiting.** Who finds no room says that it waits (`awaited`), then looks again, then suspends. Who releases counts
/// down, then reads `awaited`. Both are volatile, so one of the two sees the other, and no release is missed. Those who
/// wait are told one at a time, in their order: whoever has been told, and goes on or gives up, tells the next one that
/// finds room. A place so goes to the listener that has waited longest, and none waits beside an empty one. Nobody
/// polls.
final class Connections {
    static final String LIMIT = "connectionsPerShard";

    private final Shard shard;
    private final Admission admission;
    private final BufferedBytes buffered;
    private final int limit;
    private final AtomicInteger open = new AtomicInteger();

    /// Each is a suspended function of this shard, which is what bounds it.
    private final Deque<RoomWait> waiting = new ArrayDeque<>();

    private volatile boolean awaited;

    /// Those that accept here, to be shown. Descriptors bound it.
    final Set<ListenerAdmission> listeners = ConcurrentHashMap.newKeySet();

    final Count accepted = new Count();
    final Count refused = new Count();
    final Count pauses = new Count();
    final Count failedAccepts = new Count();

    /// Those of them that wait for no longer than a rest.
    private int resting;

    /// In a function of the shard.
    Connections(Shard shard, Admission admission, BufferedBytes buffered) {
        this.shard = shard;
        this.admission = admission;
        this.buffered = buffered;
        this.limit = admission.limits().connectionsPerShard();
        admission.onRoom(this::tellNext);
        buffered.onRoom(this::tellNext);
    }

    /// A function that waits for room for its listener's next connection.
    private static final class RoomWait extends Signal {
        final ListenerAdmission listener;

        RoomWait(ListenerAdmission listener) {
            this.listener = listener;
        }
    }

    Admission admission() {
        return admission;
    }

    /// A limit that has no room at the moment.
    record Full(String limit, int value) {}

    /// What keeps the shard from another connection; null if there is room for it.
    @Nullable
    Full full() {
        if (open.get() >= limit) {
            return new Full(LIMIT, limit);
        }
        if (admission.isFull()) {
            return new Full("functionsPerShard", admission.limits().functionsPerShard());
        }
        return buffered.isHigh()
                ? new Full("bufferedBytesPerShard", admission.limits().bufferedBytesPerShard())
                : null;
    }

    boolean hasRoom() {
        return open.get() < limit && !admission.isFull() && !buffered.isHigh();
    }

    /// Takes a place for a connection that was looked for room for.
    void take() {
        assert shard.isCurrent() : "a place is taken on its own shard only";
        open.getAndIncrement();
    }

    /// Takes a place for a connection that comes from elsewhere than a listener of this shard.
    ///
    /// @throws ConnectionLimitException if there is none
    void takeFor(String owner) throws ConnectionLimitException {
        if (open.get() >= limit) {
            refuse(new Full(LIMIT, limit), owner);
            throw new ConnectionLimitException(limit, owner);
        }
        take();
    }

    void refuse(Full full, Object owner) {
        refused.add(1);
        admission.refused(full.limit(), full.value(), owner);
    }

    /// Gives a place back. Any thread.
    void release() {
        open.getAndDecrement();
        roomMade();
    }

    /// A listener of this shard has room again. Any thread.
    void roomMade() {
        if (!awaited) {
            return;
        }
        if (shard.isCurrent()) {
            tellNext();
        } else {
            shard.submit(new Command() {
                @Override
                protected void execute() {
                    tellNext();
                }

                @Override
                protected void refused() {
                    // nobody waits there any more
                }
            });
        }
    }

    /// Connections that are open, or about to be. Any thread.
    int open() {
        return open.get();
    }

    /// Suspends until there is room for the listener's next connection, or it is closed.
    void awaitRoom(ListenerAdmission listener) {
        RoomWait wait = new RoomWait(listener);
        waiting.addLast(wait);
        awaited = true;
        try {
            while (!listener.mayGoOn()) {
                wait.await();
            }
        } finally {
            waiting.remove(wait);
            awaited = !waiting.isEmpty();
            tellNext();
        }
    }

    /// Suspends until there is room for the listener's next connection, it may refuse peers again, or it is closed.
    ///
    /// @param restNanos until it may refuse again, if no [#endRests] comes first
    void awaitRoom(ListenerAdmission listener, long restNanos) {
        Timer over = new Timer() {
            @Override
            protected void onExpiry() {
                tellNext();
            }
        };
        shard.scheduleUncounted(over, shard.clock().nanoTime() + restNanos); // one for each listener
        resting++;
        try {
            awaitRoom(listener);
        } finally {
            resting--;
            shard.cancel(over);
        }
    }

    /// The shard has nothing else to do: listeners that rest from refusing go on. Whether there was one.
    boolean endRests() {
        if (resting == 0) {
            return false;
        }
        waiting.forEach(wait -> wait.listener.endRest());
        tellNext();
        return true;
    }

    private void tellNext() {
        for (RoomWait wait : waiting) {
            if (wait.listener.mayGoOn()) {
                wait.fire();
                return;
            }
        }
    }

    /// The listener is closed: who waits for it goes on.
    void closed(ListenerAdmission listener) {
        listeners.remove(listener);
        waiting.stream().filter(wait -> wait.listener == listener).forEach(Signal::fire);
    }
}
