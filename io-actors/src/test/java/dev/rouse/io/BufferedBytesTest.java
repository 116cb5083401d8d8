package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.Limits;
import dev.rouse.actor.ViolationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

final class BufferedBytesTest extends SocketTest {

    private final List<String> refused = new ArrayList<>();

    /// What is to be run on the shard; this test is the shard.
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();

    private final BufferedBytes shard = new BufferedBytes(
            Limits.defaults().withBufferedBytesPerShard(150).withBufferedBytesPerConnection(100),
            (limit, value, owner) -> refused.add(limit + "=" + value + " of " + owner),
            commands::add);

    @Test
    void aShardHoldsAsManyBytesAsItsLimitAndNotOneMore() throws BufferLimitException {
        shard.take(149, "first");
        shard.take(1, "second");
        assertThat(shard.hasRoomFor(0)).isTrue();
        assertThat(shard.hasRoomFor(1)).isFalse();
        assertThatThrownBy(() -> shard.take(1, "third"))
                .isInstanceOf(BufferLimitException.class)
                .hasMessage("limit reached: limit=bufferedBytesPerShard, value=150, owner=third; held=150, wanted=1,"
                        + " raise Limits.bufferedBytesPerShard, hold less at a time, or try again when others hold"
                        + " less")
                .extracting("limit", "value")
                .containsExactly("bufferedBytesPerShard", 150);
        assertThat(refused).containsExactly("bufferedBytesPerShard=150 of third");
        assertThat(shard.held()).isEqualTo(150);
        shard.giveBack(1);
        shard.take(1, "third");
    }

    @Test
    void aConnectionHoldsAsManyBytesAsItsLimitAndNotOneMore() throws BufferLimitException {
        ConnectionBytes connection = shard.open(this, "stream 1");
        connection.take(99);
        connection.take(1);
        assertThatThrownBy(() -> connection.take(1))
                .isInstanceOf(BufferLimitException.class)
                .hasMessageStartingWith("limit reached: limit=bufferedBytesPerConnection, value=100, owner=stream 1;"
                        + " held=100, wanted=1, raise Limits.bufferedBytesPerConnection");
        assertThat(refused).containsExactly("bufferedBytesPerConnection=100 of stream 1");
        assertThat(connection.held()).isEqualTo(100);
        assertThat(shard.held()).isEqualTo(100);
    }

    @Test
    void whatTheShardRefusesTheConnectionDoesNotHold() throws BufferLimitException {
        shard.take(100, "other");
        ConnectionBytes connection = shard.open(this, "stream 1");
        connection.take(50);
        assertThatThrownBy(() -> connection.take(1)).isInstanceOf(BufferLimitException.class);
        assertThat(connection.held()).isEqualTo(50);
        assertThat(refused).containsExactly("bufferedBytesPerShard=150 of stream 1");
    }

    @Test
    void aConnectionGivesBackWhatItHoldsAndNoMore() throws BufferLimitException {
        ConnectionBytes connection = shard.open(this, "stream 1");
        ConnectionBytes other = shard.open(this, "stream 2");
        connection.take(60);
        other.take(10);
        connection.giveBack(20);
        connection.giveBack(connection.held());
        assertThat(shard.held()).isEqualTo(10);
    }

    @Test
    void theAccountOfAShardIsTheSameForAllItsFunctionsAndThereIsNoneOutside() throws Exception {
        join(system.spawn(() -> {
            assertThat(BufferedBytes.ofCurrentShard()).isSameAs(BufferedBytes.ofCurrentShard());
        }));
        assertThatThrownBy(BufferedBytes::ofCurrentShard)
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V01 bytes were buffered outside a function");
    }

    /// A stand-in for what is layered over a stream.
    private ConnectionBytes ofALayerThatIsDropped(int bytes) throws BufferLimitException {
        ConnectionBytes account = shard.open(new Object(), "layer of " + bytes);
        account.take(bytes);
        return account;
    }

    private void collectUntilHeld(long bytes) {
        await().pollInterval(Duration.ofMillis(5)).until(() -> {
            System.gc();
            for (Runnable next = commands.poll(); next != null; next = commands.poll()) {
                next.run();
            }
            return shard.held() == bytes;
        });
    }

    @Test
    void whatADroppedLayerHasHeldComesBack() throws BufferLimitException {
        ConnectionBytes before = shard.open(this, "before");
        before.take(1);
        ofALayerThatIsDropped(10);
        ConnectionBytes between = shard.open(this, "between");
        between.take(2);
        ofALayerThatIsDropped(20);
        ofALayerThatIsDropped(40);
        assertThat(shard.held()).isEqualTo(73);
        between.giveBack(2); // leaves from the midst of those that are held
        collectUntilHeld(1);
        before.giveBack(1);
        assertThat(shard.held()).isZero();
    }

    /// The call that was the layer's last may still be going on.
    @Test
    void aDroppedLayerTakesAndGivesBackNothingMore() throws BufferLimitException {
        ConnectionBytes account = ofALayerThatIsDropped(10);
        collectUntilHeld(0);
        account.take(5);
        account.giveBack(15);
        assertThat(account.held()).isZero();
        assertThat(shard.held()).isZero();
    }
}
