package dev.rouse.actor;

import dev.rouse.dispatch.Command;

/// Looks for a cycle of waits that goes through one wait and other shards, by carrying a [WaitGraph] from shard to
/// shard along what is waited for. When it has found one, a [CycleCheck] goes round it once more.
///
/// It is the edge chasing of Chandy, Misra and Haas ("Distributed Deadlock Detection", ACM TOCS 1983), in their AND
/// model: a cell that waits for several needs them all, and one that waits for one of several is no part of a cycle.
/// The differences: one probe carries its frontier along, in place of many that fork, so that its messages have a bound
/// and no shard keeps state about it; a probe starts only once a wait has lasted (see [LongWaits]); and a cycle that
/// was found is gone round again before a member is refused.
///
/// **Why what comes back is a cycle.** Let `O -> X1 -> ... -> Xn -> O` be what the probe went, with `O` suspended in
/// one and the same wait from its start at `t0` to its end at `t`. A hop `Xi -> Xi+1` is taken in two looks. On the
/// shard of
/// `Xi`, at `ti`: it is suspended in this wait. On the shard of `Xi+1`, at `ti+1`, in the same step that finds that one
/// suspended: it has not given yet what `Xi` waits for, be it a reply, room in its mailbox, or its end. Only `Xi+1`
/// gives that, in its turn or by its end. Now backwards: `O` does not go on from `t0` to `t`, and at `t` it still owes
/// `Xn`: so
/// `Xn` waits from `tn` to `t`, has not gone on, and still owes `Xn-1`; and so on to `X1`. At `t` all of them wait for
/// each other.
///
/// That holds as long as no wait is ended from elsewhere, by a cancellation or a deadline. Hence the second round: if
/// each member, looked at after `t`, is still in the very wait of the first round (see [Wait]), and not interrupted,
/// then none was interrupted by `t`, and at `t` the cycle was whole. A cancellation that comes after the look at its
/// target is too late, as it is on one shard. What a third may still do is left out as it is there: see [WaitGraph].
///
/// Carried by one shard at a time, through the lanes, which is what makes plain fields do. It holds what it has met as
/// long as it is under way, and ends on the shard where it began, or with that.
final class CycleProbe extends Command {
    /// Times that a probe changes shards. A guess: it takes along all hops to the same shard at once.
    private static final int MOST_MOVES = 128;

    private final LongWaits.Ticket ticket;
    private final LocalSystem home;
    private final WaitGraph graph;
    private LocalSystem at;
    private int moves;

    private CycleProbe(LongWaits.Ticket ticket, LocalSystem home) {
        this.ticket = ticket;
        this.home = home;
        this.at = home;
        this.graph = WaitGraph.from(ticket.wait);
    }

    /// On the shard of the cell that waits. The probe comes back to [LongWaits#ended].
    static void start(LongWaits.Ticket ticket, LocalSystem home) {
        new CycleProbe(ticket, home).moveOn();
    }

    /// It has come to a shard.
    @Override
    protected void execute() {
        boolean ended = true;
        try {
            graph.goOnOn(at);
            ended = false;
        } finally {
            if (ended) {
                goHome();
            }
        }
        moveOn();
    }

    private void moveOn() {
        LocalSystem next = ++moves > MOST_MOVES ? null : graph.next();
        if (next == null) {
            goHome();
        } else {
            at = next;
            next.shard.submit(this);
        }
    }

    /// The shard has terminated, and the waits on it are ended in another way. Any thread.
    @Override
    protected void refused() {
        goHome();
    }

    private void goHome() {
        home.shard.submit(new Outcome.OwnerCommand() {
            @Override
            protected void execute() {
                home.longWaits.ended(ticket);
                WaitGraph.Hop closing = graph.closing();
                if (closing != null) {
                    CycleCheck.start(closing);
                }
            }
        });
    }
}
