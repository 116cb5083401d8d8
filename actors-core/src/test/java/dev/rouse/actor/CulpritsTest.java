package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CulpritsTest {
    private final Culprits culprits = new Culprits();

    @Test
    void eachIsNewOnce() {
        assertThat(culprits.isNew("a")).isTrue();
        assertThat(culprits.isNew("b")).isTrue();
        assertThat(culprits.isNew("a")).isFalse();
    }

    @Test
    void thoseWithTheSameHashAreToldApart() {
        assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
        assertThat(culprits.isNew("Aa")).isTrue();
        assertThat(culprits.isNew("BB")).isTrue();
        assertThat(culprits.isNew("BB")).isFalse();
    }

    @Test
    void pastTheBoundNobodyIsNew() {
        for (int i = 0; i < Culprits.MOST; i++) {
            assertThat(culprits.isNew("culprit " + i)).isTrue();
        }
        assertThat(culprits.isNew("one more")).isFalse();
        assertThat(culprits.isNew("culprit 0")).isFalse();
    }
}
