package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class RegistrationTest {
    @AutoClose
    private final TestServer server = TestServer.start();

    private static List<String> codes(List<String> lines) {
        return lines.stream().map(l -> l.split(" ", -1)[1]).toList();
    }

    @Test
    void theWelcomeComesInItsOrder() {
        TestClient bob = server.connect();
        bob.send("NICK bob", "USER bob 0 * :Bob Real");
        List<String> welcome = bob.readTo(" 422 ");
        assertThat(codes(welcome))
                .containsExactly(
                        "001", "002", "003", "004", "005", "005", "251", "252", "253", "254", "255", "265", "266",
                        "422");
        assertThat(welcome.getFirst()).isEqualTo(":irc.test 001 bob :Welcome to the Rouse network, bob!~bob@127.0.0.1");
        assertThat(welcome.get(3)).isEqualTo(":irc.test 004 bob irc.test rouse-chat-0.1 io biklmnostv bklov");
    }

    @Test
    void userMayComeBeforeNick() {
        TestClient bob = server.connect();
        bob.send("USER bob 0 * :Bob", "NICK bob");
        assertThat(bob.line()).contains(" 001 bob ");
    }

    @Test
    void theMessageOfTheDayIsShownWhereThereIsOne() {
        try (TestServer withMotd = TestServer.start(o -> o.withMotd(List.of("one", "two")))) {
            TestClient bob = withMotd.connect();
            bob.send("NICK bob", "USER bob 0 * :Bob");
            assertThat(bob.readTo(" 376 "))
                    .endsWith(
                            ":irc.test 375 bob :- irc.test message of the day -",
                            ":irc.test 372 bob :- one",
                            ":irc.test 372 bob :- two",
                            ":irc.test 376 bob :End of MOTD");
        }
    }

    @Test
    void capabilitiesHoldRegistrationUpUntilCapEnd() {
        TestClient bob = server.connect();
        assertThat(bob.ask("CAP LS 302", "NICK bob", "USER bob 0 * :Bob"))
                .containsExactly(":irc.test CAP * LS :multi-prefix userhost-in-names");
        assertThat(bob.ask("CAP REQ :multi-prefix sasl")).containsExactly(":irc.test CAP bob NAK :multi-prefix sasl");
        assertThat(bob.ask("CAP LIST")).containsExactly(":irc.test CAP bob LIST :");
        assertThat(bob.ask("CAP REQ :multi-prefix")).containsExactly(":irc.test CAP bob ACK :multi-prefix");
        assertThat(bob.ask("CAP LIST")).containsExactly(":irc.test CAP bob LIST :multi-prefix");
        assertThat(bob.ask("CAP REQ :-multi-prefix userhost-in-names"))
                .containsExactly(":irc.test CAP bob ACK :-multi-prefix userhost-in-names");
        assertThat(bob.ask("CAP LIST")).containsExactly(":irc.test CAP bob LIST :userhost-in-names");
        bob.send("CAP END");
        assertThat(bob.line()).contains(" 001 bob ");
    }

    @Test
    void anUnknownCapCommandIsRefused() {
        TestClient bob = server.connect();
        assertThat(bob.ask("CAP FOO")).containsExactly(":irc.test 410 * FOO :Invalid CAP command");
    }

    @Test
    void beforeRegistrationOnlyItsCommandsWork() {
        TestClient bob = server.connect();
        assertThat(bob.ask("JOIN #a", "PRIVMSG x :y", "GET / HTTP/1.1"))
                .containsOnly(":irc.test 451 * :You have not registered")
                .hasSize(3);
    }

    @Test
    void registeringTwiceIsRefused() {
        TestClient bob = server.join("bob");
        assertThat(bob.ask("USER bob 0 * :x", "PASS y"))
                .containsOnly(":irc.test 462 bob :You may not register again")
                .hasSize(2);
    }

    @Test
    void nicknamesAreChecked() {
        TestClient bob = server.connect();
        assertThat(bob.ask("NICK")).containsExactly(":irc.test 431 * :No nickname given");
        assertThat(bob.ask("NICK 1bob")).containsExactly(":irc.test 432 * 1bob :Erroneous nickname");
        assertThat(bob.ask("NICK :a b")).containsExactly(":irc.test 432 * * :Erroneous nickname");
        assertThat(bob.ask("NICK " + "n".repeat(31)).getFirst()).contains(" 432 ");
        assertThat(bob.ask("NICK " + "n".repeat(30))).isEmpty();
    }

    @Test
    void parametersAreCounted() {
        TestClient bob = server.connect();
        assertThat(bob.ask("USER bob", "PASS", "CAP", "USER : 0 * :x"))
                .containsExactly(
                        ":irc.test 461 * USER :Not enough parameters",
                        ":irc.test 461 * PASS :Not enough parameters",
                        ":irc.test 461 * CAP :Not enough parameters",
                        ":irc.test 461 * USER :Not enough parameters");
    }

    @Test
    void theNameOfSomebodyWhoIsStillRegisteringIsTaken() {
        TestClient first = server.connect();
        assertThat(first.ask("NICK bob")).isEmpty();
        TestClient second = server.connect();
        assertThat(second.ask("NICK BOB")).containsExactly(":irc.test 433 * BOB :Nickname is already in use");
        first.send("QUIT");
        first.readToTheEnd();
        second.send("NICK bob", "USER b 0 * :b");
        assertThat(second.line()).contains(" 001 bob ");
    }

    @Test
    void thePasswordIsAskedForWhereOneIsSet() {
        try (TestServer guarded = TestServer.start(o -> o.withPassword(new PasswordHash("s3cret")))) {
            TestClient wrong = guarded.connect();
            wrong.send("PASS nope", "NICK bob", "USER bob 0 * :Bob");
            assertThat(wrong.readToTheEnd())
                    .containsExactly(
                            ":irc.test 464 bob :Password incorrect", "ERROR :Closing Link: 127.0.0.1 (Bad password)");
            TestClient none = guarded.connect();
            none.send("NICK ann", "USER ann 0 * :Ann");
            assertThat(none.line()).contains(" 464 ");
            TestClient right = guarded.connect();
            right.send("PASS wrong", "PASS s3cret", "NICK cid", "USER cid 0 * :Cid");
            assertThat(right.line()).contains(" 001 cid ");
        }
    }

    @Test
    void operatorsGiveTheirPassword() {
        try (TestServer staffed = TestServer.start(o -> o.withOperators(Map.of("root", new PasswordHash("pw"))))) {
            TestClient bob = staffed.join("bob");
            assertThat(bob.ask("OPER root no", "OPER nobody pw"))
                    .containsOnly(":irc.test 464 bob :Password incorrect")
                    .hasSize(2);
            assertThat(bob.ask("OPER root pw"))
                    .containsExactly(
                            ":bob!~bob@127.0.0.1 MODE bob :+o", ":irc.test 381 bob :You are now an IRC operator");
            assertThat(bob.ask("MODE bob")).containsExactly(":irc.test 221 bob +o");
            assertThat(bob.ask("MODE bob -o")).containsExactly(":bob!~bob@127.0.0.1 MODE bob :-o");
            assertThat(bob.ask("MODE bob +o")).isEmpty();
        }
    }
}
