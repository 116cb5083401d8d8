package dev.rouse.dispatch;

import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/// The timers of one shard: O(1) to start and to cancel, never early, a cancelled timer holds nothing.
///
/// Owning shard only.
///
/// A hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 7), with
/// two deviations. Each level keeps a bit set of its occupied slots, so that time jumps from one occupied slot to the
/// next instead of ticking through empty ones (as tokio's timer does). And a timer is placed by the highest bit in
/// which its tick differs from the current one, so that a slot never mixes two rounds of its level.
///
/// Level L has 64 slots of 64^L ticks each. When the time of a slot above level 0 comes, its timers move to lower
/// levels; each timer moves at most once per level. A deadline is rounded up to a whole tick: that is what makes it
/// never early, and up to one tick ([#TICK_NANOS]) late.
final class TimerWheel {
    private static final int TICK_SHIFT = 20;

    /// Resolution, about 1.05 ms: the pollers below can wait no finer than a millisecond. In nanoseconds.
    static final long TICK_NANOS = 1L << TICK_SHIFT;

    /// Later than any tick that a clock comes to.
    private static final long NEVER_TICK = Long.MAX_VALUE >>> 1;

    private static final int SLOT_BITS = 6;
    private static final int SLOTS = 1 << SLOT_BITS;

    /// Six levels span 2^36 ticks, about 834 days; what lies beyond waits in the farthest slot and is placed anew
    /// from there.
    private static final int LEVELS = 6;

    /// How far ahead the top level reaches without coming round to the slot of the current tick.
    private static final long REACH = (long) (SLOTS - 1) << (SLOT_BITS * (LEVELS - 1));

    /// The list of timers whose time has come and that have not been fired yet.
    private static final int DUE = LEVELS * SLOTS;

    private final long originNanos;
    private final @Nullable Timer[] heads = new @Nullable Timer[DUE + 1];
    private final @Nullable Timer[] tails = new @Nullable Timer[DUE + 1];
    private final long[] occupied = new long[LEVELS];
    private long currentTick;
    private int size;
    private int uncounted;

    TimerWheel(long nowNanos) {
        this.originNanos = nowNanos;
    }

    /// Timers that wait for their deadline.
    int size() {
        return size;
    }

    /// Those that take a place in the limit of the shard.
    int counted() {
        return size - uncounted;
    }

    /// @param deadlineNanos `Long.MAX_VALUE` stands for never, whatever the origin of the clock
    void schedule(Timer timer, long deadlineNanos) {
        assert timer.slot == Timer.IDLE : "timer is scheduled already";
        timer.deadlineTick = deadlineNanos == Long.MAX_VALUE ? NEVER_TICK : tickAtOrAfter(deadlineNanos);
        place(timer);
        size++;
        uncounted += timer.uncounted ? 1 : 0;
    }

    /// Those that take a place in the limit of the shard, and when each is due.
    void forEachCounted(ObjLongConsumer<Timer> reader) {
        for (Timer head : heads) {
            for (Timer timer = head; timer != null; timer = timer.next) {
                if (!timer.uncounted && !timer.isMoot()) {
                    reader.accept(timer, deadlineNanos(timer));
                }
            }
        }
    }

    private long deadlineNanos(Timer timer) {
        return originNanos + (Math.min(timer.deadlineTick, NEVER_TICK >>> TICK_SHIFT) << TICK_SHIFT);
    }

    /// Does nothing when the timer is not scheduled.
    void cancel(Timer timer) {
        if (timer.slot == Timer.IDLE) {
            return;
        }
        takeOut(timer);
    }

    private void takeOut(Timer timer) {
        unlink(timer);
        size--;
        uncounted -= timer.uncounted ? 1 : 0;
    }

    /// Fires what is due at `nowNanos`, in the order of ticks, at most `limit` timers, and returns how many.
    int fire(long nowNanos, int limit) {
        if (size == 0) {
            currentTick = Math.max(currentTick, tickAtOrBefore(nowNanos));
            return 0;
        }
        long nowTick = tickAtOrBefore(nowNanos);
        int fired = 0;
        while (fired < limit) {
            Timer timer = heads[DUE];
            if (timer != null) {
                takeOut(timer);
                fired++;
                timer.onExpiry();
            } else if (!turnTo(nowTick)) {
                break;
            }
        }
        return fired;
    }

    /// How long after `nowNanos` the wheel has something to do: 0 when it has now, `Long.MAX_VALUE` when it is
    /// empty. Never longer than until the next deadline, rounded up to a tick.
    long delayNanos(long nowNanos) {
        if (size == 0) {
            return Long.MAX_VALUE;
        }
        if (heads[DUE] != null) {
            return 0;
        }
        long tick = Long.MAX_VALUE;
        for (int level = 0; level < LEVELS; level++) {
            tick = Math.min(tick, nextTick(level));
        }
        return Math.max(0, originNanos + (tick << TICK_SHIFT) - nowNanos);
    }

    /// The time until the timer expires; 0 when it is due or not scheduled.
    long nanosLeft(Timer timer, long nowNanos) {
        if (!timer.isScheduled()) {
            return 0;
        }
        return Math.max(0, deadlineNanos(timer) - nowNanos);
    }

    /// Advances to the earliest occupied slot, at most to `nowTick`, and empties it into lower levels or the due
    /// list. Returns false when there is nothing up to `nowTick`.
    private boolean turnTo(long nowTick) {
        int level = -1;
        long tick = Long.MAX_VALUE;
        for (int candidate = 0; candidate < LEVELS; candidate++) {
            long at = nextTick(candidate);
            // At the same tick the higher level goes first, since it may refill the lower one.
            if (at != Long.MAX_VALUE && at <= tick) {
                tick = at;
                level = candidate;
            }
        }
        if (level < 0 || tick > nowTick) {
            currentTick = Math.max(currentTick, nowTick);
            return false;
        }
        currentTick = Math.max(currentTick, tick);
        int slot = (level << SLOT_BITS) + (int) ((tick >>> (SLOT_BITS * level)) & (SLOTS - 1));
        Timer timer = heads[slot];
        heads[slot] = null;
        tails[slot] = null;
        occupied[level] &= ~(1L << slot);
        while (timer != null) {
            Timer following = timer.next;
            timer.previous = null;
            timer.next = null;
            place(timer);
            timer = following;
        }
        return true;
    }

    /// The tick at which the first occupied slot of the level begins, `Long.MAX_VALUE` when it has none.
    private long nextTick(int level) {
        long bits = occupied[level];
        if (bits == 0) {
            return Long.MAX_VALUE;
        }
        int shift = SLOT_BITS * level;
        int position = (int) ((currentTick >>> shift) & (SLOTS - 1));
        int ahead = Long.numberOfTrailingZeros(Long.rotateRight(bits, position));
        long slotStart = ((currentTick >>> shift) + ahead) << shift;
        return Math.max(slotStart, currentTick);
    }

    private void place(Timer timer) {
        long tick = timer.deadlineTick;
        if (tick <= currentTick) {
            append(timer, DUE);
            return;
        }
        tick = Math.min(tick, currentTick + REACH);
        int level = levelOf(tick);
        append(timer, (level << SLOT_BITS) + (int) ((tick >>> (SLOT_BITS * level)) & (SLOTS - 1)));
    }

    private int levelOf(long tick) {
        long differing = (tick ^ currentTick) | (SLOTS - 1);
        int level = (Long.SIZE - 1 - Long.numberOfLeadingZeros(differing)) / SLOT_BITS;
        // A tick within reach can still differ above the top level, which then wraps around.
        return Math.min(level, LEVELS - 1);
    }

    private void append(Timer timer, int slot) {
        Timer last = tails[slot];
        timer.slot = slot;
        timer.previous = last;
        tails[slot] = timer;
        if (last == null) {
            heads[slot] = timer;
            if (slot != DUE) {
                occupied[slot >>> SLOT_BITS] |= 1L << slot;
            }
        } else {
            last.next = timer;
        }
    }

    private void unlink(Timer timer) {
        int slot = timer.slot;
        Timer before = timer.previous;
        Timer after = timer.next;
        if (before == null) {
            heads[slot] = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            tails[slot] = before;
        } else {
            after.previous = before;
        }
        if (heads[slot] == null && slot != DUE) {
            occupied[slot >>> SLOT_BITS] &= ~(1L << slot);
        }
        timer.slot = Timer.IDLE;
        timer.previous = null;
        timer.next = null;
    }

    private long tickAtOrBefore(long nanos) {
        return Math.max(0, nanos - originNanos) >>> TICK_SHIFT;
    }

    private long tickAtOrAfter(long nanos) {
        long sinceOrigin = Math.max(0, nanos - originNanos);
        return (sinceOrigin >>> TICK_SHIFT) + ((sinceOrigin & (TICK_NANOS - 1)) == 0 ? 0 : 1);
    }
}
