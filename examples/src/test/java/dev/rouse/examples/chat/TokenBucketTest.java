package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void theBurstIsThereAtOnceAndNotOneMore() {
        TokenBucket bucket = new TokenBucket(3, 1, 0);
        assertThat(bucket.tryTake(0)).isTrue();
        assertThat(bucket.tryTake(0)).isTrue();
        assertThat(bucket.tryTake(0)).isTrue();
        assertThat(bucket.tryTake(0)).isFalse();
    }

    @Test
    void itFillsAtItsRate() {
        TokenBucket bucket = new TokenBucket(1, 4, 0);
        assertThat(bucket.tryTake(0)).isTrue();
        assertThat(bucket.tryTake(SECOND / 4 - 1)).isFalse();
        assertThat(bucket.tryTake(SECOND / 4)).isTrue();
    }

    @Test
    void itNeverHoldsMoreThanTheBurst() {
        TokenBucket bucket = new TokenBucket(2, 10, 0);
        long later = 3600 * SECOND;
        assertThat(bucket.tryTake(later)).isTrue();
        assertThat(bucket.tryTake(later)).isTrue();
        assertThat(bucket.tryTake(later)).isFalse();
    }

    @Test
    void aSteadyRateGoesOnForEver() {
        TokenBucket bucket = new TokenBucket(1, 4, Long.MAX_VALUE - SECOND);
        long now = Long.MAX_VALUE - SECOND;
        for (int i = 0; i < 1_000; i++) {
            assertThat(bucket.tryTake(now)).as("line %d", i).isTrue();
            now += SECOND / 4;
        }
    }
}
