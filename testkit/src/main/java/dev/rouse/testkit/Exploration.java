package dev.rouse.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A search through all orders in which a small system can run, depth first: each run repeats the choices of the one
/// before up to the last that has an alternative left, and takes that.
///
/// Two passes of different shards are independent when neither has handed anything to the other shard or looked at what
/// belongs to it, and they have not both looked at the same third: their order makes no difference, and one order of
/// them is enough. (What both have handed to a third comes in any order in any case; what each has found there, such as
/// room in a mailbox, does not.) That is done with sleep sets: Godefroid, Partial-Order Methods for the Verification of
/// Concurrent Systems, 1996.
///
/// All of that takes for granted that the same choices lead to the same run. Where a run meets another choice than the
/// one before at the same place, the search is over, and nothing is proved: see [#requireRepeated].
final class Exploration {
    private static final long EVERYTHING = -1;
    private static final int MOST_TOLD_APART = Long.SIZE - 2;

    /// No thread's [#mask], but of those that stand for everything.
    private static final long NETWORK = 1L << MOST_TOLD_APART;

    private final int depth;
    private final List<Node> path = new ArrayList<>();

    /// How a run was other than the one before; null as long as none was.
    private @Nullable String difference;

    Exploration(int depth) {
        this.depth = depth;
    }

    /// A point of the run at which something was chosen.
    private static final class Node {
        /// What there is to choose from, as positions; what sleeps is not among it.
        final List<Integer> candidates;

        /// Of a choice of threads their numbers, by position; null for another choice.
        final int @Nullable [] threads;

        /// Out of so many; those that sleep are among them.
        final int bound;

        /// Threads that were tried elsewhere and so need not be here, and what each has done then.
        final Map<Integer, Traces> sleeping;

        /// What each of the candidates has done.
        final Traces[] traces;

        int index;

        Node(List<Integer> candidates, int bound, int @Nullable [] threads, Map<Integer, Traces> sleeping) {
            this.candidates = candidates;
            this.bound = bound;
            this.threads = threads;
            this.sleeping = sleeping;
            this.traces = new Traces[candidates.size()];
            Arrays.fill(traces, Traces.NONE);
        }

        String kind() {
            return threads == null ? "one of " + bound : "a thread of " + Arrays.toString(threads);
        }

        int choice() {
            return candidates.get(index);
        }

        /// What sleeps after this choice: what would have done the same later.
        Map<Integer, Traces> sleepingAfter() {
            Map<Integer, Traces> all = new HashMap<>(sleeping);
            for (int i = 0; i < index; i++) {
                all.put(thread(i), traces[i]);
            }
            all.entrySet().removeIf(other -> areDependent(other.getKey(), other.getValue()));
            return all;
        }

        private boolean areDependent(int other, Traces ofOther) {
            int chosen = thread(index);
            Traces ofChosen = traces[index];
            return chosen == other
                    || ofOther.reach(chosen)
                    || ofChosen.reach(other)
                    || (ofOther.looked & ofChosen.looked) != 0;
        }

        private int thread(int i) {
            return threads == null ? 0 : threads[candidates.get(i)];
        }
    }

    /// What a thread has left with others in one go.
    ///
    /// @param handed to whom it has handed something
    /// @param looked whose it has looked at
    private record Traces(long handed, long looked) {
        static final Traces NONE = new Traces(0, 0);

        boolean reach(int thread) {
            return ((handed | looked) & mask(thread)) != 0;
        }

        Traces andHanded(int to) {
            return new Traces(handed | mask(to), looked);
        }

        Traces andLooked(int place) {
            return new Traces(handed, looked | (place == Choices.NETWORK ? NETWORK : mask(place)));
        }
    }

    /// What stands for a thread; for everything where there are too many.
    private static long mask(int thread) {
        return thread < MOST_TOLD_APART ? 1L << thread : EVERYTHING;
    }

    /// After a run.
    ///
    /// @param failure what it has failed with, if it has
    /// @throws AssertionError if it has come to other choices than the one before it at the same place
    void requireRepeated(@Nullable Throwable failure) {
        if (difference != null) {
            throw new AssertionError(
                    "the test does not repeat itself, so that its orders can't be searched: "
                            + difference
                            + "; what it does must depend on the simulation alone, not on fields that are kept"
                            + " from run to run, the machine's time or random numbers, or the order of a hash table",
                    failure);
        }
    }

    /// To the next run.
    ///
    /// @return false if there is none
    boolean advance() {
        while (!path.isEmpty()) {
            Node last = path.getLast();
            if (last.index + 1 < last.candidates.size()) {
                last.index++;
                return true;
            }
            path.removeLast();
        }
        return false;
    }

    Choices run() {
        return new Run();
    }

    /// A run that was found before.
    static Choices replay(int[] choices) {
        return new Replay(choices);
    }

    /// The choices of the run as text, to run it again.
    String text() {
        return path.stream().map(node -> String.valueOf(node.choice())).collect(Collectors.joining(","));
    }

    private static final class Replay extends Choices {
        private final int[] script;
        private int position;
        private boolean begun;

        Replay(int[] script) {
            this.script = script;
        }

        @Override
        boolean isTimeTaken() {
            return false;
        }

        @Override
        int chooseAmount(int bound) {
            return 0;
        }

        @Override
        int chooseOrder(int bound) {
            return begun && position < script.length ? Math.min(script[position++], bound - 1) : 0;
        }

        @Override
        void begin() {
            begun = true;
        }

        @Override
        int chooseThread(int[] ready) {
            return chooseOrder(ready.length);
        }
    }

    private final class Run extends Choices {
        private int position;

        /// Choices so far that had an alternative.
        private int decided;

        /// Of the thread that goes on.
        private @Nullable Node choiceOfThread;

        private Map<Integer, Traces> sleeping = Map.of();
        private boolean repeatsOther;
        private boolean searches;

        @Override
        void begin() {
            searches = true;
        }

        @Override
        void end() {
            if (position < path.size() && difference == null) {
                difference = "choices before=" + path.size() + " or more, now=" + position;
            }
            searches = false;
        }

        @Override
        boolean isTimeTaken() {
            return false;
        }

        @Override
        int chooseAmount(int bound) {
            return 0;
        }

        @Override
        int chooseOrder(int bound) {
            if (isBeyond()) {
                return 0;
            }
            if (position == path.size()) {
                path.add(new Node(positions(bound), bound, null, Map.of()));
            }
            return isAsBefore(bound, null) ? next().choice() : 0;
        }

        /// Else there is nothing to go on from: the choice that stands at this place is another one's.
        private boolean isAsBefore(int bound, int @Nullable [] ready) {
            Node node = path.get(position);
            if (node.bound == bound && Arrays.equals(node.threads, ready)) {
                return true;
            }
            difference = "choice=" + position + ", before=" + node.kind() + ", now="
                    + new Node(List.of(), bound, ready, Map.of()).kind();
            return false;
        }

        private Node next() {
            Node node = path.get(position++);
            decided += node.candidates.size() > 1 ? 1 : 0;
            return node;
        }

        /// Before and after the test, beyond the depth, or where all there is was run elsewhere, it only goes
        /// on to the end.
        private boolean isBeyond() {
            return !searches || repeatsOther || decided >= depth || difference != null;
        }

        private static List<Integer> positions(int bound) {
            List<Integer> positions = new ArrayList<>();
            for (int i = 0; i < bound; i++) {
                positions.add(i);
            }
            return positions;
        }

        @Override
        int chooseThread(int[] ready) {
            if (choiceOfThread != null) {
                sleeping = choiceOfThread.sleepingAfter();
                choiceOfThread = null;
            }
            if (isBeyond()) {
                return 0;
            }
            if (position == path.size()) {
                List<Integer> awake = positions(ready.length);
                awake.removeIf(each -> sleeping.containsKey(ready[each]));
                if (awake.isEmpty()) {
                    repeatsOther = true;
                    return 0;
                }
                path.add(new Node(awake, ready.length, ready.clone(), sleeping));
            }
            if (!isAsBefore(ready.length, ready)) {
                return 0;
            }
            Node node = next();
            choiceOfThread = node;
            return node.choice();
        }

        @Override
        void handed(int shard) {
            Node node = choiceOfThread;
            if (node != null) {
                node.traces[node.index] = node.traces[node.index].andHanded(shard);
            }
        }

        @Override
        void looked(int place) {
            Node node = choiceOfThread;
            if (node != null) {
                node.traces[node.index] = node.traces[node.index].andLooked(place);
            }
        }
    }
}
