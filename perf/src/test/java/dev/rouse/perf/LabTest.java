package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.Engine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabTest {
    private static final Settings SETTINGS =
            new Settings(Engine.PORTABLE, 1, Duration.ofMillis(1), Duration.ofMillis(3), 3, Settings.Scale.FULL);

    private final StringWriter out = new StringWriter();
    private final Report report = new Report(SETTINGS, Instant.EPOCH);
    private final Lab lab = new Lab(SETTINGS, new PlainProgress(new PrintWriter(out)), report);

    @Test
    void timeIsPerOperationWhateverTheBatch() throws Exception {
        List<Integer> batches = new ArrayList<>();
        Samples samples = lab.time("bench", 10, rounds -> {
            batches.add(rounds);
            return rounds * 50L;
        });
        assertThat(samples.median()).isEqualTo(5);
        assertThat(samples.count()).isEqualTo(3);
        assertThat(batches).hasSizeGreaterThanOrEqualTo(4);
        assertThat(batches.subList(batches.size() - 3, batches.size())).containsOnly(batches.getLast());
    }

    @Test
    void batchGrowsTowardsOneRepetitionButNotFromColdFigures() {
        assertThat(Lab.nextRounds(1, 100, 1_000_000)).isEqualTo(8);
        assertThat(Lab.nextRounds(100, 1_000, 2_000)).isEqualTo(200);
    }

    @Test
    void batchShrinksWhenItTookTooLongButStaysAtLeastOneRound() {
        assertThat(Lab.nextRounds(100, 1_000_000, 500_000)).isEqualTo(50);
        assertThat(Lab.nextRounds(2, 1_000_000_000, 1)).isEqualTo(1);
    }

    @Test
    void batchOfWorkThatTakesNoTimeIsBounded() {
        assertThat(Lab.nextRounds(100_000_000, 0, 1_000_000_000)).isEqualTo(100_000_000);
    }

    @Test
    void resultIsPrintedAtOnceAndKept() {
        lab.report("bench", "ns", Samples.of(3));
        assertThat(out).hasToString("RESULT peer=rouse bench=bench value=3 unit=ns" + System.lineSeparator());
        assertThat(report.results()).hasSize(1);
    }

    @Test
    void lostWorkIsAFailureNotAFigure() {
        Lab.requireDone("messages", 5, 5);
        assertThatThrownBy(() -> Lab.requireDone("messages", 5, 4))
                .hasMessage("work was lost: what=messages, expected=5, actual=4");
    }
}
