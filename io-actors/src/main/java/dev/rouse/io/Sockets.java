package dev.rouse.io;

import dev.rouse.dispatch.spi.Conductor;
import java.nio.channels.spi.SelectorProvider;

/// Where sockets come from: the machine or, for code in a simulation, that.
final class Sockets {

    private Sockets() {}

    static SelectorProvider provider() {
        Conductor conductor = Conductor.current();
        return conductor == null ? SelectorProvider.provider() : conductor.sockets();
    }
}
