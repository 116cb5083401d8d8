package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.dispatch.Engine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a process hears of its engine. Each case is a JVM of its own, since it is said once in each.
@Timeout(60)
class EngineNoticeTest {
    private static final String FLAG = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    /// Starts and closes two systems.
    static final class TwoSystems {
        private TwoSystems() {}

        public static void main(String[] arguments) {
            for (String name : List.of("first", "second")) {
                ActorSystem.Builder builder = ActorSystem.builder().name(name).shards(1);
                if (arguments.length > 0) {
                    builder.engine(Engine.valueOf(arguments[0]));
                }
                builder.build().close();
            }
        }
    }

    @Test
    void withoutTheFlagTheSlowerEngineIsSaidOnceWithTheRemedy() throws Exception {
        assertThat(linesOf(List.of()))
                .filteredOn(line -> line.startsWith("INFO: "))
                .containsExactly("INFO: this JVM does not allow the faster engine: system=first, engine=PORTABLE; start"
                        + " it with --add-opens java.base/java.lang=ALL-UNNAMED, or choose Engine.PORTABLE and this is"
                        + " not said");
    }

    @Test
    void withTheFlagNothingIsSaid() throws Exception {
        assertThat(linesOf(List.of(FLAG))).isEmpty();
    }

    @Test
    void nothingIsSaidOfAnEngineThatWasChosen() throws Exception {
        assertThat(linesOf(List.of(), "PORTABLE")).isEmpty();
        assertThat(linesOf(List.of(FLAG), "PORTABLE")).isEmpty();
    }

    private static List<String> linesOf(List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--sun-misc-unsafe-memory-access=allow"); // else the queues' library has the JVM warn of it
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TwoSystems.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var out = process.inputReader()) {
            List<String> lines = out.readAllLines();
            assertThat(process.waitFor()).as("output=%s", lines).isZero();
            return lines;
        }
    }
}
