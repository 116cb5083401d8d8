package dev.rouse.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/// A program of the tests in a JVM of its own, with the engine of this one. It is killed at the latest when this is
/// closed.
final class ChildJvm implements AutoCloseable {

    private static final String SEPARATOR = System.getProperty("path.separator");

    private static final long PATIENCE_SECONDS = 30;

    private final Process process;
    private final BufferedReader out;

    private ChildJvm(Process process) {
        this.process = process;
        this.out = process.inputReader();
    }

    /// Starts it from the class path of the tests.
    static ChildJvm start(Class<?> program) throws IOException {
        return start(java(System.getProperty("java.class.path"), program));
    }

    /// Starts it with so many descriptors, by way of a shell, which has the command for that. Its classes are in
    /// one jar, as those of an installed program are: a class in a directory takes a descriptor to be loaded.
    static ChildJvm startWithDescriptors(int limit, Path directory, Class<?> program) throws IOException {
        Path jar = directory.resolve("program.jar");
        List<String> jars = new ArrayList<>(List.of(jar.toString()));
        try (JarOutputStream to = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String entry : System.getProperty("java.class.path").split(SEPARATOR, -1)) {
                if (entry.endsWith(".jar")) {
                    jars.add(entry);
                } else if (!entry.isEmpty() && Files.isDirectory(Path.of(entry))) {
                    addAll(Path.of(entry), to);
                }
            }
        }
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + limit + " && exec \"$@\"", "sh"));
        command.addAll(java(String.join(SEPARATOR, jars), program));
        return start(command);
    }

    private static void addAll(Path root, JarOutputStream to) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file :
                    (Iterable<Path>) files.filter(each -> each.toString().endsWith(".class"))::iterator) {
                String name = root.relativize(file).toString();
                if (!name.equals("module-info.class")) {
                    to.putNextEntry(new JarEntry(name));
                    Files.copy(file, to);
                    to.closeEntry();
                }
            }
        }
    }

    private static List<String> java(String classPath, Class<?> program) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
        command.add("--sun-misc-unsafe-memory-access=allow"); // else the queues' library has the JVM warn of it
        if (!"portable".equals(System.getProperty("rouse.test.engine"))) {
            command.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
        }
        command.addAll(List.of("-cp", classPath, program.getName()));
        return command;
    }

    private static ChildJvm start(List<String> command) throws IOException {
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /// The next line that it prints.
    String line() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new AssertionError("the program has ended");
        }
        return line;
    }

    /// Sends it a byte.
    void tell() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    /// Sends it a signal, such as `STOP`.
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("cannot signal: name=" + name);
        }
    }

    /// Its state as the system has it, a letter; `T` while it is stopped.
    char state() throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    /// Ends its input, which tells it to end, and returns its exit status.
    int end() throws IOException, InterruptedException {
        OutputStream in = process.getOutputStream();
        in.close();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the program does not end");
        }
        return process.exitValue();
    }

    /// Also one that is stopped.
    @Override
    public void close() {
        process.destroyForcibly();
        try (out;
                OutputStream _ = process.getOutputStream()) {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
