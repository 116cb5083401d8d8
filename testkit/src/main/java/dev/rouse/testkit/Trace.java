package dev.rouse.testkit;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.stream.Collectors;

/// What has run in a simulation: the last lines as text, and a number that stands for all of them.
///
/// One thread at a time, as the simulation sees to it.
final class Trace {
    private static final long PRIME = 0x100000001b3L;

    private final ArrayDeque<Line> last = new ArrayDeque<>();
    private final int kept;
    private long turns;

    /// FNV-1a (Fowler, Noll, Vo) over the lines; see <http://www.isthe.com/chongo/tech/comp/fnv/>.
    private long fingerprint = 0xcbf29ce484222325L;

    private record Line(long nanos, String who, String what) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%,15.3f us  %-8s %s", nanos / 1_000.0, who, what);
        }
    }

    /// @param kept lines that are kept, at least 1
    Trace(int kept) {
        this.kept = kept;
    }

    void add(long nanos, String shard, String turn) {
        turns++;
        note(nanos, shard, turn);
    }

    /// A line for what is no turn.
    void note(long nanos, String who, String what) {
        mix(nanos);
        mix(who);
        mix(what);
        if (last.size() == kept) {
            last.removeFirst();
        }
        last.addLast(new Line(nanos, who, what));
    }

    private void mix(String text) {
        for (int i = 0; i < text.length(); i++) {
            mix(text.charAt(i));
        }
    }

    private void mix(long value) {
        fingerprint = (fingerprint ^ value) * PRIME;
    }

    long fingerprint() {
        return fingerprint;
    }

    long turns() {
        return turns;
    }

    @Override
    public String toString() {
        return last.stream().map(Line::toString).collect(Collectors.joining("\n"));
    }
}
