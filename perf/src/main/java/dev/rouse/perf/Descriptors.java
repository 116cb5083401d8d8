package dev.rouse.perf;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/// Whether a process may open as many files and sockets as a scenario needs. A process that it starts has the same
/// limit.
final class Descriptors {
    private Descriptors() {}

    /// Why so many sockets in one process are too many here, as a sentence; nothing if they are not, or nobody
    /// knows.
    static Optional<String> obstacle(long wanted) {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? obstacle(wanted, unix.getMaxFileDescriptorCount())
                : Optional.empty();
    }

    static Optional<String> obstacle(long wanted, long limit) {
        return limit >= wanted
                ? Optional.empty()
                : Optional.of("too few open files are allowed: limit=" + limit + ", wanted=" + wanted
                        + "; raise it before, ulimit -n " + wanted);
    }
}
