package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BufferPoolTest {

    private final BufferPool pool = new BufferPool();

    @Test
    void theBufferThatCameBackLastIsLentFirst() {
        ByteBuffer first = pool.lend();
        ByteBuffer second = pool.lend();
        pool.takeBack(first);
        pool.takeBack(second);
        assertThat(pool.lend()).isSameAs(second);
        assertThat(pool.lend()).isSameAs(first);
        assertThat(pool.direct()).isEqualTo(2);
    }

    @Test
    void aBufferIsLentCleanWhateverItsBorrowerDidToIt() {
        ByteBuffer buffer = pool.lend();
        buffer.order(ByteOrder.LITTLE_ENDIAN).position(5).limit(7);
        pool.takeBack(buffer);
        ByteBuffer again = pool.lend();
        assertThat(again).isSameAs(buffer);
        assertThat(again.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(again.remaining()).isEqualTo(BufferPool.BUFFER_BYTES);
    }

    @Test
    void aLateLookAtAReturnedBufferFails() {
        ByteBuffer buffer = pool.lend();
        pool.takeBack(buffer);
        assertThatThrownBy(buffer::get).isInstanceOf(BufferUnderflowException.class);
    }

    @Test
    void loansBeyondTheLimitAreOnTheHeapAndNotKept() {
        List<ByteBuffer> loans = new ArrayList<>();
        for (int i = 0; i < BufferPool.POOLED + 2; i++) {
            loans.add(pool.lend());
        }
        assertThat(loans.stream().filter(ByteBuffer::isDirect)).hasSize(BufferPool.POOLED);
        assertThat(pool.lent()).isEqualTo(BufferPool.POOLED + 2);
        loans.forEach(pool::takeBack);
        assertThat(pool.lent()).isZero();
        assertThat(pool.direct()).isEqualTo(BufferPool.POOLED);
        for (int i = 0; i < BufferPool.POOLED; i++) {
            assertThat(pool.lend().isDirect()).isTrue();
        }
        assertThat(pool.lend().isDirect()).isFalse();
    }

    @Test
    void anAbandonedBufferIsNeverLentAgainAndCountsAsLongAsItIsReachable() {
        ByteBuffer buffer = pool.lend();
        pool.abandon(buffer);
        assertThat(pool.lent()).isZero();
        assertThat(pool.direct()).isEqualTo(1);
        ByteBuffer next = pool.lend();
        assertThat(pool.direct()).isEqualTo(2);
        assertThat(next).isNotSameAs(buffer);
    }

    @Test
    void anAbandonedBufferThatWasCollectedMakesRoomForAnother() {
        for (int i = 0; i < BufferPool.POOLED; i++) {
            pool.abandon(pool.lend());
        }
        await().until(() -> {
            System.gc();
            return pool.lend().isDirect();
        });
        assertThat(pool.direct()).isLessThanOrEqualTo(BufferPool.POOLED);
    }

    /// Its place was never given back.
    @Test
    void aBufferThatCouldNotBeMadeTakesNoPlace() {
        BufferPool broken = new BufferPool(_ -> {
            throw new LinkageError("planted");
        });
        assertThatThrownBy(broken::lend).isInstanceOf(LinkageError.class);
        assertThat(broken.direct()).isZero();
        assertThat(broken.lent()).isZero();
    }

    @Test
    void whereTheJvmHasNoDirectMemoryLeftLoansAreOnTheHeapAndItIsAskedOnce() {
        AtomicInteger asked = new AtomicInteger();
        BufferPool refused = new BufferPool(_ -> {
            asked.incrementAndGet();
            throw new OutOfMemoryError("Cannot reserve direct buffer memory");
        });
        assertThat(refused.lend().isDirect()).isFalse();
        assertThat(refused.lend().capacity()).isEqualTo(BufferPool.BUFFER_BYTES);
        assertThat(asked).hasValue(1);
        assertThat(refused.direct()).isZero();
    }
}
