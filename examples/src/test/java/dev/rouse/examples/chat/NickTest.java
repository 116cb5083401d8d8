package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class NickTest {
    @AutoClose
    private final TestServer server = TestServer.start();

    @Test
    void aNewNameIsToldOnceToAllWhoShareChannels() {
        TestClient ann = server.join("ann", "#a,#b");
        ann.expect(" 366 ann #b");
        TestClient out = server.join("out");
        TestClient bob = server.join("bob", "#a,#b");
        bob.expect(" 366 bob #b");
        ann.drain();
        assertThat(bob.ask("NICK robert")).containsExactly(":bob!~bob@127.0.0.1 NICK :robert");
        assertThat(ann.line()).isEqualTo(":bob!~bob@127.0.0.1 NICK :robert");
        assertThat(ann.drain("#b")).isEmpty();
        assertThat(out.drain()).isEmpty();
        ann.send("NAMES #a");
        assertThat(ann.expect(" 353 ")).isEqualTo(":irc.test 353 ann = #a :@ann robert");
        bob.send("PRIVMSG #a :still me");
        assertThat(ann.expect("PRIVMSG")).startsWith(":robert!~bob@127.0.0.1 ");
    }

    @Test
    void aNameInUseIsRefusedAndTheOldOneKept() {
        server.join("ann");
        TestClient bob = server.join("bob");
        assertThat(bob.ask("NICK Ann")).containsExactly(":irc.test 433 bob Ann :Nickname is already in use");
        assertThat(bob.ask("NICK bob")).isEmpty();
    }

    @Test
    void theCaseOfOnesOwnNameMayChange() {
        TestClient bob = server.join("bob");
        assertThat(bob.ask("NICK BoB")).containsExactly(":bob!~bob@127.0.0.1 NICK :BoB");
        assertThat(bob.ask("ISON bob")).containsExactly(":irc.test 303 BoB :BoB");
    }

    @Test
    void theOldNameIsFreeAtOnce() {
        TestClient bob = server.join("bob");
        bob.ask("NICK robert");
        TestClient other = server.join("bob");
        assertThat(other.ask("ISON bob robert")).containsExactly(":irc.test 303 bob :bob robert");
    }

    @RepeatedTest(20)
    void oneOfManyWhoWantTheSameNameGetsIt() {
        List<TestClient> rivals = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            rivals.add(server.connect());
        }
        rivals.forEach(r -> r.send("USER x 0 * :x", "NICK prize"));
        List<String> answers = rivals.stream().map(TestClient::line).toList();
        assertThat(answers).filteredOn(a -> a.contains(" 001 prize ")).hasSize(1);
        assertThat(answers).filteredOn(a -> a.contains(" 433 * prize ")).hasSize(7);
        rivals.forEach(TestClient::close);
    }
}
