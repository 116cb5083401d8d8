package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Each limit at its edge and past it, and that the server serves on.
@Timeout(60)
class LimitsTest {
    private static TestServer with(UnaryOperator<ChatLimits> limits) {
        return TestServer.start(o -> o.withLimits(limits.apply(o.limits())));
    }

    private static void servesOn(TestServer server) {
        TestClient witness = server.join("witness");
        assertThat(witness.ask("ISON witness")).containsExactly(":irc.test 303 witness :witness");
        witness.close();
    }

    @Test
    void aLineOf512BytesIsTakenAndALongerOneIsRefused() {
        try (TestServer server = TestServer.start()) {
            TestClient ann = server.join("ann");
            String token = "p".repeat(510 - "PING ".length());
            ann.sendRaw("PING " + token + "\r\n");
            assertThat(ann.line()).startsWith(":irc.test PONG irc.test :ppp");
            ann.sendRaw("PING " + token + "p\r\n");
            assertThat(ann.line()).isEqualTo(":irc.test 417 ann :Input line was too long");
            assertThat(ann.drain()).isEmpty();
        }
    }

    @Test
    void anEndlessLineIsAnsweredOnceAndThenCutOff() {
        try (TestServer server = TestServer.startStepped(l -> l.withFlood(40, 4))) {
            TestClient ann = server.connect();
            ann.sendRaw("x".repeat(100_000));
            assertThat(ann.readToTheEnd())
                    .containsExactly(
                            ":irc.test 417 * :Input line was too long",
                            "ERROR :Closing Link: 127.0.0.1 (Excess Flood)");
            servesOn(server);
        }
    }

    @Test
    void theBurstIsTakenAndOneLineMoreIsAFlood() {
        try (TestServer server = TestServer.startStepped(l -> l.withFlood(10, 1))) {
            TestClient ann = server.join("ann");
            for (int i = 0; i < 40; i++) {
                ann.sendRaw("PING " + i + "\r\n");
            }
            List<String> lines = ann.readToTheEnd();
            assertThat(lines).last().isEqualTo("ERROR :Closing Link: 127.0.0.1 (Excess Flood)");
            assertThat(lines).filteredOn(l -> l.contains(" PONG ")).hasSize(8); // NICK and USER were the first two
            servesOn(server);
        }
    }

    @Test
    void garbageDoesNoHarm() {
        try (TestServer server = with(l -> l.withFlood(1_000, 1))) {
            for (long seed = 1; seed <= 10; seed++) {
                byte[] garbage = new byte[20_000];
                new Random(seed).nextBytes(garbage);
                TestClient noise = server.connect();
                noise.sendRaw(new String(garbage, ISO_8859_1));
                noise.endOutput();
                assertThat(noise.readToTheEnd())
                        .as("seed %d", seed)
                        .last()
                        .asString()
                        .startsWith("ERROR :Closing Link");
            }
            servesOn(server);
        }
    }

    /// A chat server of this kind knows bytes, not characters: what is no UTF-8 reaches others as it was sent.
    @Test
    void brokenUtf8ReachesOthersByteForByteAndHarmsNobody() {
        try (TestServer server = TestServer.start()) {
            TestClient ann = server.join("ann", "#room");
            TestClient bob = server.join("bob", "#room");
            for (String broken : List.of(
                    "a\u00C3", "\u00C0\u00AF", "\u00ED\u00A0\u0080", "\u00F5\u0080\u0080\u0080", "\u00FF\u00FE")) {
                ann.sendRaw("PRIVMSG #room :" + broken + "\r\n");
                assertThat(bob.expect("PRIVMSG")).endsWith(" PRIVMSG #room :" + broken);
            }
            servesOn(server);
        }
    }

    @Test
    void whoDoesNotRegisterInTimeIsCutOff() {
        Duration limit = Duration.ofMinutes(1);
        try (TestServer server = TestServer.startStepped(l -> l.withRegisterWithin(limit))) {
            TestClient idler = server.connect();
            idler.send("CAP LS");
            idler.expect(" CAP ");
            idler.send("CAP LS"); // the first answer may come before the watch over its time has begun
            idler.expect(" CAP ");
            server.pass(limit.minusSeconds(1));
            idler.send("CAP LS");
            idler.expect(" CAP ");
            server.pass(Duration.ofSeconds(1));
            assertThat(idler.readToTheEnd()).containsExactly("ERROR :Closing Link: 127.0.0.1 (Registration timed out)");
        }
    }

    @Test
    void silenceIsAskedAboutAndAnAnswerIsEnough() {
        Duration register = Duration.ofMinutes(1);
        Duration silence = Duration.ofMinutes(2);
        Duration patience = Duration.ofMinutes(1);
        try (TestServer server =
                TestServer.startStepped(l -> l.withRegisterWithin(register).withPing(silence, patience))) {
            TestClient ann = server.join("ann");
            server.pass(register);
            server.pass(silence.minus(register));
            for (int i = 0; i < 3; i++) {
                assertThat(ann.line()).isEqualTo("PING :irc.test");
                assertThat(ann.ask("PONG :irc.test")).isEmpty();
                server.pass(patience);
                assertThat(ann.drain()).isEmpty();
                server.pass(silence);
            }
            server.pass(patience);
            assertThat(ann.readTo("ERROR"))
                    .containsExactly("PING :irc.test", "ERROR :Closing Link: 127.0.0.1 (Ping timeout: 180 seconds)");
        }
    }

    @Test
    void aFullServerSaysSo() {
        try (TestServer server = with(l -> l.withClients(2))) {
            TestClient ann = server.join("ann");
            server.join("bob");
            TestClient third = server.connect();
            assertThat(third.readToTheEnd()).containsExactly("ERROR :Closing Link: (Server is full)");
            ann.send("QUIT");
            ann.readToTheEnd();
            ann.close();
            String answer;
            do {
                TestClient next = server.connect();
                next.send("NICK cid", "USER cid 0 * :Cid");
                answer = next.lineOrEnd(); // where too many are being refused, one more hears nothing
            } while (answer == null || answer.contains("Server is full"));
            assertThat(answer).contains(" 001 cid ");
        }
    }

    @Test
    void aClientThatNeverReadsIsCutOffWhileOthersAreServed() {
        try (TestServer server = with(l -> l.withSendQueueBytes(64 * 1024))) {
            TestClient ann = server.join("ann", "#room");
            TestClient bob = server.join("bob", "#room");
            TestClient deaf = TestClient.connect(server.address(), 4 * 1024);
            deaf.send("NICK deaf", "USER deaf 0 * :Deaf", "JOIN #room");
            assertThat(ann.expect("deaf")).contains("JOIN #room");
            String text = "PRIVMSG #room :" + "x".repeat(400);
            String heard = "";
            for (int i = 0; i < 100_000 && !heard.contains("QUIT"); i++) {
                ann.send(text + " " + i);
                heard = bob.expect(":");
            }
            assertThat(heard).isEqualTo(":deaf!~deaf@127.0.0.1 QUIT :SendQ exceeded");
            ann.send("PRIVMSG #room :still here");
            assertThat(bob.expect("still here")).contains("PRIVMSG");
            deaf.close();
        }
    }

    @Test
    void aLongAnswerWaitsForItsReaderInsteadOfCuttingItOff() {
        try (TestServer server = with(l -> l.withSendQueueBytes(64 * 1024).withChannelsPerClient(1_000))) {
            TestClient ann = server.join("ann");
            for (int i = 0; i < 500; i++) {
                ann.send("JOIN #room-" + i, "TOPIC #room-" + i + " :" + "t".repeat(300));
                ann.expect(" TOPIC ");
            }
            TestClient slow = TestClient.connect(server.address(), 4 * 1024);
            slow.send("NICK slow", "USER slow 0 * :Slow");
            for (int i = 0; i < 20; i++) {
                slow.send("LIST");
            }
            slow.send("PING :end");
            List<String> lines = slow.readTo("PONG irc.test :end");
            assertThat(lines).filteredOn(l -> l.contains(" 322 ")).hasSize(20 * 500);
            slow.close();
        }
    }

    @Test
    void limitsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> ChatLimits.defaults().withClients(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("clients out of range: value=0, least=1, most=1000000");
        assertThatThrownBy(() -> ChatLimits.defaults().withRegisterWithin(Duration.ZERO))
                .hasMessage("time to register in must be above zero: value=PT0S");
        assertThatThrownBy(() -> ChatLimits.defaults().withFlood(1, 0))
                .hasMessage("flood rate out of range: value=0, least=1, most=1000000");
        assertThatThrownBy(() -> ChatLimits.defaults().withPing(Duration.ofSeconds(1), Duration.ZERO))
                .hasMessage("ping timeout must be above zero: value=PT0S");
    }

    @Test
    void eachWithChangesItsOwnLimit() {
        ChatLimits changed = ChatLimits.defaults()
                .withClients(1)
                .withChannels(2)
                .withChannelsPerClient(3)
                .withSendQueueBytes(100_000)
                .withFlood(5, 6)
                .withRegisterWithin(Duration.ofSeconds(7))
                .withPing(Duration.ofSeconds(8), Duration.ofSeconds(9));
        assertThat(changed)
                .isEqualTo(new ChatLimits(
                        1,
                        2,
                        3,
                        100_000,
                        new ChatLimits.Flood(5, 6),
                        Duration.ofSeconds(7),
                        new ChatLimits.Ping(Duration.ofSeconds(8), Duration.ofSeconds(9))));
    }
}
