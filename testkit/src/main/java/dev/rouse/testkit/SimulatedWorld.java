package dev.rouse.testkit;

import dev.rouse.dispatch.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The machine that simulated systems run on: only one of their threads runs at any moment, and which one, when several
/// could, is drawn from the seed.
///
/// Its threads, the [Member]s, are the shards, the thread that made the simulation, and those that a system starts
/// beside its shards. One of them is *running*: it alone draws, reads and moves the time, and writes the log, so that
/// all of that is the same whenever the seed is. It hands over at the begin of a pass, and when it waits. When all
/// wait, time jumps to where the first of them goes on, or to the next event of the network.
///
/// All state belongs to the running thread; the lock guards the hand-over, and what foreign threads may do: wake a
/// shard.
final class SimulatedWorld {
    /// How finely a time is drawn.
    private static final int TIME_STEPS = 1_024;

    /// Jumps of the time after which no turn has run, in which the runtime could look after what waits, such as for
    /// cycles. From here on time goes to where anything else comes about, and if nothing does, never will. A guess.
    private static final int IDLE_JUMPS = 1_000;

    /// Turns for one wait of the maker, and jumps of the time without a turn; more are taken for a loop without
    /// end. A guess: some minutes.
    private static final long MOST_TURNS = 20_000_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Member> members = new ArrayList<>();
    private final Timeline time = new Timeline();
    private final Choices choices;
    private final Trace trace;
    private final Invariants invariants;
    private final Escapes escapes;
    private final Faults faults;
    private final List<Left> left = new ArrayList<>();
    private final Member maker;
    private Member running;

    private int idleJumps;
    private long turnsBefore;
    private long turnsInVain;
    private long mostTurns = MOST_TURNS;
    private boolean timeStands;
    private boolean stuck;
    private boolean explains;

    /// By what is said of a wait in vain.
    private UnaryOperator<String> explanation = why -> why;

    SimulatedWorld(Choices choices, Trace trace) {
        this.choices = choices;
        this.trace = trace;
        this.invariants = new Invariants(trace);
        this.escapes = new Escapes(lock);
        this.maker = member("test", Thread.currentThread());
        this.running = maker;
        this.faults = new Faults(this);
        members.add(maker);
    }

    private Member member(String name, Thread thread) {
        return new Member(name, members.size(), thread, time, lock.newCondition());
    }

    // The hand-over.

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /// By the running thread, under the lock, when it could go on or has said what it waits for: another one may go
    /// first.
    void handOver(Member me) {
        grantNext();
        me.awaitGrant();
    }

    private void grantNext() {
        Member next = choose();
        running = next;
        next.grant();
    }

    private Member choose() {
        invariants.check();
        time.fireDue();
        List<Member> ready = ready();
        while (ready.isEmpty() && !timeStands && jump()) {
            time.fireDue();
            ready = ready();
        }
        if (invariants.areBroken() || escapes.areUrgent()) {
            return maker;
        }
        turnsInVain = Math.max(trace.turns() - turnsBefore, idleJumps > MOST_TURNS ? idleJumps : 0);
        if (ready.isEmpty() || turnsInVain > mostTurns) {
            stuck = true;
            return maker;
        }
        int[] numbers = new int[ready.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = ready.get(i).number;
        }
        return ready.get(choices.thread(numbers));
    }

    /// Those that can go on; the running one comes last.
    private List<Member> ready() {
        List<Member> ready = new ArrayList<>(members.size());
        int first = members.indexOf(running) + 1;
        for (int i = 0; i < members.size(); i++) {
            Member each = members.get((first + i) % members.size());
            if (each.canGoOn()) {
                ready.add(each);
            }
        }
        return ready;
    }

    /// To the first moment at which somebody goes on or something comes about; false if there is none.
    private boolean jump() {
        long event = time.nextNanos();
        long first = event;
        boolean areLookedAfter = idleJumps < IDLE_JUMPS;
        for (Member each : members) {
            first = Math.min(first, areLookedAfter ? each.goesOnAtNanos() : each.goesOnForItselfAtNanos());
        }
        if (first == Timeline.FOREVER) {
            return false;
        }
        if (first != event) {
            idleJumps++;
        }
        time.reach(first);
        return true;
    }

    // By the running thread.

    long nanoTime() {
        return time.nanoTime();
    }

    /// So long from now, or for ever.
    long after(long nanos) {
        return time.after(nanos);
    }

    Choices choices() {
        return choices;
    }

    Invariants invariants() {
        return invariants;
    }

    Escapes escapes() {
        return escapes;
    }

    Faults faults() {
        return faults;
    }

    /// A time between the two.
    long time(long leastNanos, long mostNanos) {
        long range = mostNanos - leastNanos;
        return range == 0 ? leastNanos : leastNanos + range * choices.amount(TIME_STEPS + 1) / TIME_STEPS;
    }

    /// An amount below the bound; 0 for a thread that is none of the simulation's, which must not change what is
    /// drawn next.
    int drawUnlessForeign(int bound) {
        lock.lock();
        try {
            return isForeign() ? 0 : choices.amount(bound);
        } finally {
            lock.unlock();
        }
    }

    /// Has something come about then. Of what comes at the same time the one that was first sent comes first.
    void at(long nanos, Runnable action) {
        sharesNetwork();
        time.at(nanos, action);
    }

    /// What the running one does depends on what others have done to the network before.
    void sharesNetwork() {
        choices.looked(Choices.NETWORK);
    }

    /// Time goes on by so much, whatever is due meanwhile.
    void jump(long nanos) {
        time.reach(time.after(nanos));
    }

    /// A line in the log for something that no turn does.
    void note(String who, String what) {
        trace.note(time.nanoTime(), who, what);
    }

    // Shards.

    SimulatedShard shard(String name) {
        SimulatedShard added = new SimulatedShard(this, name, members.size(), time, lock.newCondition());
        add(added);
        return added;
    }

    /// The one of this name.
    ///
    /// @throws IllegalArgumentException if there is none, or more than one
    SimulatedShard shardOf(String name) {
        List<SimulatedShard> named = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Member each : members) {
            if (each instanceof SimulatedShard shard && !shard.hasEnded()) {
                names.add(shard.name);
                if (shard.name.equals(name)) {
                    named.add(shard);
                }
            }
        }
        if (named.isEmpty()) {
            throw new IllegalArgumentException("there is no such shard: name=" + name + ", shards=" + names);
        }
        if (named.size() > 1) {
            throw new IllegalArgumentException("several shards have this name: name=" + name + ", shards=" + names
                    + "; give the systems of a host names of their own");
        }
        return named.getFirst();
    }

    /// The running one.
    ///
    /// @throws IllegalStateException if it is none
    SimulatedShard runningShard() {
        if (running instanceof SimulatedShard shard) {
            return shard;
        }
        throw new IllegalStateException("only a shard waits for sockets: thread=" + running.name);
    }

    /// Under the lock, since foreign threads look for themselves among the members.
    private void add(Member member) {
        lock.lock();
        try {
            members.add(member);
        } finally {
            lock.unlock();
        }
    }

    /// A shard comes to a pass, under the lock: returns when it is the one that runs.
    @SuppressWarnings("ReferenceEquality") // a member is itself only
    void begin(SimulatedShard shard) {
        if (running == shard && !shard.isGranted()) {
            faults.beforePass(shard);
            handOver(shard);
        } else {
            shard.awaitGrant();
        }
    }

    /// A pass takes time, but where only orders count.
    void passTakes(long nanos) {
        if (choices.isTimeTaken()) {
            time.reach(time.after(nanos));
        }
    }

    void taken(String shard, String turn) {
        invariants.check();
        idleJumps = 0;
        trace.add(time.nanoTime(), shard, turn);
    }

    /// The turn that runs handles a message.
    void takes(Object message) {
        if (!isForeign()) {
            trace.note(time.nanoTime(), running.name, Trace.INDENT + "takes " + Trace.text(message));
        }
    }

    /// The turn that runs waits.
    void suspends(String awaited) {
        if (!isForeign()) {
            trace.note(time.nanoTime(), running.name, Trace.INDENT + "waits for " + awaited);
        }
    }

    /// The caller hands something to a shard, under the lock.
    ///
    /// @return whose doing it is
    int handsOver(SimulatedShard to) {
        choices.handed(to.number);
        if (isForeign()) {
            escapes.acted(to.name);
        }
        return running.number;
    }

    /// On a shard the running one is a shard; else it is the thread that calls.
    boolean isForeign() {
        Thread expected = running.thread;
        return expected == null ? !isOnConductedShard() : !expected.equals(Thread.currentThread());
    }

    private static boolean isOnConductedShard() {
        Shard shard = Shard.current();
        return shard != null && shard.conductor() != null;
    }

    void leave(Member me) {
        lock.lock();
        try {
            me.end();
            grantNext();
        } finally {
            lock.unlock();
        }
    }

    /// @param isMoot whether it is nothing by the end, after all
    private record Left(String what, BooleanSupplier isMoot) {}

    /// For the account at the end.
    void left(String what, BooleanSupplier isMoot) {
        left.add(new Left(what, isMoot));
    }

    /// After the end of the test nothing more is sent, and what is lost then was on its way.
    void lost(String bytes) {
        if (escapes.isAtEnd()) {
            left("bytes were on their way, and there was none: " + bytes, () -> false);
        }
    }

    /// Once all has ended.
    List<String> left() {
        return left.stream()
                .filter(each -> !each.isMoot().getAsBoolean())
                .map(Left::what)
                .toList();
    }

    // Other threads.

    void start(String name, Runnable work) {
        Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(() -> join(work));
        add(member("thread " + name, thread));
        thread.start();
    }

    private void join(Runnable work) {
        Member me = caller();
        lock.lock();
        try {
            me.awaitGrant();
        } finally {
            lock.unlock();
        }
        try {
            work.run();
        } finally {
            leave(me);
        }
    }

    boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException {
        Member me = caller();
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (latch.getCount() > 0 && atMostNanos > 0 && !isWaitedFor(me, latch, atMostNanos)) {
            throw new StuckException(explain(whyInVain()));
        }
        if (me.equals(maker)) {
            throwIfFailed();
        }
        return latch.getCount() == 0;
    }

    private void throwIfFailed() {
        AssertionError failure = invariants.take();
        if (failure != null) {
            throw failure;
        }
        String blocked = escapes.isAtEnd() ? null : escapes.takeBlocked();
        if (blocked != null) {
            throw new AssertionError(blocked);
        }
    }

    /// Returns false if the caller is the maker, and nothing can go on or is ever done.
    private boolean isWaitedFor(Member me, CountDownLatch latch, long atMostNanos) {
        lock.lock();
        try {
            if (me.equals(maker)) {
                turnsBefore = trace.turns();
                idleJumps = 0;
            }
            me.waitFor(latch, atMostNanos);
            handOver(me);
            boolean inVain = stuck && me.equals(maker) && !explains;
            stuck &= !me.equals(maker);
            return !inVain;
        } finally {
            lock.unlock();
        }
    }

    private String whyInVain() {
        if (turnsInVain <= mostTurns) {
            return "nothing goes on that would end the wait";
        }
        return "more goes on than ends the wait: turns=" + turnsInVain + ", limit=" + mostTurns
                + "; a loop without end, or a join of what never ends";
    }

    /// Looks at the system, which goes on meanwhile; not a second time if it is stuck in that.
    private String explain(String why) {
        explains = true;
        try {
            return explanation.apply(why);
        } finally {
            explains = false;
        }
    }

    /// What is said when a wait is in vain, made of why it is.
    void explainBy(UnaryOperator<String> text) {
        explanation = text;
    }

    /// Has one wait of the maker take no more turns than this.
    void limitTurns(long turns) {
        mostTurns = turns;
    }

    /// Has everything run, by the maker, until nothing goes on.
    void settle() {
        lock.lock();
        try {
            idleJumps = IDLE_JUMPS;
            maker.waitUntil(Timeline.FOREVER);
            handOver(maker);
            stuck = false;
        } finally {
            lock.unlock();
        }
    }

    /// Has everything run, by the maker, for so long, and then whatever goes on without more time.
    ///
    /// @return false, and everything stands still, if that would take more turns
    boolean pass(long nanos, long turns) {
        lock.lock();
        try {
            turnsBefore = trace.turns();
            mostTurns = turns;
            idleJumps = 0;
            maker.waitUntil(nanos);
            handOver(maker);
            timeStands = true;
            maker.waitUntil(Timeline.FOREVER);
            handOver(maker);
            stuck = false;
            return trace.turns() - turnsBefore <= turns;
        } finally {
            timeStands = false;
            mostTurns = MOST_TURNS;
            lock.unlock();
        }
    }

    /// @throws IllegalStateException if the caller is another thread than the one that made this
    void requireMaker() {
        if (!maker.equals(callerOrNull())) {
            throw new IllegalStateException("a simulation is for the thread that has made it: thread="
                    + Thread.currentThread() + ", made by=" + maker.thread);
        }
    }

    private Member caller() {
        Member me = callerOrNull();
        if (me == null) {
            throw new IllegalStateException("only the thread that has made a simulation waits for it: thread="
                    + Thread.currentThread() + ", made by=" + maker.thread);
        }
        return me;
    }

    private @Nullable Member callerOrNull() {
        lock.lock();
        try {
            for (Member each : members) {
                if (Thread.currentThread().equals(each.thread)) {
                    return each;
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }
}
