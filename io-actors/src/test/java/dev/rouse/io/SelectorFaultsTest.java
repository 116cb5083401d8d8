package dev.rouse.io;

import static dev.rouse.actor.Rouse.sleepFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A selector that fails.
@ExtendWith(NothingLeft.class)
final class SelectorFaultsTest extends SocketTest {

    private static final int MANY_FAILURES = 20;

    /// The pause of the poller after a failure, from which it comes how often it may fail in some time.
    private static final Duration PAUSE = Duration.ofMillis(1);

    private static TcpListener listener(CompletableFuture<FailingSelector> opened) throws IOException {
        ServerSocketChannel channel = TcpListener.open(ANY_PORT, TcpOptions.defaults());
        NioPoller.Selectors selectors = () -> {
            FailingSelector selector = new FailingSelector();
            opened.complete(selector);
            return (Selector) selector;
        };
        return new TcpListener(
                channel, channel::accept, TcpOptions.defaults(), shard -> new NioPoller(shard, selectors));
    }

    /// Connections of its shard wait; timers of its shard, and other shards, go on; and it is no spin.
    @Test
    void aSelectorThatFailsIsTriedAgainWithPausesAndServesOnWhenItHasRecovered() throws Exception {
        CompletableFuture<FailingSelector> opened = new CompletableFuture<>();
        try (RecordedLog log = new RecordedLog();
                ActorSystem one = ActorSystem.builder().shards(1).build();
                SmallServer elsewhere = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(elsewhere.address());
                SmallServer server = SmallServer.start(one, listener(opened), SmallServer::echo);
                HealthyClient stricken = HealthyClient.of(server.address())) {
            stricken.isServed();
            FailingSelector selector = opened.join();
            long started = System.nanoTime();
            selector.failFromNowOn();
            await().until(() -> selector.failures() > MANY_FAILURES);
            healthy.isServed();
            Task<Void> timer = one.spawn(() -> sleepFor(Duration.ofMillis(1)));
            join(timer);
            assertThat(log.messages())
                    .as("one for the whole row")
                    .singleElement()
                    .asString()
                    .startsWith("cannot poll, tried again");
            int failures = selector.failures();
            long pauses = (System.nanoTime() - started) / PAUSE.toNanos();
            // Work that comes for the shard ends a pause; here that is next to none.
            assertThat((long) failures).isLessThanOrEqualTo(pauses + MANY_FAILURES);
            selector.recover();
            stricken.isServed();
            healthy.isServed();
            assertThat(server.failures()).isEmpty();
        }
    }

    /// The end of its system needs no selector that works.
    @Test
    void aSystemWhoseSelectorFailsClosesItsSocketsAllTheSame() throws Exception {
        CompletableFuture<FailingSelector> opened = new CompletableFuture<>();
        try (RecordedLog log = new RecordedLog();
                SmallServer elsewhere = SmallServer.start(system, SmallServer::echo);
                HealthyClient healthy = HealthyClient.of(elsewhere.address())) {
            ActorSystem one = ActorSystem.builder().shards(1).build();
            try (SmallServer server = SmallServer.start(one, listener(opened), SmallServer::echo);
                    HealthyClient stricken = HealthyClient.of(server.address())) {
                stricken.isServed();
            }
            opened.join().failFromNowOn();
            await().until(() -> opened.join().failures() > 1);
            one.close();
            assertThat(opened.join().isOpen()).isFalse();
            assertThat(log.messages()).singleElement().asString().startsWith("cannot poll, tried again");
            healthy.isServed();
        }
    }
}
