package dev.rouse.perf;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// Which processors this process may use, and how to keep another one to a single of them (Linux, with `taskset`).
final class Processors {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String TASKSET = "taskset";
    private static final String ALLOWED = "Cpus_allowed_list:";

    private Processors() {}

    /// The nth processor to pin a process to, or none where this machine has too few of them or cannot pin.
    static OptionalInt nth(int n) throws IOException {
        if (!canPin() || !Files.isReadable(STATUS)) {
            return OptionalInt.empty();
        }
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith(ALLOWED)) {
                List<Integer> allowed = parse(line.substring(ALLOWED.length()).strip());
                return n < allowed.size() ? OptionalInt.of(allowed.get(n)) : OptionalInt.empty();
            }
        }
        return OptionalInt.empty();
    }

    private static boolean canPin() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, TASKSET)));
    }

    /// Reads the kernel's list format: `0-1,4`.
    static List<Integer> parse(String list) {
        List<Integer> processors = new ArrayList<>();
        for (String part : list.split(",", -1)) {
            String[] ends = part.split("-", -1);
            for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
                processors.add(i);
            }
        }
        return processors;
    }

    /// What to put before a command.
    static List<String> pinTo(int processor) {
        return List.of(TASKSET, "--cpu-list", Integer.toString(processor));
    }
}
