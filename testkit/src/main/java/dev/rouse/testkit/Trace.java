package dev.rouse.testkit;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.stream.Collectors;

/// What has run in a simulation: the last lines as text, and a number that stands for all of them.
///
/// One thread at a time, as the simulation sees to it.
final class Trace {
    /// Before what the turn does that the last line without it has named.
    static final String INDENT = "    ";

    /// A text in a line is cut to this. A guess.
    private static final int MOST_CHARACTERS = 40;

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

    /// Its type and, where that is the same in each run, its value: a `toString` of others may show an identity.
    static String text(Object message) {
        String type = name(message.getClass());
        return switch (message) {
            case String value
            when value.length() > MOST_CHARACTERS -> type + " " + value.substring(0, MOST_CHARACTERS) + "…";
            case String _, Number _, Boolean _, Character _, Enum<?> _ -> type + " " + message;
            default -> type;
        };
    }

    /// That of a lambda has a number of its own in each JVM.
    private static String name(Class<?> type) {
        if (type.isHidden()) {
            return type.getInterfaces().length == 0 ? "lambda" : name(type.getInterfaces()[0]);
        }
        String full = type.getName();
        return full.substring(full.lastIndexOf('.') + 1);
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
