package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.rouse.dispatch.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final Settings SETTINGS =
            new Settings(Engine.PORTABLE, 3, Duration.ofMillis(1_500), Duration.ofSeconds(2), 3, Settings.Scale.FULL);

    private final Report report = new Report(SETTINGS, Instant.parse("2026-11-21T09:00:00Z"));

    private static Histogram latencies() {
        Histogram histogram = new Histogram(3);
        for (int i = 1; i <= 1_000; i++) {
            histogram.recordValue(i * 1_000L);
        }
        return histogram;
    }

    private String table() {
        StringWriter text = new StringWriter();
        report.printTable(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void tableShowsMedianMinMaxAndWhetherTheTargetIsMet() {
        report.add(new Result("rouse", "tell-local", "ns/msg", Samples.of(30, 10, 20), null));
        report.add(new Result("rouse", "ask-local", "ns/roundtrip", Samples.of(500, 300, 700), null));
        assertThat(table())
                .containsPattern("(?m)^rouse +tell-local +20.0 +10.0 +30.0 +ns/msg +<= 20 +met$")
                .containsPattern("(?m)^rouse +ask-local +500.0 +300.0 +700.0 +ns/roundtrip +<= 400 +MISSED$")
                .contains("engine=portable shards=3");
    }

    @Test
    void tableShowsTheFlagsOfThisJvmAndOfThoseItStarts() {
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
        assertThat(table())
                .contains("jvm flags: " + (flags.isEmpty() ? "none" : String.join(" ", flags)) + ";")
                .contains("; of servers and generators in processes of their own: ")
                .contains(" -XX:+UseCompactObjectHeaders");
    }

    @Test
    void tableShowsLatenciesInMicrosecondsWhereThereAreAny() {
        assertThat(table()).doesNotContain("p99.9");
        report.add(new Result("bare-nio", "echo-64", "req/s", Samples.of(1), latencies()));
        assertThat(table()).containsPattern("(?m)^bare-nio +echo-64 +500.\\d +900.\\d +990.\\d +999.\\d +1,000$");
    }

    @Test
    void tableNamesWhatWasNotMeasuredAndWhy() {
        report.omit("blocking", "no carrier");
        assertThat(table()).contains("not measured: scenario=blocking; no carrier");
    }

    @Test
    void jsonHoldsEnvironmentResultsAndOmissions(@TempDir Path folder) throws IOException {
        report.add(new Result("rouse", "tell-local", "ns/msg", Samples.of(30, 10, 20), null));
        report.add(new Result("bare-nio", "echo-64", "req/s", Samples.of(1), latencies()));
        report.omit("blocking", "no carrier");
        Path file = folder.resolve("results.json");

        report.writeJson(file);

        JsonObject document = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        JsonObject environment = document.getAsJsonObject("environment");
        assertThat(environment.get("startedAt").getAsString()).isEqualTo("2026-11-21T09:00:00Z");
        assertThat(environment.get("engine").getAsString()).isEqualTo("portable");
        assertThat(environment.getAsJsonArray("jvmFlags")).isNotNull();
        assertThat(environment.getAsJsonArray("childJvmFlags"))
                .contains(new JsonPrimitive("-XX:+UseCompactObjectHeaders"));
        assertThat(environment.get("warmupMillis").getAsLong()).isEqualTo(1_500);
        JsonObject tell = document.getAsJsonArray("results").get(0).getAsJsonObject();
        assertThat(tell.get("median").getAsDouble()).isEqualTo(20);
        assertThat(tell.get("target").getAsString()).isEqualTo("<= 20");
        assertThat(tell.get("met").getAsBoolean()).isTrue();
        assertThat(tell.has("latencyNanos")).isFalse();
        JsonObject echo = document.getAsJsonArray("results").get(1).getAsJsonObject();
        assertThat(echo.getAsJsonObject("latencyNanos").get("p90").getAsLong()).isBetween(900_000L, 901_000L);
        assertThat(echo.has("target")).isFalse();
        JsonObject omission = document.getAsJsonArray("omitted").get(0).getAsJsonObject();
        assertThat(omission.get("scenario").getAsString()).isEqualTo("blocking");
    }

    @Test
    void jsonIntoAFolderThatIsGoneFails(@TempDir Path folder) {
        Path file = folder.resolve("gone").resolve("results.json");
        assertThatThrownBy(() -> report.writeJson(file)).isInstanceOf(IOException.class);
    }
}
