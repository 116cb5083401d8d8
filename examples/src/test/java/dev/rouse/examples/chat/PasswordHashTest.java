package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PasswordHashTest {
    @Test
    void onlyTheSamePasswordMatches() {
        PasswordHash hash = new PasswordHash("s3cret");
        assertThat(hash.matches("s3cret")).isTrue();
        assertThat(hash.matches("S3cret")).isFalse();
        assertThat(hash.matches("")).isFalse();
        assertThat(hash.matches("s3cret ")).isFalse();
    }

    @Test
    void itDoesNotShowThePassword() {
        assertThat(new PasswordHash("s3cret").toString()).doesNotContain("s3cret");
    }
}
