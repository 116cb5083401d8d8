package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChannelModesTest {
    @AutoClose
    private final TestServer server = TestServer.start();

    private TestClient op = server.connect();
    private TestClient bob = server.connect();

    @BeforeEach
    void anOperatorAndAMember() {
        op = server.join("op", "#room");
        bob = server.join("bob", "#room");
        op.drain("#room");
    }

    /// Sends as the operator and waits until the channel has done it.
    private void mode(String change) {
        op.send("MODE #room " + change);
        op.drain("#room");
        bob.drain("#room");
    }

    private String joinAnswer(String nick, String parameters) {
        TestClient client = server.join(nick);
        client.send("JOIN " + parameters);
        return client.line();
    }

    @Test
    void theModesAreShown() {
        op.send("MODE #room");
        assertThat(op.line()).isEqualTo(":irc.test 324 op #room +nt");
        assertThat(op.line()).startsWith(":irc.test 329 op #room ");
        assertThat(op.ask("MODE #no")).containsExactly(":irc.test 403 op #no :No such channel");
    }

    @Test
    void aChangeIsToldToAll() {
        op.send("MODE #room +im-t+l 5");
        assertThat(bob.line()).isEqualTo(":op!~op@127.0.0.1 MODE #room +im-t+l 5");
        assertThat(op.line()).isEqualTo(":op!~op@127.0.0.1 MODE #room +im-t+l 5");
        bob.send("MODE #room");
        assertThat(bob.line()).isEqualTo(":irc.test 324 bob #room +niml 5");
    }

    @Test
    void whatChangesNothingIsNotTold() {
        mode("+n");
        assertThat(op.drain("#room")).isEmpty();
    }

    @Test
    void onlyOperatorsMayChange() {
        bob.send("MODE #room +m+i");
        assertThat(bob.line()).isEqualTo(":irc.test 482 bob #room :You are not a channel operator");
        assertThat(bob.drain("#room")).isEmpty();
        TestClient out = server.join("out");
        out.send("MODE #room +m");
        assertThat(out.line()).isEqualTo(":irc.test 442 out #room :You are not on that channel");
    }

    @Test
    void anUnknownModeIsNamed() {
        op.send("MODE #room +zm");
        assertThat(op.readTo(" 472 "))
                .containsExactly(":op!~op@127.0.0.1 MODE #room +m", ":irc.test 472 op z :is not a mode known here");
    }

    @Test
    void aBanThatWouldBreakItsLineIsRefused() {
        op.send("MODE #room +b :a b", "MODE #room -b ::a");
        assertThat(op.line()).isEqualTo(":irc.test 696 op #room b * :not a mask");
        assertThat(op.line()).isEqualTo(":irc.test 696 op #room b * :not a mask");
        assertThat(op.drain("#room")).isEmpty();
    }

    @Test
    void oMakesAnOperatorAndBack() {
        op.send("MODE #room +o BOB");
        assertThat(bob.line()).isEqualTo(":op!~op@127.0.0.1 MODE #room +o bob");
        bob.send("MODE #room -o op");
        assertThat(bob.line()).isEqualTo(":bob!~bob@127.0.0.1 MODE #room -o op");
        op.drain("#room");
        op.send("MODE #room +m");
        assertThat(op.line()).contains(" 482 ");
        bob.send("MODE #room +o eve", "MODE #room +o");
        assertThat(bob.line()).isEqualTo(":irc.test 441 bob eve #room :They are not on that channel");
        assertThat(bob.line()).isEqualTo(":irc.test 461 bob MODE :Not enough parameters");
    }

    @Test
    void mLetsOperatorsAndVoicesSpeak() {
        mode("+m");
        bob.send("PRIVMSG #room :x", "NOTICE #room :x");
        assertThat(bob.line()).isEqualTo(":irc.test 404 bob #room :Cannot send to channel");
        assertThat(bob.drain("#room")).isEmpty();
        mode("+v bob");
        bob.send("PRIVMSG #room :now");
        assertThat(op.expect("PRIVMSG")).endsWith(":now");
        op.send("PRIVMSG #room :me too", "NAMES #room");
        assertThat(bob.expect("PRIVMSG")).endsWith(":me too");
        assertThat(op.expect(" 353 ")).endsWith(":@op +bob");
    }

    @Test
    void nKeepsMessagesFromOutsideOut() {
        TestClient out = server.join("out");
        out.send("PRIVMSG #room :hey");
        assertThat(out.line()).isEqualTo(":irc.test 404 out #room :Cannot send to channel");
        mode("-n");
        out.send("PRIVMSG #room :hey");
        assertThat(bob.expect("PRIVMSG")).isEqualTo(":out!~out@127.0.0.1 PRIVMSG #room :hey");
    }

    @Test
    void iLetsOnlyInvitedUsersIn() {
        mode("+i");
        TestClient ann = server.join("ann");
        ann.send("JOIN #room");
        assertThat(ann.line()).isEqualTo(":irc.test 473 ann #room :Cannot join channel (+i)");
        op.send("INVITE ann #room");
        ann.expect("INVITE");
        ann.send("JOIN #room");
        assertThat(ann.line()).contains(" JOIN ");
        ann.send("PART #room", "JOIN #room");
        ann.expect("PART");
        assertThat(ann.expect(" 473 ")).contains("#room");
    }

    @Test
    void kAsksForTheKey() {
        mode("+k s3cret");
        assertThat(joinAnswer("ann", "#room")).isEqualTo(":irc.test 475 ann #room :Cannot join channel (+k)");
        assertThat(joinAnswer("cid", "#room wrong")).contains(" 475 ");
        assertThat(joinAnswer("dan", "#room s3cret")).contains(" JOIN ");
        op.drain("#room");
        op.send("MODE #room +k other");
        assertThat(op.line()).isEqualTo(":irc.test 467 op #room :Channel key already set");
        op.send("MODE #room -k whatever");
        assertThat(op.line()).isEqualTo(":op!~op@127.0.0.1 MODE #room -k *");
        assertThat(joinAnswer("eve", "#room")).contains(" JOIN ");
        op.expect("JOIN");
        op.send("MODE #room +k a,b");
        assertThat(op.line()).isEqualTo(":irc.test 696 op #room k a,b :not a channel key");
    }

    @Test
    void lLetsInSoManyAndNotOneMore() {
        mode("+l 3");
        assertThat(joinAnswer("ann", "#room")).contains(" JOIN ");
        assertThat(joinAnswer("cid", "#room")).isEqualTo(":irc.test 471 cid #room :Cannot join channel (+l)");
        mode("-l");
        assertThat(joinAnswer("dan", "#room")).contains(" JOIN ");
        op.drain("#room");
        op.send("MODE #room +l 0", "MODE #room +l x");
        assertThat(op.line()).isEqualTo(":irc.test 696 op #room l 0 :not a positive number");
        assertThat(op.line()).contains(" 696 op #room l x ");
    }

    @Test
    void bKeepsOutAndSilences() {
        op.send("MODE #room +b ann");
        assertThat(op.line()).isEqualTo(":op!~op@127.0.0.1 MODE #room +b ann!*@*");
        assertThat(joinAnswer("ann", "#room")).isEqualTo(":irc.test 474 ann #room :Cannot join channel (+b)");
        mode("+b *!*BOB@127.*");
        bob.send("PRIVMSG #room :x");
        assertThat(bob.line()).isEqualTo(":irc.test 404 bob #room :Cannot send to channel");
        mode("+v bob");
        bob.send("PRIVMSG #room :voiced");
        assertThat(op.expect("PRIVMSG")).endsWith(":voiced");
        bob.send("MODE #room b");
        assertThat(bob.line()).startsWith(":irc.test 367 bob #room ann!*@* op ");
        assertThat(bob.line()).startsWith(":irc.test 367 bob #room *!*BOB@127.* op ");
        assertThat(bob.line()).isEqualTo(":irc.test 368 bob #room :End of channel ban list");
        mode("-b ANN!*@*");
        TestClient other = server.join("other");
        other.send("NICK ann");
        other.expect(" 433 ");
        assertThat(joinAnswer("free", "#room")).contains(" JOIN ");
    }

    @Test
    void aBanFollowsTheName() {
        mode("+b evil!*@*");
        bob.send("NICK evil");
        bob.expect("NICK");
        bob.send("PRIVMSG #room :x");
        assertThat(bob.line()).contains(" 404 ");
        bob.send("NICK good");
        bob.expect("NICK");
        bob.send("PRIVMSG #room :y");
        assertThat(op.expect("PRIVMSG")).endsWith(":y");
    }

    @Test
    void theBanListHasALimit() {
        for (int i = 0; i < 64; i++) {
            op.send("MODE #room +b n" + i);
        }
        assertThat(op.drain("#room")).hasSize(64);
        op.send("MODE #room +b more");
        assertThat(op.line()).isEqualTo(":irc.test 478 op #room more!*@* :Channel list is full");
    }

    @Test
    void manyLongMasksAreToldInSeveralLines() {
        StringBuilder change = new StringBuilder("+bbbbbb");
        for (char c = 'a'; c <= 'f'; c++) {
            change.append(' ').append(String.valueOf(c).repeat(78));
        }
        op.send("MODE #room " + change);
        assertThat(op.drain("#room")).hasSize(2).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(510));
    }

    @Test
    void sHidesTheChannelFromOthers() {
        mode("+s");
        TestClient out = server.join("out");
        assertThat(out.ask("LIST")).noneMatch(l -> l.contains("#room"));
        out.send("NAMES #room");
        assertThat(out.line()).isEqualTo(":irc.test 366 out #room :End of NAMES list");
        assertThat(out.ask("WHO #room")).containsExactly(":irc.test 315 out #room :End of WHO list");
        assertThat(out.ask("WHOIS bob")).noneMatch(l -> l.contains(" 319 "));
        assertThat(op.ask("LIST")).anyMatch(l -> l.contains("#room"));
        assertThat(op.ask("WHOIS bob")).anyMatch(l -> l.endsWith(" 319 op bob :#room"));
        op.send("NAMES #room");
        assertThat(op.line()).startsWith(":irc.test 353 op @ #room :");
    }

    @Test
    void allPrefixesAreShownToThoseWhoAsked() {
        mode("+v op");
        bob.ask("CAP REQ :multi-prefix userhost-in-names");
        bob.send("NAMES #room");
        assertThat(bob.line()).isEqualTo(":irc.test 353 bob = #room :@+op!~op@127.0.0.1 bob!~bob@127.0.0.1");
        op.send("NAMES #room");
        assertThat(op.line()).isEqualTo(":irc.test 353 op = #room :@op bob");
    }
}
