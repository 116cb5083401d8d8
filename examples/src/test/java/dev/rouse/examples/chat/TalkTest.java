package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class TalkTest {
    @AutoClose
    private final TestServer server = TestServer.start();

    @Test
    void aLineReachesAllOthersOnTheChannelAndNotTheSender() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        TestClient cid = server.join("cid", "#room");
        bob.drain("#room");
        bob.send("PRIVMSG #ROOM :hello  there");
        assertThat(ann.expect("PRIVMSG")).isEqualTo(":bob!~bob@127.0.0.1 PRIVMSG #room :hello  there");
        assertThat(cid.expect("PRIVMSG")).isEqualTo(":bob!~bob@127.0.0.1 PRIVMSG #room :hello  there");
        assertThat(bob.drain("#room")).isEmpty();
    }

    @Test
    void linesOfOneSenderKeepTheirOrder() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        for (int i = 0; i < 500; i++) {
            bob.send("PRIVMSG #room :line " + i);
        }
        for (int i = 0; i < 500; i++) {
            assertThat(ann.expect("PRIVMSG")).endsWith(":line " + i);
        }
    }

    @Test
    void aUserHearsWhatIsSentToItsName() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        bob.send("PRIVMSG ANN :psst", "NOTICE ann :note");
        assertThat(ann.line()).isEqualTo(":bob!~bob@127.0.0.1 PRIVMSG ann :psst");
        assertThat(ann.line()).isEqualTo(":bob!~bob@127.0.0.1 NOTICE ann :note");
        assertThat(bob.drain()).isEmpty();
    }

    @Test
    void clientToClientQueriesPassThroughUnchanged() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        bob.send("PRIVMSG ann :\u0001VERSION\u0001");
        assertThat(ann.line()).endsWith(":\u0001VERSION\u0001");
    }

    @Test
    void whatCannotBeSentIsAnsweredForPrivmsgOnly() {
        TestClient bob = server.join("bob");
        assertThat(bob.ask("PRIVMSG")).containsExactly(":irc.test 411 bob :No recipient given (PRIVMSG)");
        assertThat(bob.ask("PRIVMSG , :x")).containsExactly(":irc.test 411 bob :No recipient given (PRIVMSG)");
        assertThat(bob.ask("PRIVMSG ann")).containsExactly(":irc.test 412 bob :No text to send");
        assertThat(bob.ask("PRIVMSG ann :")).containsExactly(":irc.test 412 bob :No text to send");
        assertThat(bob.ask("PRIVMSG ann :x")).containsExactly(":irc.test 401 bob ann :No such nick or channel");
        assertThat(bob.ask("PRIVMSG #no :x")).containsExactly(":irc.test 403 bob #no :No such channel");
        assertThat(bob.ask("NOTICE", "NOTICE ann", "NOTICE ann :x", "NOTICE #no :x"))
                .isEmpty();
    }

    @Test
    void fourTargetsAreServedAndAFifthIsTooMany() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        assertThat(bob.ask("PRIVMSG ann,ann,ann,ann :x")).isEmpty();
        assertThat(ann.drain()).hasSize(4);
        assertThat(bob.ask("PRIVMSG ann,ann,ann,ann,eve :x"))
                .containsExactly(":irc.test 407 bob eve :Too many targets");
        assertThat(ann.drain()).isEmpty();
    }

    @Test
    void awayIsToldToThoseWhoWrite() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        assertThat(ann.ask("AWAY :at lunch")).containsExactly(":irc.test 306 ann :You are now marked as away");
        assertThat(bob.ask("PRIVMSG ann :x")).containsExactly(":irc.test 301 bob ann :at lunch");
        assertThat(bob.ask("NOTICE ann :x")).isEmpty();
        assertThat(ann.ask("AWAY")).endsWith(":irc.test 305 ann :You are no longer marked as away");
        assertThat(bob.ask("PRIVMSG ann :x")).isEmpty();
    }

    @Test
    void theAwayMessageIsCutAtItsLimit() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        ann.ask("AWAY :" + "a".repeat(200));
        assertThat(bob.ask("PRIVMSG ann :x").getFirst()).endsWith(":" + "a".repeat(200));
        ann.ask("AWAY :" + "a".repeat(201));
        assertThat(bob.ask("PRIVMSG ann :x").getFirst()).endsWith(":" + "a".repeat(200));
    }

    @Test
    void aLineThatGrewPastTheLimitIsCutBetweenCharacters() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        String text = WireText.of("é".repeat(240));
        bob.send("PRIVMSG #room :" + text);
        String heard = ann.expect("PRIVMSG");
        String head = ":bob!~bob@127.0.0.1 PRIVMSG #room :";
        assertThat(heard).startsWith(head).hasSizeBetween(509, 510);
        assertThat((heard.length() - head.length()) % 2).isZero();
        assertThat(text).startsWith(heard.substring(head.length()));
    }

    @Test
    void bytesThatAreNotUtf8ComeThroughUnchanged() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        bob.send("PRIVMSG #room :\u00ff\u0080\u00fe");
        assertThat(ann.expect("PRIVMSG")).endsWith(":\u00ff\u0080\u00fe");
    }

    @Test
    void quitIsToldOnceToThoseWhoShareChannelsAndToNobodyElse() {
        TestClient ann = server.join("ann", "#a,#b,#c");
        ann.expect(" 366 ann #c");
        TestClient out = server.join("out");
        TestClient bob = server.join("bob", "#a,#b,#c");
        bob.expect(" 366 bob #c");
        ann.drain();
        bob.send("QUIT :so long");
        assertThat(bob.readToTheEnd()).containsExactly("ERROR :Closing Link: 127.0.0.1 (Quit: so long)");
        assertThat(ann.line()).isEqualTo(":bob!~bob@127.0.0.1 QUIT :Quit: so long");
        assertThat(ann.drain("#a")).isEmpty();
        assertThat(out.drain()).isEmpty();
    }

    @Test
    void aClientThatJustGoesIsSaidToHaveQuit() {
        TestClient ann = server.join("ann", "#a");
        TestClient bob = server.join("bob", "#a");
        ann.drain();
        bob.close();
        assertThat(ann.line()).startsWith(":bob!~bob@127.0.0.1 QUIT :");
        TestClient again = server.join("bob");
        assertThat(again.drain()).isEmpty();
    }

    @Test
    void linesSentBeforeTheEndOfTheStreamAreStillObeyed() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        bob.send("PRIVMSG ann :last words");
        bob.endOutput();
        assertThat(ann.line()).endsWith(":last words");
        assertThat(bob.readToTheEnd()).containsExactly("ERROR :Closing Link: 127.0.0.1 (Connection closed)");
    }

    @Test
    void segmentsMayFallAnywhere() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        for (char c : "PRIVMSG ann :in pieces\r\n".toCharArray()) {
            bob.sendRaw(String.valueOf(c));
        }
        bob.sendRaw("PRIVMSG ann :one\r\nPRIVMSG ann :two\nPRIVMSG ann :three\rPING x\r\n");
        bob.expect("PONG");
        assertThat(ann.drain())
                .extracting(l -> l.substring(l.lastIndexOf(':') + 1))
                .containsExactly("in pieces", "one", "two", "three");
    }
}
