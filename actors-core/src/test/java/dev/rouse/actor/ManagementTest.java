package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.spi.Poller;
import dev.rouse.dispatch.spi.PollerFigures;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What an operator sees of a system: its line of description and its bean.
class ManagementTest extends SystemTest {
    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    private static ActorSystem named(String name) {
        return ActorSystem.builder()
                .name(name)
                .shards(1)
                .limits(Limits.defaults().withFunctionsPerShard(2).withMailbox(1))
                .jmx()
                .build();
    }

    @Test
    void aSystemIsAnMxBeanFromItsStartToItsClose() throws Exception {
        ObjectName name = new ObjectName("rouse:type=ActorSystem,name=observed");
        try (ActorSystem observed = named("observed")) {
            ActorSystemMXBean bean = JMX.newMXBeanProxy(server, name, ActorSystemMXBean.class);
            Gate gate = new Gate();
            CountDownLatch handling = new CountDownLatch(1);
            ActorRef<String> actor = observed.spawnActor("room", () -> (_, _) -> {
                handling.countDown();
                gate.await();
            });
            actor.tell("first");
            FunctionTest.join(handling);
            actor.tell("second");
            assertThat(actor.tryTell("third")).isEqualTo(Delivery.FULL);
            assertThat(bean.getDescription()).isEqualTo(observed.description());
            assertThat(bean.getAlive()).isEqualTo(1);
            assertThat(bean.getRefusals()).isEqualTo(1);
            assertThat(bean.getViolations()).isZero();
            assertThat(bean.dump()).contains("/room suspended for ");
            assertThat(StrictJson.parse(bean.dumpJson())).isNotNull();
            actor.stop();
            actor.terminated().join();
            assertThat(bean.getDeadLetters()).isEqualTo(1);
        }
        assertThat(server.isRegistered(name)).isFalse();
    }

    /// Stands for sockets, of which this module knows nothing.
    private record CountingPoller(CountDownLatch woken) implements Poller {
        @Override
        public int poll(long timeoutNanos) {
            try {
                boolean _ = woken.await(Math.min(timeoutNanos, 1_000_000), TimeUnit.NANOSECONDS);
            } catch (InterruptedException _) {
                // nobody has reason to
            }
            return 0;
        }

        @Override
        public void wakeup() {}

        @Override
        public List<PollerFigures> figures() {
            SequencedMap<String, Long> values = new LinkedHashMap<>();
            values.put("connections", 2L);
            values.put("accepted", 7L);
            return List.of(new PollerFigures("sockets", values), new PollerFigures("listener 127.0.0.1:80", values));
        }

        @Override
        public void close() {}
    }

    @Test
    void whatThePollersCountIsInTheBean() throws Exception {
        ObjectName name = new ObjectName("rouse:type=ActorSystem,name=counting");
        try (ActorSystem counting = named("counting")) {
            ActorSystemMXBean bean = JMX.newMXBeanProxy(server, name, ActorSystemMXBean.class);
            assertThat(bean.getSocketFigures()).isEmpty();
            counting.spawn(() -> Objects.requireNonNull(Shard.current())
                            .poller(CountingPoller.class, _ -> new CountingPoller(new CountDownLatch(1))))
                    .join();
            assertThat(bean.getSocketFigures())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("connections", 2L, "accepted", 7L));
            assertThat(counting.dump().toString().lines())
                    .contains(
                            "counting-shard-0 sockets: connections=2, accepted=7",
                            "counting-shard-0 listener 127.0.0.1:80: connections=2, accepted=7");
            assertThat(StrictJson.parse(counting.dump().toJson())).isNotNull();
            assertThat(counting.dump().toJson())
                    .contains("\"poller\":[{\"part\":\"sockets\",\"connections\":2,\"accepted\":7},{\"part\":");
        }
    }

    @Test
    void aSystemIsNotInJmxUnlessAsked() throws Exception {
        assertThat(server.queryNames(new ObjectName("rouse:*"), null)).isEmpty();
    }

    @Test
    void anUnusualNameIsQuoted() throws Exception {
        try (ActorSystem odd = named("a,b=c:*")) {
            assertThat(server.isRegistered(
                            new ObjectName("rouse:type=ActorSystem,name=" + ObjectName.quote(odd.name()))))
                    .isTrue();
        }
    }

    @Test
    void aSecondSystemOfTheSameNameIsRefusedAndLeavesNothingBehind() {
        try (ActorSystem first = named("twin")) {
            assertThatThrownBy(() -> named("twin"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("another actor system of this name is registered with JMX: name=twin; give each a name"
                            + " of its own");
            // The thread of a shard says that it has ended just before it does.
            Awaitility.await()
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet().stream()
                                    .map(Thread::getName)
                                    .filter(thread -> thread.startsWith("twin-shard")))
                            .hasSize(1));
            assertThat(first.spawn(() -> 1).join()).isEqualTo(1);
        }
    }

    @Test
    void theDescriptionSaysWhatTheLimitsAllowAtWorst() {
        assertThat(system.description())
                .isEqualTo("actor system test: engine=" + system.engine() + ", shards=1, poller=ParkingPoller,"
                        + " worst case=20736MiB, " + system.limits())
                .isEqualTo(system.toString());
        ActorSystem small = open(
                3,
                limits -> limits.withFunctionsPerShard(1_024).withMailbox(1_000).withTimersPerShard(16_384));
        assertThat(small.description()).contains("shards=3", "worst case=18MiB"); // 3 x (1,024 x 5 KiB + 1 MiB)
    }

    @Test
    void theWorstCaseOfTheLargestLimitsIsNoNegativeNumber() {
        Limits largest = Limits.defaults()
                .withFunctionsPerShard(Integer.MAX_VALUE)
                .withMailbox(Limits.MAX_MAILBOX)
                .withTimersPerShard(Integer.MAX_VALUE);
        assertThat(ActorSystem.worstCaseBytes(1_024, largest)).isGreaterThan(1L << 60);
    }

    @Test
    void theStartLogsTheDescriptionForWhoDebugs() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger("dev.rouse.actor");
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                lines.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.FINE);
        logger.addHandler(handler);
        try {
            ActorSystem started = open(limits -> limits.withMailbox(7));
            assertThat(lines).containsExactly(started.description());
        } finally {
            logger.removeHandler(handler);
            logger.setLevel(null);
            logger.setUseParentHandlers(true);
        }
    }
}
