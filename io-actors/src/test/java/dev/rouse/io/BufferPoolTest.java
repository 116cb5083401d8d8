package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.Limits;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BufferPoolTest {

    private final BufferedBytes buffered = new BufferedBytes(Limits.defaults(), (_, _, _) -> {}, _ -> {});
    private final BufferPool pool = new BufferPool(buffered);

    private ByteBuffer lend() throws BufferLimitException {
        return pool.lend("reader");
    }

    @Test
    void theBufferThatCameBackLastIsLentFirst() throws BufferLimitException {
        ByteBuffer first = lend();
        ByteBuffer second = lend();
        pool.takeBack(first);
        pool.takeBack(second);
        assertThat(lend()).isSameAs(second);
        assertThat(lend()).isSameAs(first);
        assertThat(pool.direct()).isEqualTo(2);
    }

    @Test
    void aBufferIsLentCleanWhateverItsBorrowerDidToIt() throws BufferLimitException {
        ByteBuffer buffer = lend();
        buffer.order(ByteOrder.LITTLE_ENDIAN).position(5).limit(7);
        pool.takeBack(buffer);
        ByteBuffer again = lend();
        assertThat(again).isSameAs(buffer);
        assertThat(again.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(again.remaining()).isEqualTo(BufferPool.BUFFER_BYTES);
    }

    @Test
    void aLateLookAtAReturnedBufferFails() throws BufferLimitException {
        ByteBuffer buffer = lend();
        pool.takeBack(buffer);
        assertThatThrownBy(buffer::get).isInstanceOf(BufferUnderflowException.class);
    }

    @Test
    void loansBeyondTheLimitAreOnTheHeapAndNotKept() throws BufferLimitException {
        List<ByteBuffer> loans = new ArrayList<>();
        for (int i = 0; i < BufferPool.POOLED + 2; i++) {
            loans.add(lend());
        }
        assertThat(loans.stream().filter(ByteBuffer::isDirect)).hasSize(BufferPool.POOLED);
        assertThat(pool.lent()).isEqualTo(BufferPool.POOLED + 2);
        loans.forEach(pool::takeBack);
        assertThat(pool.lent()).isZero();
        assertThat(pool.direct()).isEqualTo(BufferPool.POOLED);
        for (int i = 0; i < BufferPool.POOLED; i++) {
            assertThat(lend().isDirect()).isTrue();
        }
        assertThat(lend().isDirect()).isFalse();
    }

    @Test
    void anAbandonedBufferIsNeverLentAgainAndCountsAsLongAsItIsReachable() throws BufferLimitException {
        ByteBuffer buffer = lend();
        pool.abandon(buffer);
        assertThat(pool.lent()).isZero();
        assertThat(pool.direct()).isEqualTo(1);
        ByteBuffer next = lend();
        assertThat(pool.direct()).isEqualTo(2);
        assertThat(next).isNotSameAs(buffer);
    }

    @Test
    void anAbandonedBufferThatWasCollectedMakesRoomForAnother() throws BufferLimitException {
        for (int i = 0; i < BufferPool.POOLED; i++) {
            pool.abandon(lend());
        }
        await().until(() -> {
            System.gc();
            return lend().isDirect();
        });
        assertThat(pool.direct()).isLessThanOrEqualTo(BufferPool.POOLED);
    }

    /// Its place was never given back.
    @Test
    void aBufferThatCouldNotBeMadeTakesNoPlace() throws BufferLimitException {
        BufferPool broken = new BufferPool(buffered, _ -> {
            throw new LinkageError("planted");
        });
        assertThatThrownBy(() -> broken.lend("reader")).isInstanceOf(LinkageError.class);
        assertThat(broken.direct()).isZero();
        assertThat(broken.lent()).isZero();
        assertThat(buffered.held()).isZero();
    }

    @Test
    void whereTheJvmHasNoDirectMemoryLeftLoansAreOnTheHeapAndItIsAskedOnce() throws BufferLimitException {
        AtomicInteger asked = new AtomicInteger();
        BufferPool refused = new BufferPool(buffered, _ -> {
            asked.incrementAndGet();
            throw new OutOfMemoryError("Cannot reserve direct buffer memory");
        });
        assertThat(refused.lend("reader").isDirect()).isFalse();
        assertThat(refused.lend("reader").capacity()).isEqualTo(BufferPool.BUFFER_BYTES);
        assertThat(asked).hasValue(1);
        assertThat(refused.direct()).isZero();
    }

    @Test
    void aLoanCountsUntilItEndsAndIsRefusedWhereThereIsNoRoom() throws BufferLimitException {
        BufferedBytes narrow = new BufferedBytes(
                Limits.defaults().withBufferedBytesPerShard(2 * BufferPool.BUFFER_BYTES), (_, _, _) -> {}, _ -> {});
        BufferPool two = new BufferPool(narrow);
        ByteBuffer first = two.lend("first");
        ByteBuffer second = two.lend("second");
        assertThat(two.hasRoom()).isFalse();
        assertThatThrownBy(() -> two.lend("third"))
                .isInstanceOf(BufferLimitException.class)
                .hasMessageContaining("owner=third; held=32768, wanted=16384");
        assertThat(two.lent()).isEqualTo(2);
        two.takeBack(first);
        two.abandon(second);
        assertThat(narrow.held()).isZero();
    }
}
