package dev.rouse.perf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class ConnectionsScenarioTest {

    /// Its defect: of 4096 the first digit was read, and 10 connections were accepted in place of 4,000.
    @Test
    @EnabledOnOs(OS.LINUX)
    void aSettingOfTheKernelIsReadWhole() throws Exception {
        Path setting = Path.of("/proc/sys/net/core/somaxconn");
        Process cat = new ProcessBuilder("cat", setting.toString()).start();
        String whole = new String(cat.getInputStream().readAllBytes(), UTF_8);

        assertThat(ConnectionsScenario.number(setting)).isEqualTo(Integer.parseInt(whole.strip()));
        assertThat(cat.waitFor()).isZero();
    }

    @Test
    void aNumberMayStandInAnyFile(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("number"), " 128\n");

        assertThat(ConnectionsScenario.number(file)).isEqualTo(128);
    }
}
