package dev.rouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What README.md tells those who depend on Rouse is what the build makes.
class ReadmeTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern COORDINATES = Pattern.compile("""
        <groupId>(?<group>[^<]+)</groupId>\\s*\
        <artifactId>(?<artifact>[^<]+)</artifactId>\\s*\
        <version>(?<version>[^<]+)</version>\
        """);

    private static Matcher coordinates(Path file) throws IOException {
        Matcher found = COORDINATES.matcher(Files.readString(file));
        assertThat(found.find()).as("coordinates in %s", file).isTrue();
        return found;
    }

    @Test
    void theDependencyIsOneThatTheBuildMakes() throws IOException {
        Matcher readme = coordinates(ROOT.resolve("README.md"));
        Matcher parent = coordinates(ROOT.resolve("pom.xml"));

        assertThat(readme.group("group")).isEqualTo(parent.group("group"));
        assertThat(readme.group("version")).isEqualTo(parent.group("version"));
        assertThat(ROOT.resolve(readme.group("artifact")).resolve("pom.xml")).isRegularFile();
    }
}
