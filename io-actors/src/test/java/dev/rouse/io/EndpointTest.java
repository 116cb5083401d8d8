package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class EndpointTest extends SocketTest {

    @Test
    void aShardThatCannotHaveASelectorFailsTheCallWithTheCauseAndTheRemedy() throws Exception {
        try (DatagramChannel channel = DatagramChannel.open()) {
            IOException cause = new IOException("Too many open files");
            Endpoint endpoint = new Endpoint(
                    channel,
                    channel,
                    Origin.here("udp socket"),
                    Endpoint.Holdings.NONE,
                    null,
                    null,
                    shard -> new NioPoller(shard, () -> {
                        throw cause;
                    }));
            Throwable failure = join(system.spawn(() -> catchThrowable(endpoint::enter)));
            assertThat(failure)
                    .isInstanceOf(IOException.class)
                    .hasMessageMatching("cannot open a selector: shard=[01], cause=too many open files; raise the limit"
                            + " of open files or close sockets")
                    .hasCause(cause);
        }
    }

    @Test
    void aFailedFirstUseBindsToNoShardAndCanBeTriedAgain() throws Exception {
        AtomicInteger refusals = new AtomicInteger(1);
        NioPoller.Selectors once = () -> {
            if (refusals.getAndDecrement() > 0) {
                throw new IOException("Too many open files");
            }
            return Selector.open();
        };
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.configureBlocking(false);
            Endpoint endpoint = new Endpoint(
                    channel,
                    channel,
                    Origin.here("udp socket"),
                    Endpoint.Holdings.NONE,
                    null,
                    null,
                    shard -> new NioPoller(shard, once));
            // Root functions are placed in turns, so these two are on different shards.
            assertThat(join(system.spawn(() -> catchThrowable(endpoint::enter))))
                    .isInstanceOf(IOException.class);
            assertThat(join(system.spawn(() -> endpoint.enter().shard().isCurrent())))
                    .isTrue();
        }
    }
}
