package dev.rouse.perf;

import java.lang.management.ManagementFactory;

/// What the heap of this process holds that is not garbage.
final class LiveHeap {
    /// The first collection finds what the second can reclaim: weak references, and what they held.
    private static final int COLLECTIONS = 2;

    private LiveHeap() {}

    static long bytes() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
