package dev.rouse.actor;

import dev.rouse.dispatch.Turn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Goes once more round a cycle that a [CycleProbe] has found, and ends in a refusal of one wait if it is still whole:
/// why that is so, see there. On the way it takes down where each member waits.
///
/// **Exactly one is refused**, also if several members have found the cycle at the same time. Of the hops that leave a
/// shard, the victim is on the shard with the lowest index, and there it is the one with the oldest [LongWaits.Ticket]:
/// whoever finds the cycle chooses the same one. The round begins and ends with the victim; when a second one gets
/// there, the victim does not wait any more.
///
/// Carried by one shard at a time. A stack takes some 10 us, so it goes on in a turn of its own on each shard.
final class CycleCheck {
    private final List<WaitGraph.Hop> hops;
    private final List<String> lines = new ArrayList<>();

    /// The member that is next; the first one again at the end.
    private int next;

    private CycleCheck(List<WaitGraph.Hop> hops) {
        this.hops = hops;
    }

    /// Any shard.
    static void start(WaitGraph.Hop closing) {
        CycleCheck check = new CycleCheck(WaitGraph.hops(closing));
        LocalSystem lowest = null;
        for (WaitGraph.Hop hop : check.hops) {
            LocalSystem local = hop.who().local;
            if (hop.leavesShard() && (lowest == null || local.shard.index() < lowest.shard.index())) {
                lowest = local;
            }
        }
        if (lowest != null) { // else it is a matter of one shard, and was seen to before the wait
            LocalSystem first = lowest;
            submit(first, () -> check.begin(first));
        }
    }

    private static void submit(LocalSystem local, Runnable step) {
        local.shard.submit(new Outcome.OwnerCommand() {
            @Override
            protected void execute() {
                step.run();
            }
        });
    }

    // On the shard of the victim.

    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    private void begin(LocalSystem local) {
        int victim = -1;
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < hops.size(); i++) {
            WaitGraph.Hop hop = hops.get(i);
            if (hop.leavesShard() && hop.who().local == local && hop.in().lasts()) {
                long number = local.longWaits.ticket(hop.in()).number;
                if (number < oldest) {
                    oldest = number;
                    victim = i;
                }
            }
        }
        if (victim >= 0) {
            Collections.rotate(hops, -victim);
            local.shard.ready(new Visit(local));
        }
    }

    // On the shard of the next member.

    private final class Visit extends Turn {
        private final LocalSystem local;

        Visit(LocalSystem local) {
            this.local = local;
        }

        @Override
        protected void run() {
            visit(local);
        }
    }

    /// Looks at members as far as they are on this shard.
    @SuppressWarnings("ReferenceEquality") // there is one for each shard
    private void visit(LocalSystem local) {
        while (true) {
            WaitGraph.Hop before = hops.get(Math.floorMod(next - 1, hops.size()));
            WaitGraph.Hop hop = hops.get(next % hops.size());
            LocalSystem owner = hop.who().local;
            if (owner != local) {
                submit(owner, () -> owner.shard.ready(new Visit(owner)));
                return;
            }
            boolean last = next == hops.size();
            // First what may take its time: after the look, nothing blocks.
            CycleFound found = last ? found(hop) : null;
            String line = last ? "" : WaitGraph.line(hop, WaitGraph.placeOf(hop.who()));
            if (!isWhole(before, hop)) {
                return;
            }
            if (found != null) {
                local.longWaits.tell(hop.in(), found);
                return;
            }
            lines.add(line);
            next++;
        }
    }

    /// Whether the member still owes the one before it, and waits for the next one.
    private boolean isWhole(WaitGraph.Hop before, WaitGraph.Hop hop) {
        if (next > 0 && !(before.isOwed() && before.isStuck())) {
            return false;
        }
        return hop.in().object() == null || hop.in().lasts();
    }

    private CycleFound found(WaitGraph.Hop victim) {
        long shards = hops.stream().map(hop -> hop.who().local).distinct().count();
        return CycleFound.of(victim.in(), List.copyOf(lines), shards);
    }
}
