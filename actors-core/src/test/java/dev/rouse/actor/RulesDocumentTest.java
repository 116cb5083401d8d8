package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Each test that RULES.md names is there, and each rule names one.
class RulesDocumentTest {
    private static final Pattern NAMED = Pattern.compile("`(\\w+)\\.(\\w+)`");

    /// What stands before the name of a test.
    private static final String TEST =
            "@(Test|RepeatedTest|ParameterizedTest|Seeds?|Exhaustive|RouseTest|FuzzTest)\\b[^;]*void ";

    private static List<String> rows() throws IOException {
        return Files.readAllLines(Path.of("../RULES.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.equals("| rule | tests |"))
                .toList();
    }

    private static String tests(String row) {
        return row.substring(row.indexOf(" | ") + 1);
    }

    @Test
    void everyRuleNamesATest() throws IOException {
        assertThat(rows())
                .hasSizeGreaterThan(50)
                .allSatisfy(row -> assertThat(tests(row)).matches("\\| `\\w+\\.\\w+`(, `\\w+\\.\\w+`)* \\|"));
    }

    @Test
    void everyTestThatIsNamedIsThere() throws IOException {
        Map<String, String> sources = testSources();
        for (String row : rows()) {
            Matcher named = NAMED.matcher(tests(row));
            while (named.find()) {
                assertThat(sources.getOrDefault(named.group(1), ""))
                        .as("%s.%s", named.group(1), named.group(2))
                        .containsPattern(TEST + named.group(2) + "\\(");
            }
        }
    }

    /// By the simple name of the class, of all modules.
    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        for (String module : List.of("dispatch", "actors-core", "model-checks", "io-actors", "testkit", "examples")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> sources.merge(
                                file.getFileName().toString().replace(".java", ""), read(file), String::concat));
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
