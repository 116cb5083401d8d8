package dev.rouse.io;

import dev.rouse.dispatch.spi.PollerFigures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What a shard's sockets have counted, and hold at the moment, as it is shown in a dump. Any thread.
///
/// @param poller whose they are
record Figures(NioPoller poller) {

    /// Listeners that are shown for each shard. A guess.
    private static final int LISTENERS = 16;

    List<PollerFigures> all() {
        List<PollerFigures> parts = new ArrayList<>();
        parts.add(new PollerFigures("sockets", ofShard()));
        poller.connections().listeners.stream()
                .limit(LISTENERS)
                .map(listener -> new PollerFigures(listener.name(), of(listener)))
                .forEach(parts::add);
        return parts;
    }

    private SequencedMap<String, Long> ofShard() {
        Connections connections = poller.connections();
        SequencedMap<String, Long> values = new LinkedHashMap<>();
        values.put("connections", (long) connections.open());
        values.put("accepted", connections.accepted.value());
        values.put("refused", connections.refused.value());
        values.put("pauses", connections.pauses.value());
        values.put("failedAccepts", connections.failedAccepts.value());
        values.put("bytesIn", poller.bytesIn());
        values.put("bytesOut", poller.bytesOut());
        values.put("bufferedBytes", poller.buffered().held());
        return values;
    }

    private static SequencedMap<String, Long> of(ListenerAdmission listener) {
        SequencedMap<String, Long> values = new LinkedHashMap<>();
        values.put("connections", (long) listener.open());
        values.put("accepted", listener.accepted());
        values.put("refused", listener.refused());
        values.put("pauses", listener.pauses());
        values.put("failedAccepts", listener.failedAccepts());
        return values;
    }
}
