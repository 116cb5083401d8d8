package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the command says when it is not understood or cannot start: one sentence, and an exit code.
class ChatServerTest {
    @TempDir
    private Path files = Path.of("");

    private record Result(int code, String said) {}

    /// The error stream is a global; tests of this class run one after the other.
    private static Result run(String... args) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            return new Result(ChatServer.execute(args), said.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    private static void refused(String sentence, String... args) {
        Result result = run(args);
        assertThat(result.said()).isEqualTo("chat-server: " + sentence + " (see --help)" + System.lineSeparator());
        assertThat(result.code()).isEqualTo(2);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(files.resolve(name), text).toString();
    }

    @Test
    void anUnknownOptionIsNamed() {
        refused("Unknown option: '--prot'", "--prot");
    }

    @Test
    void aPortOutOfRangeIsRefused() {
        refused("wrong value: option=--port, value=65536, allowed=0 to 65535", "--port", "65536");
        refused("wrong value: option=--port, value=-1, allowed=0 to 65535", "--port", "-1");
    }

    @Test
    void keysWithoutTheirPasswordAreRefused() throws IOException {
        refused("--tls-keystore and --tls-password-file go together", "--tls-keystore", "keys.p12");
        refused("--tls-keystore and --tls-password-file go together", "--tls-password-file", "password");
        Result result = run("--tls-keystore", file("keys", "none"), "--tls-password-file", file("password", "secret"));
        assertThat(result.said()).startsWith("chat-server: cannot use the keys: file=" + files.resolve("keys"));
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void aNumberOfShardsOutOfRangeIsRefused() {
        refused("wrong value: option=--shards, value=0, allowed=1 to 1024", "--shards", "0");
        refused("wrong value: option=--shards, value=1025, allowed=1 to 1024", "--shards", "1025");
    }

    @Test
    void aServerNameWithSpacesIsRefused() {
        refused(
                "wrong value: option=--name, value=my server, allowed=letters, digits, dots and hyphens, at most 63",
                "--name",
                "my server");
    }

    @Test
    void aLimitOutOfRangeIsRefused() {
        refused("clients out of range: value=0, least=1, most=1000000", "--max-clients", "0");
    }

    @Test
    void aTimeThatIsNoneIsRefused() {
        Result result = run("--ping-after", "soon");
        assertThat(result.said()).contains("'soon' is not a time; write it as 500ms, 60s, 2m or 1h");
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void anOperatorWithoutPasswordIsRefusedWithoutRepeatingIt() {
        refused("--oper must be NAME:PASSWORD", "--oper", "s3cret");
        refused("--oper must be NAME:PASSWORD", "--oper", ":s3cret");
    }

    @Test
    void aMessageOfTheDayThatIsNotThereIsRefused() {
        Result result = run("--motd", files.resolve("none").toString());
        assertThat(result.said()).startsWith("chat-server: cannot read the message of the day: file=");
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void aConfigurationThatIsNotThereIsRefused() {
        Result result = run("--config", files.resolve("none").toString());
        assertThat(result.said()).startsWith("chat-server: cannot read the configuration: file=");
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void anUnknownSettingIsNamed() throws IOException {
        String path = file("chat.properties", "prot=1\n");
        refused("unknown setting: file=" + path + ", setting=prot", "--config", path);
    }

    @Test
    void theConfigurationCountsAndTheCommandLineWins() throws IOException {
        String path = file("chat.properties", "port=70000\nname=from file\n");
        refused(
                "wrong value: option=--name, value=from file, allowed=letters, digits, dots and hyphens, at most 63",
                "--config",
                path);
        refused("wrong value: option=--port, value=70000, allowed=0 to 65535", "--config", path, "--name", "irc.test");
        refused(
                "wrong value: option=--port, value=70001, allowed=0 to 65535",
                "--config=" + path,
                "--name=irc.test",
                "--port=70001");
    }

    @Test
    void aPortInUseIsOneSentence() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Result result = run("--port", Integer.toString(taken.getLocalPort()));
            assertThat(result.said())
                    .startsWith("chat-server: cannot bind: address=127.0.0.1:" + taken.getLocalPort() + ", cause=")
                    .hasLineCount(1);
            assertThat(result.code()).isEqualTo(1);
        }
    }

    @Test
    void aForeignAddressIsOneSentence() {
        Result result = run("--port", "0", "--host", "192.0.2.1");
        assertThat(result.said())
                .startsWith("chat-server: cannot bind: address=192.0.2.1:0, cause=")
                .hasLineCount(1);
        assertThat(result.code()).isEqualTo(1);
    }

    @Test
    void anUnknownHostIsRefused() {
        refused(
                "wrong value: option=--host, value=no such host, allowed=an address of this machine or a name for it",
                "--host",
                "no such host");
    }

    @Test
    void timesHaveUnits() {
        assertThat(LimitOptions.duration("500ms")).hasMillis(500);
        assertThat(LimitOptions.duration("60s")).hasSeconds(60);
        assertThat(LimitOptions.duration("2m")).hasMinutes(2);
        assertThat(LimitOptions.duration("1h")).hasHours(1);
    }
}
