package dev.rouse.actor;

import dev.rouse.actor.Supervision.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A joint restart of child actors of one parent, led by the one that has failed, in its turn. Owning shard only.
///
/// **The order.** (1) The members are halted, the newest first, each after the one before is down: what a member waits
/// for is cancelled, its children stop, `onStop` runs. (2) The leader waits as before any restart. (3) They start, the
/// oldest first, each after the one before has started. The leader goes down and starts in its place among them. A
/// member that takes longer than its [stop timeout][ActorOptions#withStopTimeout] to go down or to start is not waited
/// for.
///
/// A member that fails to start fails the leader, whose supervision decides again. When that gives up, all members
/// stop.
///
/// An actor is in one group at a time: who wants to lead others waits until the groups of all of them are done, and is
/// itself free to be halted meanwhile. A member that is stopped leaves: its end is waited for, if it has begun to go
/// down, and no start.
final class GroupRestart {
    /// The part of one actor in it.
    static final class Member {
        private final GroupRestart group;
        private final ActorCell<?> cell;

        /// From the end of its behaviour until it goes on, after its release.
        private boolean down;

        private boolean released;
        private boolean started;
        private @Nullable Throwable failure;

        private Member(GroupRestart group, ActorCell<?> cell) {
            this.group = group;
            this.cell = cell;
        }

        /// In its turn, when its behaviour has ended: waits until it may start again, or is to stop.
        void awaitRelease() {
            down = true;
            group.leader.wake();
            cell.awaitRegardless(() -> released || cell.isToStop(), Long.MAX_VALUE);
            down = false;
        }

        boolean isDown() {
            return down;
        }

        void hasStarted() {
            started = true;
            group.leader.wake();
        }

        /// It could not be started. Returns whether that is the leader's affair.
        boolean hasFailed(Throwable why) {
            if (group.dissolved) {
                return false;
            }
            failure = why;
            released = false;
            cell.halt();
            hasStarted();
            return true;
        }

        /// It was stopped meanwhile: nobody is to wait for it any more.
        void hasEnded() {
            group.leader.wake();
        }

        private boolean isGone() {
            return cell.isToStop() || cell.isDone();
        }

        /// Again, it takes back a release that the member has not come to yet, and does nothing to one that
        /// goes down.
        void halt() {
            released = false;
            if (!down && !cell.isHalted()) {
                cell.halt();
            }
            started = false;
            failure = null;
        }

        void release() {
            released = true;
            cell.wake();
        }
    }

    private final ActorCell<?> leader;

    /// In the order of their start, the leader among them.
    private final List<Member> members = new ArrayList<>();

    /// Those who wait for the end of this group, to lead one of their own.
    private final List<Cell> waiting = new ArrayList<>();

    private boolean dissolved;

    private GroupRestart(ActorCell<?> leader, List<ActorCell<?>> cells) {
        this.leader = leader;
        for (ActorCell<?> cell : cells) {
            Member member = new Member(this, cell);
            members.add(member);
            cell.annex().member = member;
        }
    }

    /// Makes a group; waits until none of its members is in another one. Returns null if the leader is to stop, or
    /// is halted itself, first.
    static @Nullable GroupRestart form(ActorCell<?> leader, Scope scope) {
        while (!leader.isToStop() && !leader.isHalted()) {
            List<ActorCell<?>> cells = inScope(leader, scope);
            GroupRestart other = groupOfAny(cells);
            if (other == null) {
                return new GroupRestart(leader, cells);
            }
            other.waiting.add(leader);
            leader.awaitRegardless(() -> other.dissolved || leader.isToStop() || leader.isHalted(), Long.MAX_VALUE);
            other.waiting.remove(leader);
        }
        return null;
    }

    private static List<ActorCell<?>> inScope(ActorCell<?> leader, Scope scope) {
        List<ActorCell<?>> siblings = leader.siblingActors();
        int first = scope == Scope.REST ? siblings.indexOf(leader) : 0;
        return siblings.subList(first, siblings.size());
    }

    private static @Nullable GroupRestart groupOfAny(List<ActorCell<?>> cells) {
        for (ActorCell<?> cell : cells) {
            Member member = cell.annex().member;
            if (member != null) {
                return member.group;
            }
        }
        return null;
    }

    /// In the leader's turn. Returns what has failed to start, if anything has.
    @Nullable
    Throwable run(Supervised supervised, Throwable failure) throws Exception {
        for (Member member : members.reversed()) {
            if (member.cell == leader) {
                leader.tearDown(failure);
            } else if (!member.isGone()) {
                member.halt();
                await(member, () -> member.down);
            }
        }
        supervised.awaitBackoff();
        for (Member member : members) {
            if (leader.isToStop()) {
                return null;
            }
            if (member.cell == leader) {
                supervised.start();
            } else if (!member.isGone()) {
                member.release();
                await(member, () -> member.started);
                if (member.failure != null) {
                    return member.failure;
                }
            }
        }
        return null;
    }

    private void await(Member member, BooleanSupplier condition) {
        leader.awaitRegardless(
                () -> condition.getAsBoolean() || member.cell.isDone() || leader.isToStop(), member.cell.stopNanos());
    }

    /// The end of the group, with what the leader has come to.
    void dissolve() {
        dissolved = true;
        for (Member member : members) {
            member.cell.annex().member = null;
            if (member.cell == leader) {
                continue;
            }
            if (leader.hasFailed()) {
                member.cell.cancelLocally();
            } else if (!member.released) {
                member.release();
            }
        }
        waiting.forEach(Cell::wake);
    }
}
