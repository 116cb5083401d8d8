package dev.rouse.testkit;

import java.util.ArrayDeque;
import java.util.Formatter;
import java.util.Locale;

/// What has run in a simulation: the last turns as text, and a number that stands for all of them.
///
/// One thread at a time, as the simulation sees to it.
final class Trace {
    private static final long PRIME = 0x100000001b3L;

    private final ArrayDeque<String> last = new ArrayDeque<>();
    private final int kept;
    private long turns;

    /// FNV-1a (Fowler, Noll, Vo) over the lines; see <http://www.isthe.com/chongo/tech/comp/fnv/>.
    private long fingerprint = 0xcbf29ce484222325L;

    /// @param kept lines that are kept, at least 1
    Trace(int kept) {
        this.kept = kept;
    }

    void add(long nanos, String thread, String turn) {
        String line = new Formatter(new StringBuilder(64), Locale.ROOT)
                .format("%,15.3f us  %-8s %s", nanos / 1_000.0, thread, turn)
                .toString();
        turns++;
        for (int i = 0; i < line.length(); i++) {
            fingerprint = (fingerprint ^ line.charAt(i)) * PRIME;
        }
        if (last.size() == kept) {
            last.removeFirst();
        }
        last.addLast(line);
    }

    long fingerprint() {
        return fingerprint;
    }

    long turns() {
        return turns;
    }

    @Override
    public String toString() {
        return String.join("\n", last);
    }
}
