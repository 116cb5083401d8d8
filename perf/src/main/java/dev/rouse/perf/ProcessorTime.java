package dev.rouse.perf;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// What the operating system has charged processes for: their own work and the kernel's for them, all threads.
final class ProcessorTime {
    private ProcessorTime() {}

    /// Of this process.
    static long nanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    /// Of another process, in steps of the kernel's tick, often 10 ms.
    ///
    /// @throws IllegalStateException when the process is gone or the system keeps no such account
    static Duration of(ProcessHandle process) {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() -> new IllegalStateException("no processor time known: pid=" + process.pid()
                        + "; the process has ended, or this system keeps no account"));
    }
}
