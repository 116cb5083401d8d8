package dev.rouse.perf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorsTest {
    @Test
    void readsTheKernelsListOfProcessors() {
        assertThat(Processors.parse("0-1")).containsExactly(0, 1);
        assertThat(Processors.parse("3")).containsExactly(3);
        assertThat(Processors.parse("0-2,5,7-8")).containsExactly(0, 1, 2, 5, 7, 8);
    }
}
