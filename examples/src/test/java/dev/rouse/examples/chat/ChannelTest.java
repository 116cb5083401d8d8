package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ChannelTest {
    @AutoClose
    private final TestServer server = TestServer.start();

    @Test
    void joiningShowsTheJoinTheTopicAndTheNames() {
        TestClient ann = server.join("ann");
        ann.send("JOIN #room");
        assertThat(ann.readTo(" 366 "))
                .containsExactly(
                        ":ann!~ann@127.0.0.1 JOIN #room",
                        ":irc.test 353 ann = #room :@ann",
                        ":irc.test 366 ann #room :End of NAMES list");
        ann.ask("TOPIC #room :welcome here");
        TestClient bob = server.join("bob");
        bob.send("JOIN #Room");
        List<String> lines = bob.readTo(" 366 ");
        assertThat(lines).element(0).isEqualTo(":bob!~bob@127.0.0.1 JOIN #room");
        assertThat(lines).element(1).isEqualTo(":irc.test 332 bob #room :welcome here");
        assertThat(lines).element(2).asString().startsWith(":irc.test 333 bob #room ann ");
        assertThat(lines).element(3).isEqualTo(":irc.test 353 bob = #room :@ann bob");
        assertThat(ann.expect("JOIN")).isEqualTo(":bob!~bob@127.0.0.1 JOIN #room");
    }

    @Test
    void joiningTwiceDoesNothing() {
        TestClient ann = server.join("ann", "#room");
        assertThat(ann.ask("JOIN #room")).isEmpty();
    }

    @Test
    void channelNamesAreChecked() {
        TestClient ann = server.join("ann");
        assertThat(ann.ask("JOIN room")).containsExactly(":irc.test 403 ann room :No such channel");
        assertThat(ann.ask("JOIN #")).containsExactly(":irc.test 476 ann # :Bad channel name");
        assertThat(ann.ask("JOIN #" + "c".repeat(50)).getFirst()).contains(" 476 ");
        assertThat(ann.ask("JOIN #" + "c".repeat(49)).getFirst()).contains("JOIN #c");
    }

    @Test
    void severalChannelsAreJoinedWithTheirKeys() {
        TestClient ann = server.join("ann");
        ann.ask("JOIN #a,#b,#c", "MODE #a +k one", "MODE #c +k three");
        TestClient bob = server.join("bob");
        bob.send("JOIN #a,#b,#c one,,three");
        assertThat(bob.drain("#c")).filteredOn(l -> l.contains(" JOIN ")).hasSize(3);
    }

    @Test
    void joinZeroLeavesAll() {
        TestClient ann = server.join("ann");
        ann.ask("JOIN #a,#b");
        ann.send("JOIN 0");
        assertThat(List.of(ann.expect("PART"), ann.expect("PART")))
                .containsExactlyInAnyOrder(":ann!~ann@127.0.0.1 PART #a", ":ann!~ann@127.0.0.1 PART #b");
    }

    @Test
    void oneMoreChannelThanTheLimitIsRefused() {
        try (TestServer small = TestServer.start(o -> o.withLimits(o.limits().withChannelsPerClient(2)))) {
            TestClient ann = small.join("ann");
            assertThat(ann.ask("JOIN #a,#b"))
                    .filteredOn(l -> l.contains(" JOIN "))
                    .hasSize(2);
            assertThat(ann.ask("JOIN #c")).containsExactly(":irc.test 405 ann #c :You are on too many channels");
            assertThat(ann.ask("JOIN #a")).isEmpty();
            ann.send("PART #a");
            ann.expect("PART");
            ann.send("JOIN #c");
            assertThat(ann.line()).contains(" JOIN #c");
        }
    }

    @Test
    void aPlaceIsFreeAgainAfterAKick() {
        try (TestServer small = TestServer.start(o -> o.withLimits(o.limits().withChannelsPerClient(1)))) {
            TestClient op = small.join("op", "#a");
            TestClient ann = small.join("ann", "#a");
            op.send("KICK #a ann");
            ann.expect("KICK");
            ann.send("JOIN #b");
            assertThat(ann.line()).contains(" JOIN #b");
        }
    }

    @Test
    void oneMoreChannelThanTheServerHoldsIsRefused() {
        try (TestServer small = TestServer.start(o -> o.withLimits(o.limits().withChannels(1)))) {
            TestClient ann = small.join("ann", "#a");
            assertThat(ann.ask("JOIN #b"))
                    .containsExactly(":irc.test 437 ann #b :Nick or channel is temporarily unavailable");
            ann.send("PART #a");
            ann.expect("PART");
            TestClient bob = small.join("bob");
            String answer;
            do {
                bob.send("JOIN #b");
                answer = bob.line();
            } while (answer.contains(" 437 "));
            assertThat(answer).contains(" JOIN #b");
        }
    }

    @Test
    void partIsToldToAllWithItsReason() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        bob.send("PART #room :enough");
        assertThat(bob.expect("PART")).isEqualTo(":bob!~bob@127.0.0.1 PART #room :enough");
        assertThat(ann.expect("PART")).isEqualTo(":bob!~bob@127.0.0.1 PART #room :enough");
        assertThat(bob.drain("#room")).isEmpty();
        bob.send("PART #room");
        assertThat(bob.line()).isEqualTo(":irc.test 442 bob #room :You are not on that channel");
        assertThat(bob.ask("PART #no")).containsExactly(":irc.test 403 bob #no :No such channel");
    }

    @Test
    void anEmptiedChannelIsForgotten() {
        TestClient ann = server.join("ann", "#room");
        ann.ask("MODE #room +s", "TOPIC #room :old");
        ann.send("PART #room");
        ann.expect("PART");
        for (int i = 0; i < 50; i++) {
            TestClient other = i % 2 == 0 ? ann : server.join("n" + i);
            other.send("JOIN #room");
            assertThat(other.readTo(" 366 ")).hasSize(3).element(1).asString().contains(" = #room :@");
            other.send("PART #room");
            other.expect("PART");
        }
    }

    /// The way that bob knew led to a channel that had ended: 403.
    @Test
    void whoWasKickedFindsTheChannelThatTookTheNameSince() {
        TestClient op = server.join("op", "#room");
        TestClient bob = server.join("bob", "#room");
        op.send("KICK #room bob", "PART #room");
        bob.expect("KICK");
        op.expect("PART");
        TestClient ann = server.join("ann", "#room");
        ann.send("TOPIC #room :new");
        ann.expect("TOPIC");
        List<String> answers;
        do { // the first channel, which has emptied, may be asked until it has ended
            answers = bob.ask("TOPIC #room");
        } while (answers.stream().noneMatch(a -> a.contains(" 332 ") || a.contains(" 403 ")));
        assertThat(answers).contains(":irc.test 332 bob #room :new");
    }

    /// The channels are on both shards: their answers came in any order, and after the PONG.
    @Test
    void theAnswersOfChannelsComeInTheOrderOfTheCommands() {
        TestClient ann = server.join("ann", "#a,#b,#c,#d");
        ann.expect(" 366 ann #d");
        TestClient out = server.join("out");
        for (int i = 0; i < 50; i++) {
            assertThat(out.ask("TOPIC #a", "TOPIC #b", "TOPIC #c", "PRIVMSG #d :x", "KICK #a ann"))
                    .containsExactly(
                            ":irc.test 331 out #a :No topic is set",
                            ":irc.test 331 out #b :No topic is set",
                            ":irc.test 331 out #c :No topic is set",
                            ":irc.test 404 out #d :Cannot send to channel",
                            ":irc.test 442 out #a :You are not on that channel");
        }
    }

    @Test
    void theTopicIsShownSetAndCleared() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        ann.send("TOPIC #room");
        assertThat(ann.expect(" 331 ")).isEqualTo(":irc.test 331 ann #room :No topic is set");
        bob.send("TOPIC #room :mine");
        assertThat(bob.expect(" 482 ")).isEqualTo(":irc.test 482 bob #room :You are not a channel operator");
        ann.send("TOPIC #room :ours");
        assertThat(bob.expect("TOPIC")).isEqualTo(":ann!~ann@127.0.0.1 TOPIC #room :ours");
        bob.send("TOPIC #room");
        assertThat(bob.expect(" 332 ")).isEqualTo(":irc.test 332 bob #room :ours");
        ann.send("MODE #room -t");
        bob.expect("MODE");
        bob.send("TOPIC #room :" + "t".repeat(301));
        assertThat(ann.expect(":bob!~bob@127.0.0.1 TOPIC")).endsWith(":" + "t".repeat(300));
        ann.send("TOPIC #room :");
        assertThat(bob.expect(":ann!~ann@127.0.0.1 TOPIC")).isEqualTo(":ann!~ann@127.0.0.1 TOPIC #room :");
        ann.send("TOPIC #room");
        ann.expect(" 331 ");
        TestClient out = server.join("out");
        out.send("TOPIC #room :x");
        assertThat(out.line()).contains(" 442 out #room ");
    }

    @Test
    void kickNeedsAnOperatorAndATargetThatIsThere() {
        TestClient op = server.join("op", "#room");
        TestClient bob = server.join("bob", "#room");
        TestClient out = server.join("out");
        bob.send("KICK #room op");
        assertThat(bob.expect(" 482 ")).isEqualTo(":irc.test 482 bob #room :You are not a channel operator");
        out.send("KICK #room bob");
        assertThat(out.line()).isEqualTo(":irc.test 442 out #room :You are not on that channel");
        op.send("KICK #room out,nobody");
        assertThat(op.expect(" 441 ")).isEqualTo(":irc.test 441 op out #room :They are not on that channel");
        assertThat(op.line()).isEqualTo(":irc.test 441 op nobody #room :They are not on that channel");
        op.send("KICK #room BOB :" + "k".repeat(256));
        assertThat(bob.expect("KICK")).isEqualTo(":op!~op@127.0.0.1 KICK #room bob :" + "k".repeat(255));
        op.expect("KICK");
        bob.send("PRIVMSG #room :hello?");
        assertThat(bob.line()).isEqualTo(":irc.test 404 bob #room :Cannot send to channel");
        bob.send("WHOIS bob");
        assertThat(bob.readTo(" 318 ")).noneMatch(l -> l.contains(" 319 "));
    }

    @Test
    void anInvitationIsToldToTheGuestOnly() {
        TestClient op = server.join("op", "#room");
        TestClient bob = server.join("bob", "#room");
        TestClient ann = server.join("ann");
        bob.drain("#room");
        op.send("INVITE ANN #room");
        assertThat(op.expect(" 341 ")).isEqualTo(":irc.test 341 op ann #room");
        assertThat(ann.line()).isEqualTo(":op!~op@127.0.0.1 INVITE ann :#room");
        assertThat(bob.drain("#room")).isEmpty();
        op.send("INVITE bob #room");
        assertThat(op.line()).isEqualTo(":irc.test 443 op bob #room :is already on channel");
        assertThat(op.ask("INVITE eve #room")).containsExactly(":irc.test 401 op eve :No such nick or channel");
        assertThat(op.ask("INVITE ann #no")).containsExactly(":irc.test 403 op #no :No such channel");
        ann.send("INVITE bob #room");
        assertThat(ann.line()).isEqualTo(":irc.test 442 ann #room :You are not on that channel");
        op.send("MODE #room +i");
        bob.expect("MODE");
        bob.send("INVITE ann #room");
        assertThat(bob.line()).contains(" 482 bob #room ");
    }

    @Test
    void aLongListOfNamesIsSplit() {
        TestClient op = server.join("op", "#room");
        for (int i = 0; i < 40; i++) {
            server.join("a-rather-long-nickname-" + i, "#room");
        }
        op.drain("#room");
        op.send("NAMES #room");
        List<String> lines = op.readTo(" 366 ");
        assertThat(lines).hasSizeGreaterThan(3).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(510));
        assertThat(String.join(" ", lines)).contains("a-rather-long-nickname-0", "a-rather-long-nickname-39");
    }

    @Test
    void listShowsChannelsWithTheirSizeAndTopic() {
        TestClient ann = server.join("ann", "#one");
        ann.send("TOPIC #one :first");
        ann.expect("TOPIC");
        server.join("bob", "#one,#two").expect(" 366 bob #two");
        ann.drain("#two");
        assertThat(ann.ask("LIST").stream().sorted())
                .containsExactly(
                        ":irc.test 321 ann Channel :Users  Name",
                        ":irc.test 322 ann #one 2 :first",
                        ":irc.test 322 ann #two 1 :",
                        ":irc.test 323 ann :End of LIST");
        assertThat(ann.ask("LIST #TWO,#no"))
                .contains(":irc.test 322 ann #two 1 :")
                .hasSize(3);
    }
}
