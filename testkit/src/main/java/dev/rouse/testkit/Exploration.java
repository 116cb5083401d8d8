package dev.rouse.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A search through all orders in which a small system can run, depth first: each run repeats the choices of the one
/// before up to the last that has an alternative left, and takes that.
///
/// Two passes of different shards are independent when neither has handed anything to the other shard: their order
/// makes no difference, and one order of them is enough. (What both have handed to a third comes in any order in any
/// case.) That is done with sleep sets: Godefroid, Partial-Order Methods for the Verification of Concurrent Systems,
/// 1996.
final class Exploration {
    private static final long EVERYTHING = -1;

    private final int depth;
    private final List<Node> path = new ArrayList<>();

    Exploration(int depth) {
        this.depth = depth;
    }

    /// A point of the run at which something was chosen.
    private static final class Node {
        /// What there is to choose from, as positions; what sleeps is not among it.
        final List<Integer> candidates;

        /// Of a choice of threads their numbers, by position; null for another choice.
        final int @Nullable [] threads;

        /// Threads that were tried elsewhere and so need not be here, and whom each has handed something then.
        final Map<Integer, Long> sleeping;

        /// Whom each of the candidates has handed something.
        final long[] handed;

        int index;

        Node(List<Integer> candidates, int @Nullable [] threads, Map<Integer, Long> sleeping) {
            this.candidates = candidates;
            this.threads = threads;
            this.sleeping = sleeping;
            this.handed = new long[candidates.size()];
        }

        int choice() {
            return candidates.get(index);
        }

        /// What sleeps after this choice: what would have done the same later.
        Map<Integer, Long> sleepingAfter() {
            Map<Integer, Long> all = new HashMap<>(sleeping);
            for (int i = 0; i < index; i++) {
                all.put(thread(i), handed[i]);
            }
            all.entrySet().removeIf(other -> areDependent(other.getKey(), other.getValue()));
            return all;
        }

        private boolean areDependent(int other, long handedByOther) {
            int chosen = thread(index);
            return chosen == other || (handedByOther & mask(chosen)) != 0 || (handed[index] & mask(other)) != 0;
        }

        private int thread(int i) {
            return threads == null ? 0 : threads[candidates.get(i)];
        }
    }

    /// What stands for a thread; for everything where there are too many.
    private static long mask(int thread) {
        return thread < Long.SIZE - 1 ? 1L << thread : EVERYTHING;
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

        private Map<Integer, Long> sleeping = Map.of();
        private boolean repeatsOther;
        private boolean searches;

        @Override
        void begin() {
            searches = true;
        }

        @Override
        void end() {
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
                path.add(new Node(positions(bound), null, Map.of()));
            }
            return next().choice();
        }

        private Node next() {
            Node node = path.get(position++);
            decided += node.candidates.size() > 1 ? 1 : 0;
            return node;
        }

        /// Before and after the test, beyond the depth, or where all there is was run elsewhere, it only goes
        /// on to the end.
        private boolean isBeyond() {
            return !searches || repeatsOther || decided >= depth;
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
                path.add(new Node(awake, ready.clone(), sleeping));
            }
            Node node = next();
            choiceOfThread = node;
            return node.choice();
        }

        @Override
        void handed(int shard) {
            Node node = choiceOfThread;
            if (node != null) {
                node.handed[node.index] |= mask(shard);
            }
        }
    }
}
