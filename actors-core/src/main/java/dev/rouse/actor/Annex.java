package dev.rouse.actor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What only some actors have, made at the first use of any of it, so that the others do not pay for it. Owning shard
/// only.
final class Annex {
    /// Control in a row before one message of the mailbox gets its turn, so that timers faster than their actor do
    /// not keep it from all else. A guess.
    private static final int CONTROL_IN_A_ROW = 16;

    private final Chain<Control> control = new Chain<>();
    private int controlInARow;
    private boolean pastMailbox;

    /// Messages put aside, and those to be handled before the mailbox; together no more than the limit.
    private final ArrayDeque<Object> stashed = new ArrayDeque<>(0);

    private final ArrayDeque<Object> unstashed = new ArrayDeque<>(0);
    private int stashLimit;

    /// Why the actor has failed, if it has.
    @Nullable
    Throwable failure;

    Supervision supervision = Supervision.stop();

    private @Nullable Supervised supervised;

    /// Its part in the joint restart that it takes part in.
    GroupRestart.@Nullable Member member;

    /// How long its parent waits for its end; 0 for the system's default.
    long stopNanos;

    /// What it was handling when it failed last.
    @Nullable
    Object failedMessage;

    /// The actor's timers that have not ended, newest first.
    private @Nullable MessageTimer newestTimer;

    /// The watches of the actor that are not over; null until there is one.
    private @Nullable Set<DeathWatch> watches;

    /// Those that have failed, to be reported at the end of the turn unless it sees them; null while there is none.
    private @Nullable List<FunctionCell> unseen;

    /// The timer whose message the actor handles now, and whose next delay begins when it is done with that.
    private @Nullable MessageTimer handled;

    Supervised supervised(ActorCell<?> actor) {
        Supervised present = supervised;
        if (present == null) {
            present = new Supervised(actor, supervision);
            supervised = present;
        }
        return present;
    }

    /// Forgets the control that waits.
    void clear() {
        for (Control entry = control.poll(); entry != null; entry = control.poll()) {
            // taken out
        }
    }

    boolean isEmpty() {
        return control.isEmpty() && unstashed.isEmpty();
    }

    void add(Control entry) {
        control.add(entry);
    }

    void withdraw(Control entry) {
        control.remove(entry);
    }

    /// What the actor handles before the messages of its mailbox; null when there is nothing of that kind, or when
    /// a message of the mailbox is due. In a turn of the actor.
    @Nullable
    Object poll(Mailbox mailbox) {
        handledAll();
        boolean mustGive = controlInARow >= CONTROL_IN_A_ROW && !(mailbox.isEmpty() && unstashed.isEmpty());
        while (!mustGive && !control.isEmpty()) {
            Control entry = control.poll();
            controlInARow++;
            Object message = entry == null ? null : entry.deliver();
            if (message != null) {
                pastMailbox = true;
                return message;
            }
        }
        controlInARow = 0;
        Object message = unstashed.pollFirst();
        pastMailbox = message != null;
        return message;
    }

    /// The actor has done with what it was handling.
    void handledAll() {
        if (handled != null) {
            handled.startDelay();
            handled = null;
        }
    }

    /// Whether what the actor handles, or has handled last, has not come from its mailbox.
    boolean pastMailbox() {
        return pastMailbox;
    }

    // The stash.

    void limitStash(int messages) {
        stashLimit = messages;
    }

    void stash(ActorCell<?> actor, Object message) {
        int limit = stashLimit == 0 ? actor.local.limits.mailbox() : stashLimit;
        if (stashed.size() + unstashed.size() >= limit) {
            actor.local.refused("stash", limit, actor);
            throw new StashFullException(actor.path(), message, limit);
        }
        stashed.addLast(message);
    }

    /// In front of what was unstashed before and not handled yet: that came later.
    void unstashAll() {
        while (!stashed.isEmpty()) {
            unstashed.addFirst(stashed.removeLast());
        }
    }

    void drainStash(Consumer<Object> taker) {
        unstashAll();
        while (!unstashed.isEmpty()) {
            taker.accept(unstashed.removeFirst());
        }
    }

    // Watches.

    /// The actor's watches that are not over.
    int watches() {
        return watches == null ? 0 : watches.size();
    }

    void add(DeathWatch watch) {
        if (watches == null) {
            watches = Collections.newSetFromMap(new IdentityHashMap<>());
        }
        watches.add(watch);
    }

    void remove(DeathWatch watch) {
        if (watches != null) {
            watches.remove(watch);
        }
    }

    void endWatches() {
        if (watches != null) {
            watches.forEach(DeathWatch::end);
            watches = null;
        }
    }

    // Failures of producers that the actor has begun to consume.

    boolean keepUnseen(FunctionCell failed) {
        if (unseen == null) {
            unseen = new ArrayList<>(1);
        }
        return unseen.size() < FurtherFailures.MOST && unseen.add(failed);
    }

    void reportUnseen() {
        List<FunctionCell> failed = unseen;
        if (failed != null) {
            unseen = null;
            failed.forEach(FunctionCell::reportUnlessObserved);
        }
    }

    // Timers.

    void add(MessageTimer timer) {
        newestTimer = timer.linkBefore(newestTimer);
    }

    void remove(MessageTimer timer) {
        newestTimer = timer.unlinkFrom(newestTimer);
        if (handled == timer) {
            handled = null;
        }
    }

    void handles(MessageTimer timer) {
        handled = timer;
    }

    void endTimers() {
        while (newestTimer != null) {
            newestTimer.end();
        }
    }
}
