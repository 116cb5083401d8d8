package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Who waits for whom: finds out, before a wait begins, whether it would close a cycle on its shard that nothing can
/// open any more. A [CycleProbe] carries such a search on through the other shards, for a wait that lasts. Owning shard
/// only, or the one that it was carried to; one search for each object.
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
/// passed, since its wait ends; a turn that runs, is ready, or is blocked in a call of the JDK; what is in another
/// system; and, before a wait, what is on another shard. A deadline that is still to come does not count as a way out:
/// until then nothing would move.
///
/// **Cost.** A wait for what is not itself suspended and has no children costs two loads. Else the search visits at
/// most [#MOST_CELLS] cells.
final class WaitGraph {
    /// Cells that a search visits, so that it never takes longer than some 10 us: a wait on a wide tree is not
    /// checked to its last leaf. A guess.
    private static final int MOST_CELLS = 256;

    /// Hops of a cycle that is found. A guess: longer ones are hard to read.
    static final int MOST_HOPS = 64;

    /// One step on the way: the cell that is in this wait needs `whom` by such means; itself when it waits for its
    /// child to end.
    record Hop(Wait in, Object means, Cell whom, @Nullable Hop before, int length) {
        Cell who() {
            return in.cell();
        }

        boolean leavesShard() {
            return !who().isOnShardOf(whom);
        }

        /// Whether `whom` has not given yet what is waited for. On the shard of `whom`, which alone gives it.
        boolean isOwed() {
            return switch (means) {
                case Ask<?> ask -> !ask.isDone() && ask.isOwedByTurn();
                case PendingSend send -> send.isWaiting();
                default -> !whom.isDone();
            };
        }

        /// Whether it goes through the end of `whom`, and not only through its turn.
        boolean needsEnd() {
            return !(means instanceof Ask<?> || means instanceof PendingSend);
        }

        /// Whether `whom` may be unable to go on by itself. Not if it was interrupted, since that ends its
        /// wait. And not if the end of an actor is needed: somebody has to stop that anyhow, which also ends
        /// what its turn waits for. On the shard of `whom`.
        boolean isStuck() {
            return !whom.isInterrupted() && !(needsEnd() && whom instanceof ActorCell<?> && !whom.isEnding());
        }
    }

    private final Cell goal;
    private final ArrayDeque<Hop> open = new ArrayDeque<>();

    /// Hops to other shards; null for a search that stays on one.
    private final @Nullable ArrayDeque<Hop> elsewhere;

    private @Nullable Hop closing;
    private int cells;

    private WaitGraph(Cell goal, @Nullable ArrayDeque<Hop> elsewhere) {
        this.goal = goal;
        this.elsewhere = elsewhere;
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
        Recipient<?> target = send.target();
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
        Hop closing = new WaitGraph(cell, null).search(new Wait(cell, wait, cell.deadline));
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

    // A search that goes from shard to shard: see [CycleProbe].

    /// Begins a search for a cycle through this wait, on the shard of its cell.
    static WaitGraph from(Wait wait) {
        WaitGraph graph = new WaitGraph(wait.cell(), new ArrayDeque<>());
        graph.follow(wait, null);
        graph.goThroughOpen();
        return graph;
    }

    /// Goes on with the hops that lead to this shard, on it.
    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    void goOnOn(LocalSystem here) {
        if (elsewhere != null) {
            elsewhere.removeIf(hop -> {
                boolean arrives = hop.whom.local == here;
                if (arrives && hop.isOwed()) {
                    add(hop);
                }
                return arrives;
            });
            goThroughOpen();
        }
    }

    /// Where the search has to go on; null when it is over.
    @Nullable
    LocalSystem next() {
        if (closing != null || cells >= MOST_CELLS || elsewhere == null || elsewhere.isEmpty()) {
            return null;
        }
        return elsewhere.getLast().whom.local;
    }

    /// The last hop of the cycle that was found; null while there is none.
    @Nullable
    Hop closing() {
        return closing;
    }

    // The search.

    private @Nullable Hop search(Wait wait) {
        follow(wait, null);
        goThroughOpen();
        return closing;
    }

    private void goThroughOpen() {
        for (Hop hop = open.pollLast(); hop != null && closing == null && cells < MOST_CELLS; hop = open.pollLast()) {
            cells++;
            expand(hop);
        }
    }

    /// What the last cell of the way waits for.
    private void expand(Hop hop) {
        if (!hop.isStuck()) {
            return;
        }
        Cell cell = hop.whom;
        Wait wait = Wait.of(cell);
        if (wait != null) {
            follow(wait, hop);
        }
        if (hop.needsEnd()) {
            followChildren(cell, hop);
        }
    }

    /// A child that awaits one of its parents is found even if that has not come to its end yet: whatever it does
    /// until then, it ends after the child.
    private void followChildren(Cell cell, Hop hop) {
        Wait end = new Wait(cell, null, null);
        Cell child = cell instanceof FunctionCell && cell.isOnShardOf(goal) ? childTowards(goal, cell) : null;
        if (child != null) {
            step(end, cell, child, hop);
            return;
        }
        if (!cell.isEnding()) {
            return;
        }
        for (Cell each = cell.firstChild(); each != null; each = each.nextSibling()) {
            if (each instanceof FunctionCell) { // an actor is stopped, and its wait thereby ended
                step(end, cell, each, hop);
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

    private void follow(Wait wait, @Nullable Hop before) {
        switch (wait.object()) {
            case AwaitAll all -> {
                for (Outcome<?> outcome : all.awaited()) {
                    followOutcome(wait, outcome, before);
                }
            }
            case AwaitAny any -> {
                Outcome<?> only = any.only();
                if (only != null) {
                    followOutcome(wait, only, before);
                }
            }
            case PendingSend send when send.isWaiting() -> step(wait, send, send.target(), before);
            case Outcome<?> outcome -> followOutcome(wait, outcome, before);
            case null, default -> {}
        }
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private void followOutcome(Wait wait, Outcome<?> outcome, @Nullable Hop before) {
        if (outcome.isDone()) {
            return;
        }
        switch (outcome) {
            case RemoteAwait remote -> followOutcome(wait, remote.remote(), before);
            case Ask<?> ask -> step(wait, ask, ask.target(), before);
            case Cell cell
            when cell != wait.cell() ->
                step(wait, Objects.requireNonNull(wait.object()), cell, before); // else it waits for its inbox
            default -> {}
        }
    }

    private void step(Wait wait, Object means, Cell whom, @Nullable Hop before) {
        int length = before == null ? 1 : before.length + 1;
        if (length > MOST_HOPS) {
            return;
        }
        if (wait.cell().isOnShardOf(whom)) {
            Hop hop = new Hop(wait, means, whom, before, length);
            if (hop.isOwed()) {
                add(hop);
            }
        } else if (elsewhere != null
                && elsewhere.size() < MOST_CELLS
                && wait.cell().isInSystemOf(whom)) {
            elsewhere.addLast(new Hop(wait, means, whom, before, length));
        }
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private void add(Hop hop) {
        if (hop.whom != goal) {
            open.addLast(hop);
        } else if (elsewhere == null || hop.isStuck()) {
            closing = hop;
        }
    }

    // The report.

    /// The hops of a cycle, from the one that leaves the goal on.
    static List<Hop> hops(Hop closing) {
        List<Hop> hops = new ArrayList<>();
        for (Hop hop = closing; hop != null; hop = hop.before) {
            hops.add(hop);
        }
        Collections.reverse(hops);
        return hops;
    }

    /// A line for each hop, from the cell that closes the cycle on.
    private static List<String> describe(Hop closing, Cell closer) {
        return hops(closing).stream()
                .map(hop -> line(hop, placeOf(hop.who(), closer)))
                .toList();
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    static String line(Hop hop, String place) {
        Cell who = hop.who();
        String how = switch (hop.means) {
            case Ask<?> _ -> " asks ";
            case PendingSend _ -> " sends to the full mailbox of ";
            default -> hop.means == who ? " ends after " : " awaits ";
        };
        return who.path() + how + hop.whom.path() + ", at " + place;
    }

    @SuppressWarnings("ReferenceEquality") // a cell is itself only
    private static String placeOf(Cell cell, Cell closer) {
        return cell == closer ? Where.of(Thread.currentThread().getStackTrace()) : placeOf(cell);
    }

    /// Where a suspended cell waits. Owning shard only.
    static String placeOf(Cell cell) {
        Driver driver = cell.suspendedDriver();
        return driver == null ? "its end" : Where.of(driver.stackTrace());
    }
}
