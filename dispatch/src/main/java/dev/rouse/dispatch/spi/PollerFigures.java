package dev.rouse.dispatch.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// What one part of a [Poller] has counted and holds at the moment, to be shown to people. Immutable.
///
/// @param part what it is about, such as `listener 127.0.0.1:80`
/// @param values a number for each name, in the order in which they are shown
public record PollerFigures(String part, SequencedMap<String, Long> values) {

    public PollerFigures {
        values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
    }

    /// As `listener 127.0.0.1:80: connections=2, accepted=7`.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(part);
        String separator = ": ";
        for (var entry : values.entrySet()) {
            text.append(separator).append(entry.getKey()).append('=').append(entry.getValue());
            separator = ", ";
        }
        return text.toString();
    }
}
