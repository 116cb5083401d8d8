package dev.rouse.actor;

import dev.rouse.dispatch.Timer;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/// The waits of one shard that something elsewhere must end, and a look at those that last: for a cycle across shards
/// (see [CycleProbe]), or for a waker that nobody holds any more (see [DroppedWaker]). Owning shard only.
///
/// What is in the list, an *entry*: a [RemoteAwait] and a [PendingSend] to another shard from their start to their end;
/// a [Suspension] until its second look; an [Ask] of an actor on another shard once it is long, until it is found to
/// have ended, so that quick asks cost nothing here. Adding and removing is O(1).
///
/// One timer of the shard looks at them. A cell that is found in the same wait in two looks, so for 30 ms at least, has
/// a probe sent out; the pauses between its probes double, since a wait that is no part of a cycle seldom becomes one,
/// and the wait that does close it is a fresh one. So a cycle is found some 40 to 100 ms after it has closed, later if
/// there are more than [#MOST_LOOKS] long waits on the shard or if what closed it is an await within one shard. While
/// nothing waits, there is no timer.
final class LongWaits extends Timer {
    /// Between looks at what is new. A guess: long for a message, short for who looks at a screen.
    static final long PAUSE_NANOS = 30_000_000;

    /// Between looks at what has been there for long. A guess.
    private static final long LONGEST_PAUSE_NANOS = 16 * PAUSE_NANOS;

    /// Entries and tickets in one look, the others in later ones, so that it takes no more than some 100 us. A
    /// guess.
    private static final int MOST_LOOKS = 1_024;

    /// Probes that are under way from this shard. A guess: each may cost others some 10 us.
    private static final int MOST_PROBES = 16;

    /// Something that is waited for, in the list.
    static final class Entry extends Chain.Link<Entry> {
        private final Object awaited;
        private boolean seen;

        private Entry(Object awaited) {
            this.awaited = awaited;
        }
    }

    /// What is known of one wait that has lasted.
    static final class Ticket {
        final Wait wait;

        /// The lower, the older; of this shard only.
        final long number;

        private long dueNanos;
        private long pauseNanos = PAUSE_NANOS;
        private boolean hasProbe;
        private boolean reported;

        /// Whether its cell was awake at the last look: it may go on with the same wait.
        private boolean lapsed;

        private Ticket(Wait wait, long number, long dueNanos) {
            this.wait = wait;
            this.number = number;
            this.dueNanos = dueNanos;
        }
    }

    private final LocalSystem local;
    private final Chain<Entry> entries = new Chain<>();

    /// One for each cell that has been seen waiting, and the same in the order in which they are looked at: some of
    /// those are of waits that have ended.
    private final IdentityHashMap<Cell, Ticket> tickets = new IdentityHashMap<>();

    private final ArrayDeque<Ticket> rotation = new ArrayDeque<>();
    private long nextNumber;
    private int probes;
    private boolean slow;

    LongWaits(LocalSystem local) {
        this.local = local;
    }

    // Entries.

    Entry add(Object awaited) {
        Entry entry = new Entry(awaited);
        entries.add(entry);
        if (!isScheduled()) {
            schedule(PAUSE_NANOS);
        } else if (slow) {
            local.shard.cancelBackground(this);
            schedule(PAUSE_NANOS);
        }
        return entry;
    }

    private void schedule(long pauseNanos) {
        slow = pauseNanos > PAUSE_NANOS;
        local.shard.scheduleBackground(
                this, Durations.deadlineNanos(local.shard.clock().nanoTime(), pauseNanos));
    }

    /// Does nothing when it is not in the list.
    void remove(Entry entry) {
        entries.remove(entry);
    }

    // The look.

    @Override
    protected void onExpiry() {
        long nowNanos = local.shard.clock().nanoTime();
        long soonestNanos = LONGEST_PAUSE_NANOS;
        Entry end = entries.last();
        Entry entry = entries.first();
        for (int looks = 0; entry != null && looks < MOST_LOOKS; looks++) {
            entries.remove(entry);
            if (lookAt(entry, nowNanos)) {
                entries.add(entry); // behind those that were not looked at
            }
            entry = entry == end ? null : entries.first();
        }
        for (int looks = Math.min(rotation.size(), MOST_LOOKS); looks > 0; looks--) {
            Ticket ticket = rotation.removeFirst();
            if (isCurrent(ticket)) {
                rotation.addLast(ticket);
                soonestNanos = Math.min(soonestNanos, probeIfDue(ticket, nowNanos));
            }
        }
        if (!entries.isEmpty() || !rotation.isEmpty()) {
            schedule(hasMoreToSee() ? PAUSE_NANOS : Math.max(PAUSE_NANOS, soonestNanos));
        }
    }

    /// Whether there is something that was not looked at yet, or not often enough.
    private boolean hasMoreToSee() {
        Entry oldest = entries.first();
        return rotation.size() > MOST_LOOKS || (oldest != null && !oldest.seen);
    }

    /// Returns whether it stays in the list.
    private boolean lookAt(Entry entry, long nowNanos) {
        boolean again = entry.seen;
        entry.seen = true;
        switch (entry.awaited) {
            case Suspension<?> suspension
            when again -> {
                suspension.becomesLong();
                return false;
            }
            case PendingSend send -> lookAt(send.sender(), nowNanos);
            case Outcome<?> outcome
            when outcome.isDone() -> {
                return false;
            }
            case Outcome<?> outcome -> outcome.forEachWaiter(waiter -> lookAt(cellOf(waiter), nowNanos));
            default -> {}
        }
        return true;
    }

    private static @Nullable Cell cellOf(Waiter waiter) {
        return switch (waiter) {
            case Cell cell -> cell;
            case AwaitAll all -> all.cell();
            case AwaitAny any -> any.cell();
            default -> null; // another shard, which knows it itself, or a plain thread
        };
    }

    private void lookAt(@Nullable Cell cell, long nowNanos) {
        Wait wait = cell == null ? null : Wait.of(cell);
        if (wait != null) {
            Ticket known = tickets.get(wait.cell());
            if (known == null || !known.wait.isSame()) {
                add(wait, nowNanos + PAUSE_NANOS);
            }
        }
    }

    private Ticket add(Wait wait, long dueNanos) {
        Ticket ticket = new Ticket(wait, nextNumber++, dueNanos);
        tickets.put(wait.cell(), ticket);
        rotation.addLast(ticket);
        return ticket;
    }

    /// Whether its wait goes on; else it is forgotten.
    @SuppressWarnings("ReferenceEquality") // a ticket is itself only
    private boolean isCurrent(Ticket ticket) {
        Cell cell = ticket.wait.cell();
        if (tickets.get(cell) != ticket) {
            return false;
        }
        if (ticket.wait.isSame()) {
            ticket.lapsed = false;
            return true;
        }
        if (ticket.lapsed || cell.awaited() != null) {
            tickets.remove(cell);
            return false;
        }
        ticket.lapsed = true;
        return true;
    }

    /// Returns how long it has until the next look.
    private long probeIfDue(Ticket ticket, long nowNanos) {
        long leftNanos = ticket.dueNanos - nowNanos;
        if (ticket.reported) {
            return LONGEST_PAUSE_NANOS;
        }
        if (leftNanos > 0 || ticket.hasProbe || probes >= MOST_PROBES || !ticket.wait.lasts()) {
            return leftNanos;
        }
        ticket.hasProbe = true;
        probes++;
        ticket.dueNanos = nowNanos + ticket.pauseNanos;
        ticket.pauseNanos = Math.min(2 * ticket.pauseNanos, LONGEST_PAUSE_NANOS);
        CycleProbe.start(ticket, local);
        return ticket.dueNanos - nowNanos;
    }

    // Cycles.

    /// The probe is back.
    void ended(Ticket ticket) {
        ticket.hasProbe = false;
        probes--;
    }

    /// That of a wait that goes on; a new one if it has not been seen here yet.
    Ticket ticket(Wait wait) {
        Ticket known = tickets.get(wait.cell());
        if (known != null && known.wait.isSame()) {
            return known;
        }
        return add(wait, local.shard.clock().nanoTime() + PAUSE_NANOS);
    }

    /// Tells the cell once for each wait that this is a part of a cycle. One that goes on nevertheless is not told
    /// again.
    void tell(Wait wait, CycleFound found) {
        Ticket ticket = ticket(wait);
        if (ticket.reported) {
            return;
        }
        if (found.isReportedOnly(wait.cell())) {
            ticket.reported = true;
        } else {
            tickets.remove(wait.cell());
        }
        wait.cell().tell(found);
    }
}
