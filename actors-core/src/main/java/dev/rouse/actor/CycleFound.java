package dev.rouse.actor;

import java.util.List;

/// Told to a suspended cell in the place of what it waits for: its wait is a part of a cycle across shards. The cell
/// says so in its own turn, so that the exception has its stack. Owning shard only.
///
/// @param what what is to be said, without the code
/// @param hops a line for each
record CycleFound(String what, List<String> hops) {
    static CycleFound of(Wait wait, List<String> hops, long shards) {
        return new CycleFound(
                "a wait closes a cycle across shards: by=" + wait.cell().path() + ", hops=" + hops.size() + ", shards="
                        + shards,
                hops);
    }

    /// Whether the wait is to go on.
    boolean isReportedOnly(Cell cell) {
        return cell.local.system.rules().policy(Violation.AWAIT_CYCLE) == ViolationPolicy.REPORT;
    }

    /// Counts the violation. In the turn of the cell.
    ///
    /// @throws ViolationException unless the policy is to report
    void report(Cell cell) {
        cell.local.system.rules().broken(cell.path(), new ViolationException(Violation.AWAIT_CYCLE, what, hops));
    }
}
