package dev.rouse.actor;

import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Timer;
import dev.rouse.dispatch.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One shard's part of a [Dump], in two steps on that shard: a command goes through the tree and keeps what is at hand;
/// then turns of a few stacks each, with others in between, look where the suspended ones wait. The taker reads what is
/// there when it has waited long enough.
final class ShardDump extends Turn {
    /// Of one turn that takes stacks. A guess: what a turn of messages may take.
    private static final long SLICE_NANOS = 1_000_000;

    /// How far this part has come. Written by the shard; the taker reads it before `entries`.
    enum Progress {
        /// The shard has not come to it, because one turn holds it.
        BUSY,
        /// The tree is there; more and more places come.
        TREE,
        DONE,
        /// The shard has ended.
        TERMINATED
    }

    /// One line. All but `at` is written before the progress is [Progress#TREE]; `at` may come while others read
    /// it.
    static final class Entry {
        final String path;
        final String state;
        final @Nullable String waitsFor;

        /// -1 where there is none.
        final long ageNanos;

        final long deadlineNanos;
        final int mailboxDepth;
        final int mailboxCapacity;

        @Nullable
        String at;

        @SuppressWarnings("ReferenceEquality") // a cell is itself only
        Entry(Cell cell, @Nullable Cell taker) {
            Driver driver = cell.suspendedDriver();
            Object awaited = cell.awaited();
            path = cell.path();
            state = cell == taker ? "running" : stateOf(cell, driver, awaited);
            waitsFor = cell == taker || awaited == null ? null : means(cell, awaited);
            ageNanos = driver == null || cell == taker ? -1 : driver.suspendedNanos();
            Deadline deadline = cell.deadline;
            if (cell == taker && deadline != null) {
                deadline = deadline.outer; // the innermost one is that of the dump
            }
            deadlineNanos = deadline == null ? -1 : deadline.nanosLeft();
            Mailbox mailbox = cell instanceof ActorCell<?> actor ? actor.mailbox : null;
            mailboxDepth = mailbox == null ? -1 : mailbox.depth();
            mailboxCapacity = mailbox == null ? -1 : mailbox.capacity();
        }
    }

    private record Suspended(Entry entry, Cell cell, Driver driver) {}

    private final LocalSystem local;
    private final int most;
    private final @Nullable Cell taker;
    private final Runnable whenDone;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Suspended> suspended = new ArrayList<>();
    private int next;
    private int alive;
    private int spawning;
    private volatile Progress progress = Progress.BUSY;

    /// @param most entries; the rest is counted
    /// @param taker the function that takes the dump, if one does
    /// @param whenDone called once, on the shard
    ShardDump(LocalSystem local, int most, @Nullable Cell taker, Runnable whenDone) {
        this.local = local;
        this.most = most;
        this.taker = taker;
        this.whenDone = whenDone;
    }

    // Any thread.

    void start() {
        local.shard.submit(new Command() {
            @Override
            protected void execute() {
                goThroughTree();
                local.shard.ready(ShardDump.this);
            }

            @Override
            protected void refused() {
                progress = Progress.TERMINATED;
                whenDone.run();
            }
        });
    }

    Progress progress() {
        return progress;
    }

    LocalSystem local() {
        return local;
    }

    // Once there is a tree.

    List<Entry> entries() {
        return entries;
    }

    int alive() {
        return alive;
    }

    /// Roots that wait for their start.
    int spawning() {
        return spawning;
    }

    // On the shard.

    /// Parents before their children; of siblings the newest first.
    private void goThroughTree() {
        Cell root = local.guardian;
        alive = local.live();
        spawning = local.guardian.mailbox.depth();
        for (Cell cell = root.firstChild(); cell != null && entries.size() < most; cell = cell.nextWithin(root)) {
            Entry entry = new Entry(cell, taker);
            entries.add(entry);
            Driver driver = cell.suspendedDriver();
            if (driver != null) {
                suspended.add(new Suspended(entry, cell, driver));
            }
        }
        progress = Progress.TREE;
    }

    @Override
    protected void run() {
        long startNanos = local.shard.clock().nanoTime();
        while (next < suspended.size()) {
            takePlace(suspended.get(next++));
            if (local.shard.clock().nanoTime() - startNanos >= SLICE_NANOS) {
                local.shard.ready(this);
                return;
            }
        }
        progress = Progress.DONE;
        whenDone.run();
    }

    /// It may have gone on since the tree was gone through, and then has no place.
    @SuppressWarnings("ReferenceEquality") // a driver is itself only
    private static void takePlace(Suspended one) {
        if (one.cell.suspendedDriver() == one.driver) {
            one.entry.at = Where.of(one.driver.stackTrace());
        }
    }

    private static String stateOf(Cell cell, @Nullable Driver driver, @Nullable Object awaited) {
        if (driver != null) {
            return "suspended";
        }
        if (awaited != null) {
            return "resumed";
        }
        if (cell.isEnding()) {
            return "ending";
        }
        return cell.isIdle() ? "idle" : "active";
    }

    private static String means(Cell cell, Object awaited) {
        String what = Waits.describe(cell, awaited);
        return awaited instanceof Timer timer ? what + " in " + Dump.seconds(cell.local.shard.nanosLeft(timer)) : what;
    }
}
