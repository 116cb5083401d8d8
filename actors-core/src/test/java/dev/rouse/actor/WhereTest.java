package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WhereTest {
    /// One that is missing would be shown as the place in the user's code.
    @Test
    void everyClassOfTheRuntimeThatHasCodeIsKnownAsItsOwn() throws Exception {
        assertThat(Where.own()).containsAll(withCode());
    }

    @Test
    void onlyClassesOfTheRuntimeAreItsOwn() throws Exception {
        assertThat(all()).containsAll(Where.own());
    }

    @Test
    void whereThereIsNoForeignFrameThePlaceIsUnknown() {
        StackTraceElement ours = new StackTraceElement("dev.rouse.actor.SlotWait", "await", "SlotWait.java", 1);
        assertThat(Where.of(new StackTraceElement[] {ours})).isEqualTo("unknown");
    }

    private static Set<String> withCode() throws Exception {
        return all().stream().filter(WhereTest::hasCode).collect(Collectors.toSet());
    }

    private static boolean hasCode(String name) {
        try {
            Class<?> type = Class.forName("dev.rouse.actor." + name, false, WhereTest.class.getClassLoader());
            return !type.isInterface() && !type.isEnum() && !type.isRecord() && !Throwable.class.isAssignableFrom(type);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static Set<String> all() throws Exception {
        Path classes = Path.of(Where.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve("dev/rouse/actor");
        try (Stream<Path> files = Files.list(classes)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("$") && !name.startsWith("package-"))
                    .map(name -> name.substring(0, name.length() - ".class".length()))
                    .collect(Collectors.toSet());
        }
    }
}
