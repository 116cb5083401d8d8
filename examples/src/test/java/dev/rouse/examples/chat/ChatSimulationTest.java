package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.actor.Task;
import dev.rouse.dispatch.Clock;
import dev.rouse.testkit.LinkOptions;
import dev.rouse.testkit.Seed;
import dev.rouse.testkit.Seeds;
import dev.rouse.testkit.SimulatedHost;
import dev.rouse.testkit.SimulatedNetwork;
import dev.rouse.testkit.Simulation;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The whole server in a simulation, as it is, with clients on hosts of their own.
class ChatSimulationTest {
    private static final int PORT = 6667;

    /// How long the clients that only listen stay; `mvn -Pnightly` has them stay for a million seconds.
    private static final Duration STAY = Duration.parse(System.getProperty("rouse.chat.time", "PT20000S"));

    /// Four clients talk at once over a slow and jerky network with small windows, whose ways are cut and healed
    /// meanwhile.
    @Seeds(200)
    void noLineIsLostOrOvertakesAnotherOfItsSender(Simulation simulation) throws IOException {
        int clients = 4;
        int lines = 5;
        SimulatedNetwork network = simulation.network();
        network.link(LinkOptions.defaults()
                .withLatency(Duration.ofMillis(1), Duration.ofMillis(200))
                .withBytesPerSecond(20_000)
                .withWindowBytes(200));
        SimulatedHost serverHost = network.host("server");
        List<SimulatedHost> hosts = List.of(network.host("west"), network.host("east"));
        try (IrcServer server = start(simulation, serverHost)) {
            List<Task<List<String>>> talks = new ArrayList<>();
            CountDownLatch joined = new CountDownLatch(clients);
            for (int i = 0; i < clients; i++) {
                int number = i;
                talks.add(hosts.get(i % 2).system().spawn(() -> {
                    SimulatedClient client = SimulatedClient.join(server.address(), "nick" + number);
                    joined.countDown();
                    while (joined.getCount() > 0) {
                        sleepFor(Duration.ofMillis(10));
                    }
                    for (int n = 0; n < lines; n++) {
                        client.say(number + " " + n);
                    }
                    client.listen((clients - 1) * lines);
                    client.leave();
                    return client.heard();
                }));
            }
            for (int i = 0; i < 3; i++) {
                simulation.runFor(Duration.ofMillis(300));
                network.partition(serverHost, hosts.get(i % 2));
                simulation.runFor(Duration.ofSeconds(20));
                network.heal(serverHost, hosts.get(i % 2));
            }
            for (int i = 0; i < clients; i++) {
                List<String> heard = talks.get(i).join();
                for (int other = 0; other < clients; other++) {
                    String speaker = other + " ";
                    assertThat(heard.stream().filter(line -> line.startsWith(speaker)))
                            .isEqualTo(other == i ? List.of() : saidBy(speaker, lines));
                }
            }
        }
    }

    private static List<String> saidBy(String speaker, int lines) {
        return IntStream.range(0, lines).mapToObj(n -> speaker + n).toList();
    }

    private static IrcServer start(Simulation simulation, SimulatedHost host) throws IOException {
        ChatOptions options = ChatOptions.at(host.address(PORT)).withShards(2);
        return host.call(() -> IrcServer.start(
                options,
                Clock.system(),
                () -> Instant.parse("2000-01-01T00:00:00Z").plus(simulation.elapsed())));
    }

    /// Dates are sent, too: were they those of the machine, bytes and their number would differ from run to run.
    @Test
    void theSameSeedMakesTheSameRunWithDatesThatAreThoseOfTheSimulation() throws IOException {
        List<Object> first = run();
        assertThat(first).isEqualTo(run());
        assertThat(first.getFirst()).asString().contains(" 391 nick ").contains("Jan 1 2000 at 00:01:");
    }

    private static List<Object> run() throws IOException {
        try (Simulation simulation = Simulation.of(3)) {
            SimulatedHost clientHost = simulation.network().host("client");
            try (IrcServer server = start(simulation, simulation.network().host("server"))) {
                String told = clientHost
                        .system()
                        .spawn(() -> {
                            SimulatedClient client = SimulatedClient.join(server.address(), "nick");
                            sleepFor(Duration.ofMinutes(1));
                            String time = client.ask("TIME", "391");
                            client.leave();
                            return time;
                        })
                        .join();
                return List.of(told, simulation.trace(), simulation.fingerprint());
            }
        }
    }

    /// Each is asked again and again whether it is still there, and is.
    @Seed(1)
    void fiftyClientsStayForDays(Simulation simulation) throws IOException {
        SimulatedHost clientHost = simulation.network().host("clients");
        List<Task<Integer>> pings = new ArrayList<>();
        try (IrcServer server = start(simulation, simulation.network().host("server"))) {
            for (int i = 0; i < 50; i++) {
                String nick = "nick" + i;
                pings.add(clientHost.system().spawn(() -> {
                    SimulatedClient client = SimulatedClient.join(server.address(), nick);
                    client.listenToTheEnd();
                    return client.pings();
                }));
            }
            simulation.runFor(STAY);
        }
        long asked = STAY.dividedBy(ChatLimits.defaults().ping().after());
        assertThat(pings).allSatisfy(each -> assertThat((long) each.join()).isBetween(asked - asked / 100 - 1, asked));
    }

    /// The server comes back on another machine's place: who was on the old one learns of it and joins again.
    @Seeds(20)
    void aServerThatCrashesIsFoundAgain(Simulation simulation) throws IOException {
        SimulatedHost serverHost = simulation.network().host("server");
        SimulatedHost clientHost = simulation.network().host("client");
        InetSocketAddress address = serverHost.address(PORT);
        IrcServer crashing = start(simulation, serverHost);
        Task<Integer> visits = clientHost.system().spawn(() -> {
            int joined = 0;
            while (joined < 2) {
                try (SimulatedClient client = SimulatedClient.join(address, "nick")) {
                    joined++;
                    while (joined < 2) {
                        client.say("still there?");
                        sleepFor(Duration.ofSeconds(10));
                    }
                } catch (IOException _) {
                    sleepFor(Duration.ofSeconds(1));
                }
            }
            return joined;
        });
        simulation.runFor(Duration.ofMinutes(1));
        serverHost.crash();
        simulation.runFor(Duration.ofMinutes(1));
        serverHost.restart();
        crashing.close();
        try (IrcServer _ = start(simulation, serverHost)) {
            assertThat(visits.join()).isEqualTo(2);
        }
    }
}
