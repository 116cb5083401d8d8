package dev.rouse.perf;

import java.util.List;

/// What a reader has to know about a scenario before believing its figures.
///
/// @param benches the benches it reports, in order
/// @param topology who talks to whom, drawn
/// @param measures what the figures are, operation and clock included
/// @param doesNotShow what a reader might take the figures for, wrongly
record Description(
        String name, String summary, List<String> benches, String topology, String measures, String doesNotShow) {
    Description {
        benches = List.copyOf(benches);
    }

    String line() {
        return "%-18s %s".formatted(name, summary);
    }

    String inFull() {
        return String.join(
                "\n",
                line(),
                "",
                topology.stripTrailing().indent(4),
                section("measures", measures),
                section("does not show", doesNotShow),
                section("reports", String.join(" ", benches)));
    }

    private static String section(String title, String text) {
        return "  " + title + "\n" + text.stripTrailing().indent(4);
    }
}
