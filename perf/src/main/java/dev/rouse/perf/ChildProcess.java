package dev.rouse.perf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Another JVM with this same program in it, that answers lines with lines and ends when its input does.
final class ChildProcess implements AutoCloseable {
    /// What the other JVM runs with, said in the report.
    static final List<String> JVM_FLAGS = List.of(
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            // Else each child says on standard error that the queues' library uses it.
            "--sun-misc-unsafe-memory-access=allow",
            // A JVM that sees one processor would choose another collector than the one people run servers
            // with.
            "-XX:+UseG1GC",
            // As the launcher starts programs.
            "-XX:+UseCompactObjectHeaders");

    private static final String RESIDENT = "VmRSS:";
    private static final int KIB_SHIFT = 10;

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final Process process;
    private final Writer in;
    private final BufferedReader out;

    private ChildProcess(Process process) {
        this.process = process;
        this.in = process.outputWriter(UTF_8);
        this.out = process.inputReader(UTF_8);
    }

    /// @param cpu the one processor it may use, or any
    static ChildProcess start(OptionalInt cpu, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        cpu.ifPresent(number -> command.addAll(Processors.pinTo(number)));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PerfMain.class.getName()));
        command.addAll(List.of(arguments));
        return new ChildProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /// Sends a request and returns the answer.
    String ask(String request) throws IOException {
        in.write(request + "\n");
        in.flush();
        return readLine();
    }

    /// The next line that the process prints.
    ///
    /// @throws IOException when it ends instead, or takes too long
    String readLine() throws IOException {
        CompletableFuture<@Nullable String> reading = CompletableFuture.supplyAsync(this::readUnbounded);
        try {
            String line = reading.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (line == null) {
                throw new IOException(
                        "process ended: command=" + process.info().commandLine().orElse("?"));
            }
            return line;
        } catch (TimeoutException failure) {
            process.destroyForcibly();
            throw new IOException("process does not answer: pid=" + process.pid() + ", after=" + PATIENCE, failure);
        } catch (ExecutionException failure) {
            throw new IOException("process cannot be read: pid=" + process.pid(), failure.getCause());
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a process: pid=" + process.pid(), failure);
        }
    }

    private @Nullable String readUnbounded() {
        try {
            return out.readLine();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    Duration processorTime() {
        return ProcessorTime.of(process.toHandle());
    }

    /// What it occupies of the machine's memory, the JVM's own among it; nothing where the system does not say.
    OptionalLong residentBytes() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(status)) {
            return OptionalLong.empty();
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith(RESIDENT))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << KIB_SHIFT)
                .findFirst();
    }

    /// 1. End its input, upon which it closes and exits. 2. Wait. 3. Kill it if it does not.
    @Override
    public void close() throws IOException {
        try (out) {
            in.close();
            if (!process.waitFor(CLOSE_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException(
                        "process did not end by itself: pid=" + process.pid() + ", after=" + CLOSE_PATIENCE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
    }
}
