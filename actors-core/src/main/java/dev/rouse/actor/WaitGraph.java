package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who waits for whom on one shard: finds out, before a wait begins, whether it would close a cycle that nothing can
/// open any more. Owning shard only; one search for each object.
///
/// A cell that is suspended waits for others as follows; whatever else it waits for (a timer, an event source, its
/// inbox, a stage of another library) can come without any of them.
///
/// | it is in | it needs |
/// |---|---|
/// | `await` of a function | the end of that function |
/// | `awaitAll` | the end of each; so one that leads back is enough |
/// | `awaitAny` | the end of one; so it counts only if there is but one |
/// | `await` of an ask | the turn of the target, see below |
/// | a send to a full mailbox | the turn of the target, since only that takes messages out |
///
/// The end of a function needs its turn, and then the ends of its child functions.
///
/// **Asks.** The target owes the reply, and its suspended turn must go on before it can give it, if the message still
/// waits in its mailbox, or is the one that this turn handles (in a direct-style actor: the last one received). If that
/// turn was before, the actor has kept the [ReplyTo] for later, or has handed it on, and nothing is known. A handler
/// that hands its `ReplyTo` on *and* then waits for the asker is taken for a cycle, though it might be none: an actor
/// that is asked must not wait for the asker. Who needs that sets [Violation#AWAIT_CYCLE] to
/// [ViolationPolicy#REPORT].
///
/// **What is left out**, so that a wait that could end is not refused: a cell that is cancelled, or whose deadline has
/// passed, since its wait ends; a turn that runs, is ready, or is blocked in a call of the JDK; and what is on another
/// shard. A deadline that is still to come does not count as a way out: until then nothing would move.
///
/// **Cost.** A wait for what is not itself suspended and has no children costs two loads. Else the search visits at
/// most [#MOST_CELLS] cells.
final class WaitGraph {
    /// Cells that a search visits, so that it never takes longer than some 10 us: a wait on a wide tree is not
    /// checked to its last leaf. A guess.
    private static final int MOST_CELLS = 256;

    /// Hops of a cycle that is found. A guess: longer ones are hard to read.
    static final int MOST_HOPS = 64;

    /// One step on the way: `who` waits for `whom` by such means; by itself when it waits for its child to end.
    record Hop(Cell who, Object means, Cell whom, @Nullable Hop before, int length) {}

    private final Cell goal;
    private final ArrayDeque<Hop> open = new ArrayDeque<>();
    private @Nullable Hop closing;
    private int cells;

    private WaitGraph(Cell goal) {
        this.goal = goal;
    }

    /// Has the class initialised, before a shard starts: on a shard, that could block.
    static void prepare() {}

    // Before a wait.

    /// Called by a function or an actor that is about to await the outcome, which is one of its shard.
    ///
    /// @throws ViolationException if that would close a cycle, and the policy is to fail
    static void beforeAwait(Cell cell, Outcome<?> awaited) {
        if (canLeadBack(cell, awaited)) {
            check(cell, awaited);
        }
    }

    /// As above, for one that awaits many, one of which [can lead back][#canLeadBack].
    static void beforeAwaitAll(Cell cell, AwaitAll wait) {
        check(cell, wait);
    }

    /// As above, for one that waits for room in a mailbox. Returns the violation, or null.
    static @Nullable ViolationException beforeSend(Cell cell, PendingSend send) {
        ActorCell<?> target = send.target();
        if (!cell.isOnShardOf(target) || target.suspendedDriver() == null) {
            return null;
        }
        try {
            check(cell, send);
            return null;
        } catch (ViolationException e) {
            return e;
        }
    }

    /// Cheap, and nearly always false.
    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    static boolean canLeadBack(Cell cell, Outcome<?> awaited) {
        if (awaited instanceof Cell other) {
            return cell.isOnShardOf(other) && (other.suspendedDriver() != null || other.firstChild() != null);
        }
        if (awaited instanceof Ask<?> ask) {
            Cell target = ask.target();
            return target == cell || (cell.isOnShardOf(target) && target.suspendedDriver() != null);
        }
        return false;
    }

    private static void check(Cell cell, Object wait) {
        Hop closing = new WaitGraph(cell).search(wait);
        if (closing != null) {
            List<String> hops = describe(closing, cell);
            String path = cell.path();
            cell.local
                    .system
                    .rules()
                    .broken(
                            path,
                            new ViolationException(
                                    Violation.AWAIT_CYCLE,
                                    "a wait would close a cycle: by=" + path + ", hops=" + hops.size(),
                                    hops));
        }
    }

    // The search.

    private @Nullable Hop search(Object wait) {
        follow(goal, wait, null);
        for (Hop hop = open.pollLast(); hop != null && closing == null && cells < MOST_CELLS; hop = open.pollLast()) {
            cells++;
            expand(hop);
        }
        return closing;
    }

    /// What the last cell of the way waits for.
    private void expand(Hop hop) {
        Cell cell = hop.whom;
        if (cell.isInterrupted() || (needsEnd(hop) && cell instanceof ActorCell<?> && !cell.isEnding())) {
            return; // it will end its wait, or somebody has to stop it anyhow
        }
        Object wait = cell.awaited();
        if (wait != null && cell.suspendedDriver() != null) {
            follow(cell, wait, hop);
        }
        if (needsEnd(hop)) {
            followChildren(cell, hop);
        }
    }

    /// A child that awaits one of its parents is found even if that has not come to its end yet: whatever it does
    /// until then, it ends after the child.
    private void followChildren(Cell cell, Hop hop) {
        Cell child = cell instanceof FunctionCell ? childTowards(goal, cell) : null;
        if (child != null) {
            step(cell, cell, child, hop);
            return;
        }
        if (!cell.isEnding()) {
            return;
        }
        for (Cell each = cell.firstChild(); each != null; each = each.nextSibling()) {
            if (each instanceof FunctionCell) { // an actor is stopped, and its wait thereby ended
                step(cell, cell, each, hop);
            }
        }
    }

    /// The child of `above` on the way down to `cell` through functions only; null if there is none.
    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private static @Nullable Cell childTowards(Cell cell, Cell above) {
        Cell child = cell;
        for (int hops = 0; hops < MOST_HOPS && child instanceof FunctionCell; hops++) {
            if (child.parent == above) {
                return child;
            }
            child = child.parent;
        }
        return null;
    }

    private void follow(Cell who, Object wait, @Nullable Hop before) {
        switch (wait) {
            case AwaitAll all -> {
                for (Outcome<?> outcome : all.awaited()) {
                    followOutcome(who, wait, outcome, before);
                }
            }
            case AwaitAny any -> {
                Outcome<?> only = any.only();
                if (only != null) {
                    followOutcome(who, wait, only, before);
                }
            }
            case PendingSend send when send.isWaiting() -> step(who, wait, send.target(), before);
            case Outcome<?> outcome -> followOutcome(who, wait, outcome, before);
            default -> {}
        }
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private void followOutcome(Cell who, Object wait, Outcome<?> outcome, @Nullable Hop before) {
        if (outcome.isDone()) {
            return;
        }
        switch (outcome) {
            case Ask<?> ask when ask.isOwedByTurn() -> step(who, ask, ask.target(), before);
            case Cell cell when cell != who -> step(who, wait, cell, before); // else it waits for its inbox
            default -> {}
        }
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private void step(Cell who, Object means, Cell whom, @Nullable Hop before) {
        int length = before == null ? 1 : before.length + 1;
        if (length > MOST_HOPS || !who.isOnShardOf(whom)) {
            return;
        }
        Hop hop = new Hop(who, means, whom, before, length);
        if (whom == goal) {
            closing = hop;
        } else {
            open.addLast(hop);
        }
    }

    /// Whether the way goes through the end of the last cell, and not only through its turn. An actor ends when it
    /// is stopped, which also ends what its turn waits for.
    private static boolean needsEnd(Hop hop) {
        return !(hop.means instanceof Ask<?> || hop.means instanceof PendingSend);
    }

    // The report.

    /// A line for each hop, from the cell that closes the cycle on.
    private static List<String> describe(Hop closing, Cell closer) {
        List<Hop> hops = new ArrayList<>();
        for (Hop hop = closing; hop != null; hop = hop.before) {
            hops.add(hop);
        }
        Collections.reverse(hops);
        return hops.stream().map(hop -> line(hop, closer)).toList();
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private static String line(Hop hop, Cell closer) {
        String how = switch (hop.means) {
            case Ask<?> _ -> " asks ";
            case PendingSend _ -> " sends to the full mailbox of ";
            default -> hop.means == hop.who ? " ends after " : " awaits ";
        };
        return hop.who.path() + how + hop.whom.path() + ", at " + place(hop.who, closer);
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private static String place(Cell cell, Cell closer) {
        if (cell == closer) {
            return Where.of(Thread.currentThread().getStackTrace());
        }
        Driver driver = cell.suspendedDriver();
        return driver == null ? "its end" : Where.of(driver.stackTrace());
    }
}
