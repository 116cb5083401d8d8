package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class UserQueriesTest {
    @AutoClose
    private final TestServer server = TestServer.start(
            o -> o.withOperators(Map.of("root", new PasswordHash("pw"))).withInfo("Test server"));

    @Test
    void whoisTellsAllInItsOrder() {
        TestClient ann = server.join("ann", "#one,#two");
        ann.expect(" 366 ann #two");
        ann.ask("AWAY :gone", "OPER root pw");
        TestClient bob = server.join("bob");
        List<String> lines = bob.ask("WHOIS ANN");
        assertThat(lines).hasSize(7);
        assertThat(lines.get(0)).isEqualTo(":irc.test 311 bob ann ~ann 127.0.0.1 * :ann Real");
        assertThat(lines.get(1)).isEqualTo(":irc.test 319 bob ann :@#one @#two");
        assertThat(lines.get(2)).isEqualTo(":irc.test 312 bob ann irc.test :Test server");
        assertThat(lines.get(3)).isEqualTo(":irc.test 301 bob ann :gone");
        assertThat(lines.get(4)).isEqualTo(":irc.test 313 bob ann :is an IRC operator");
        assertThat(lines.get(5)).matches(":irc.test 317 bob ann \\d+ \\d{10} :seconds idle, signon time");
        assertThat(lines.get(6)).isEqualTo(":irc.test 318 bob ANN :End of WHOIS list");
        assertThat(bob.ask("WHOIS irc.test ann")).hasSize(7);
    }

    @Test
    void whoisOfNobodyStillEnds() {
        TestClient bob = server.join("bob");
        assertThat(bob.ask("WHOIS eve"))
                .containsExactly(
                        ":irc.test 401 bob eve :No such nick or channel", ":irc.test 318 bob eve :End of WHOIS list");
        assertThat(bob.ask("WHOIS")).containsExactly(":irc.test 431 bob :No nickname given");
    }

    @Test
    void whoisWithManyChannelsIsSplit() {
        TestClient ann = server.join("ann");
        for (int i = 0; i < 20; i++) {
            ann.ask("JOIN #" + "c".repeat(40) + i);
        }
        assertThat(ann.ask("WHOIS ann"))
                .filteredOn(l -> l.contains(" 319 "))
                .hasSizeGreaterThan(1)
                .allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(510));
    }

    @Test
    void whoListsTheMembersOfAChannel() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        ann.ask("AWAY :x", "OPER root pw");
        assertThat(bob.ask("WHO #ROOM"))
                .endsWith(
                        ":irc.test 352 bob #room ~ann 127.0.0.1 irc.test ann G*@ :0 ann Real",
                        ":irc.test 352 bob #room ~bob 127.0.0.1 irc.test bob H :0 bob Real",
                        ":irc.test 315 bob #ROOM :End of WHO list");
        assertThat(bob.ask("WHO #room o")).hasSize(2);
        assertThat(bob.ask("WHO #no")).containsExactly(":irc.test 315 bob #no :End of WHO list");
    }

    @Test
    void whoFindsUsersByMask() {
        TestClient ann = server.join("ann");
        server.join("anders");
        server.join("bob");
        assertThat(ann.ask("WHO an*")).hasSize(3);
        assertThat(ann.ask("WHO bob"))
                .containsExactly(
                        ":irc.test 352 ann * ~bob 127.0.0.1 irc.test bob H :0 bob Real",
                        ":irc.test 315 ann bob :End of WHO list");
        assertThat(ann.ask("WHO *Real")).hasSize(4);
        assertThat(ann.ask("WHO eve")).hasSize(1);
    }

    @Test
    void invisibleUsersAreFoundByNameOrOnASharedChannelOnly() {
        TestClient shy = server.join("shy", "#room");
        assertThat(shy.ask("MODE shy +i")).contains(":shy!~shy@127.0.0.1 MODE shy :+i");
        TestClient bob = server.join("bob");
        assertThat(bob.ask("WHO sh*")).hasSize(1);
        assertThat(bob.ask("WHO shy")).hasSize(2);
        assertThat(bob.ask("WHO #room")).hasSize(1);
        bob.send("NAMES #room");
        assertThat(bob.line()).contains(" 366 ");
        bob.send("JOIN #room");
        assertThat(bob.expect(" 353 ")).endsWith(":@shy bob");
        assertThat(bob.ask("WHO sh*")).contains(":irc.test 352 bob * ~shy 127.0.0.1 irc.test shy H :0 shy Real");
        assertThat(bob.ask("LUSERS").getFirst())
                .isEqualTo(":irc.test 251 bob :There are 1 users and 1 invisible on 1 server");
    }

    @Test
    void userModesOfOthersAreTheirOwn() {
        TestClient ann = server.join("ann");
        server.join("bob");
        assertThat(ann.ask("MODE ann")).containsExactly(":irc.test 221 ann +");
        assertThat(ann.ask("MODE bob"))
                .containsExactly(":irc.test 502 ann bob :You can neither see nor change the modes of others");
        assertThat(ann.ask("MODE eve +i")).containsExactly(":irc.test 401 ann eve :No such nick or channel");
        assertThat(ann.ask("MODE ann +iz"))
                .containsExactly(":ann!~ann@127.0.0.1 MODE ann :+i", ":irc.test 501 ann :Unknown mode flag");
    }

    @Test
    void whowasRemembersThoseWhoLeftAndThoseWhoChanged() {
        TestClient ann = server.join("ann");
        TestClient bob = server.join("bob");
        bob.ask("NICK robert");
        assertThat(ann.ask("WHOWAS bob"))
                .hasSize(3)
                .startsWith(":irc.test 314 ann bob ~bob 127.0.0.1 * :bob Real")
                .endsWith(":irc.test 369 ann bob :End of WHOWAS");
        bob.send("QUIT");
        bob.readToTheEnd();
        assertThat(ann.ask("WHOWAS robert 1").getFirst()).contains(" 314 ann robert ");
        assertThat(ann.ask("WHOWAS eve"))
                .containsExactly(
                        ":irc.test 406 ann eve :There was no such nickname", ":irc.test 369 ann eve :End of WHOWAS");
    }

    @Test
    void isonAndUserhostNameThoseWhoAreThere() {
        TestClient ann = server.join("ann");
        server.join("bob").ask("AWAY :x", "OPER root pw");
        server.connect().ask("NICK unregistered");
        assertThat(ann.ask("ISON eve BOB ann unregistered")).containsExactly(":irc.test 303 ann :bob ann");
        assertThat(ann.ask("ISON :bob eve")).containsExactly(":irc.test 303 ann :bob");
        assertThat(ann.ask("ISON eve")).containsExactly(":irc.test 303 ann :");
        assertThat(ann.ask("USERHOST ann bob eve"))
                .containsExactly(":irc.test 302 ann :ann=+~ann@127.0.0.1 bob*=-~bob@127.0.0.1");
        assertThat(ann.ask("USERHOST a b c d e ann")).containsExactly(":irc.test 302 ann :");
    }

    @Test
    void theServerTellsAboutItself() {
        TestClient ann = server.join("ann");
        assertThat(ann.ask("VERSION").getFirst()).startsWith(":irc.test 351 ann rouse-chat-0.1 irc.test :");
        assertThat(ann.ask("VERSION irc.*")).hasSize(3);
        assertThat(ann.ask("TIME").getFirst()).startsWith(":irc.test 391 ann irc.test :");
        assertThat(ann.ask("ADMIN")).hasSize(4).first().asString().startsWith(":irc.test 256 ann irc.test :");
        assertThat(ann.ask("INFO")).last().isEqualTo(":irc.test 374 ann :End of INFO list");
        assertThat(ann.ask("MOTD")).containsExactly(":irc.test 422 ann :There is no message of the day");
        assertThat(ann.ask("MOTD other.server", "TIME other.server"))
                .containsOnly(":irc.test 402 ann other.server :No such server")
                .hasSize(2);
        assertThat(ann.ask("FROB x")).containsExactly(":irc.test 421 ann FROB :Unknown command");
        assertThat(ann.ask("PING")).containsExactly(":irc.test 409 ann :No origin given");
        assertThat(ann.ask("PONG x", "pong")).isEmpty();
    }

    @Test
    void anOperatorCanEndAConnection() {
        TestClient ann = server.join("ann", "#room");
        TestClient bob = server.join("bob", "#room");
        assertThat(bob.ask("KILL ann :x"))
                .contains(":irc.test 481 bob :Permission denied, you are not an IRC operator");
        ann.ask("OPER root pw");
        assertThat(ann.ask("KILL eve :x")).contains(":irc.test 401 ann eve :No such nick or channel");
        ann.send("KILL bob :spam");
        assertThat(bob.readToTheEnd()).contains("ERROR :Closing Link: 127.0.0.1 (Killed (ann (spam)))");
        bob.close();
        assertThat(ann.expect("QUIT")).isEqualTo(":bob!~bob@127.0.0.1 QUIT :Killed (ann (spam))");
    }
}
