package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.dispatch.Engine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PerfMainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int perf(String... arguments) {
        return PerfMain.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @Test
    void listsEachScenarioInOneLine() {
        assertThat(perf("list")).isZero();
        assertThat(out.toString().lines()).hasSameSizeAs(Scenarios.all());
        assertThat(out.toString()).contains("await-all-wakeup").contains("echo");
    }

    @Test
    void verboseListDescribesEachScenario() {
        assertThat(perf("list", "-v")).isZero();
        assertThat(out.toString().lines().filter(line -> line.equals("  does not show")))
                .hasSameSizeAs(Scenarios.all());
    }

    @Test
    void describesAScenarioWithItsTopologyAndWhatItDoesNotShow() {
        assertThat(perf("describe", "ask")).isZero();
        assertThat(out.toString())
                .contains("[shard 0: function --ask--> actor --reply--> function]")
                .contains("measures")
                .contains("does not show")
                .contains("ask-local ask-cross");
    }

    @Test
    void withoutACommandSaysWhichThereAre() {
        assertThat(perf()).isEqualTo(2);
        assertThat(err.toString()).contains("perf: Missing required subcommand").contains("see: perf --help");
    }

    @Test
    void helpNamesTheOptions() {
        assertThat(perf("run", "--help")).isZero();
        assertThat(out.toString()).contains("--shards", "--engine", "--warmup", "--duration", "--json", "SCENARIO...");
    }

    @Test
    void helpDoesNotShowTheCommandsThatProcessesStartEachOtherWith() {
        assertThat(perf("--help")).isZero();
        assertThat(out.toString()).contains("run").doesNotContain("generate");
    }

    @Test
    void unknownScenarioIsRefusedWithTheNamesThereAre() {
        assertThat(perf("run", "tell", "pingpnog")).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("perf: no such scenario: name=pingpnog; there are tell, tell-paced, pingpong, ")
                .contains("and all for every one of them");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void unknownScenarioIsRefusedByDescribeToo() {
        assertThat(perf("describe", "nothing")).isEqualTo(2);
        assertThat(err.toString()).contains("no such scenario: name=nothing");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--shards=0          | option out of range: option=--shards, value=0; give 1 to 256",
                "--shards=257        | option out of range: option=--shards, value=257; give 1 to 256",
                "--shards=two        | Invalid value for option '--shards'",
                "--repetitions=0     | option out of range: option=--repetitions, value=0; give 1 to 1000",
                "--repetitions=1001  | option out of range: option=--repetitions, value=1001; give 1 to 1000",
                "--engine=steam      | expected one of [CARRIER, PORTABLE] (case-insensitive) but was 'steam'",
                "--duration=soon     | not a duration: value=soon; write it like 500ms, 2s or 1m",
                "--duration=0s       | duration out of range: value=0s, limit=10m",
                "--warmup=601s       | duration out of range: value=601s, limit=10m",
                "--warmup=PT-1S      | duration out of range: value=PT-1S, limit=10m",
                "--json=no/such/dir/f| cannot write results: option=--json, file=no/such/dir/f; name a file in a"
                        + " folder",
                "--json=/            | cannot write results: option=--json, file=/; name a file in a folder",
                "--speed=9           | Unknown option: '--speed=9'",
            })
    void wrongOptionsAreRefusedWithASentence(String option, String sentence) {
        assertThat(perf("run", "tell", option)).isEqualTo(2);
        assertThat(err.toString()).contains(sentence).contains("see: perf");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void runWithoutAScenarioIsRefused() {
        assertThat(perf("run")).isEqualTo(2);
        assertThat(err.toString()).contains("Missing required parameter: 'SCENARIO'");
    }

    @Test
    void carrierEngineIsRefusedWhereTheJvmDoesNotAllowIt() {
        if (Engine.preferred() == Engine.CARRIER) {
            assertThat(perf("run", "tell", "--engine=carrier", "--quick")).isZero();
        } else {
            assertThat(perf("run", "tell", "--engine=carrier", "--quick")).isEqualTo(2);
            assertThat(err.toString())
                    .contains("engine not available: engine=carrier; start the JVM with"
                            + " --add-opens java.base/java.lang=ALL-UNNAMED");
        }
    }

    @Test
    void resultsComeAsLinesAsATableAndAsJson(@TempDir Path folder) {
        Path json = folder.resolve("results.json");

        assertThat(perf("run", "ask", "--quick", "--json", json.toString())).isZero();

        assertThat(out.toString())
                .containsPattern("(?m)^RESULT peer=rouse bench=ask-local value=[0-9.]+ unit=ns/roundtrip$");
        assertThat(out.toString()).containsPattern("(?m)^rouse +ask-local .* ns/roundtrip +<= 400 +(met|MISSED)$");
        assertThat(json).content().contains("\"bench\": \"ask-cross\"").contains("\"scale\": \"quick\"");
    }

    @Test
    void serverOfAnUnknownPeerIsRefused() {
        assertThat(perf("serve", "--peer", "netty")).isEqualTo(2);
        assertThat(err.toString())
                .contains("no such peer: name=netty; there are rouse, bare-nio, rouse-wait and rouse-refuse");
    }
}
