package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What clients see of a server part of which is far behind or fails.
@Timeout(60)
class HeldServerTest {
    @AutoClose
    private final HeldServer server = new HeldServer();

    @AutoClose
    private final TestClient ann = server.join("ann");

    @AutoClose
    private final TestClient bob = server.join("bob");

    HeldServerTest() throws IOException {}

    private void meetIn(String channel) {
        ann.send("JOIN " + channel);
        ann.expect(" 366 ");
        bob.send("JOIN " + channel);
        bob.expect(" 366 ");
    }

    private static List<String> names(TestClient client, String channel) {
        client.send("NAMES " + channel);
        return client.readTo(" 366 ").stream().filter(l -> l.contains(" 353 ")).toList();
    }

    /// QUIT was sent as an ask only, and one that has expired is never delivered.
    @Test
    void whoQuitsWhileAChannelIsFarBehindDoesNotStayOnIt() throws Exception {
        meetIn("#room");
        server.channelGate().shut();
        ann.send("TOPIC #room");
        server.channelGate().awaitReached();
        bob.send("QUIT :bye");
        server.passUntil(CompletableFuture.runAsync(bob::readToTheEnd));
        server.channelGate().open();
        assertThat(names(ann, "#room")).containsExactly(":irc.test 353 ann = #room :@ann");
    }

    /// The same for a change of name.
    @Test
    void whoIsRenamedWhileAChannelIsFarBehindIsRenamedThereToo() throws Exception {
        meetIn("#room");
        server.channelGate().shut();
        ann.send("TOPIC #room");
        server.channelGate().awaitReached();
        bob.send("NICK rob");
        server.passUntil(CompletableFuture.runAsync(() -> bob.expect(" NICK :rob")));
        server.channelGate().open();
        assertThat(names(ann, "#room")).containsExactly(":irc.test 353 ann = #room :@ann rob");
    }

    /// An error is caught nowhere in a connection: only what is in a `finally` happens.
    @Test
    void whoseCommandFailsWithAnErrorLeavesItsChannels() {
        meetIn("#room");
        server.breakTime();
        bob.send("TIME");
        bob.readToTheEnd();
        List<String> names = names(ann, "#room");
        while (names.getFirst().contains("bob")) {
            names = names(ann, "#room"); // its connection ends on its own
        }
        assertThat(names).containsExactly(":irc.test 353 ann = #room :@ann");
    }

    @Test
    void whoWasKickedTellsNobodyThereWhenItQuits() {
        meetIn("#room");
        ann.send("KICK #room bob");
        bob.expect("KICK");
        ann.expect("KICK");
        bob.send("QUIT");
        bob.readToTheEnd();
        assertThat(ann.drain()).isEmpty();
    }

    /// It was cut off with "Internal error".
    @Test
    void whoAsksARegistryThatIsFarBehindIsAskedToTryAgain() throws Exception {
        server.registryGate().shut();
        ann.send("ISON bob");
        server.registryGate().awaitReached();
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(ann::line);
        server.passUntil(answer);
        assertThat(answer.join()).isEqualTo(":irc.test 263 ann ISON :Please wait a while and try again");
        server.registryGate().open();
        assertThat(ann.ask("ISON bob")).containsExactly(":irc.test 303 ann :bob");
    }

    @Test
    void whoListsChannelsThatAreFarBehindIsAskedToTryAgain() throws Exception {
        meetIn("#room");
        server.channelGate().shut();
        ann.send("LIST");
        server.channelGate().awaitReached();
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> ann.expect(" 263 "));
        server.passUntil(answer);
        assertThat(answer.join()).isEqualTo(":irc.test 263 ann LIST :Please wait a while and try again");
    }

    @Test
    void whoRegistersWhileTheRegistryIsFarBehindCanTryAgain() throws Exception {
        try (TestClient cid = server.connect()) {
            cid.send("CAP LS", "NICK cid", "USER cid 0 * :Cid", "PING :here");
            cid.expect("PONG");
            server.registryGate().shut();
            cid.send("CAP END");
            server.registryGate().awaitReached();
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(cid::line);
            server.passUntil(answer);
            assertThat(answer.join()).isEqualTo(":irc.test 263 cid CAP :Please wait a while and try again");
            server.registryGate().open();
            cid.send("NICK cid");
            assertThat(cid.line()).contains(" 001 cid ");
            assertThat(cid.readTo(" 422 ")).anyMatch(l -> l.endsWith("There are 3 users and 0 invisible on 1 server"));
        }
    }
}
