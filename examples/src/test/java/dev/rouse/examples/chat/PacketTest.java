package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PacketTest {
    @Test
    void everyLineEndsWithCrLf() {
        assertThat(Packet.of(List.of("one", "two"))).hasToString("one\r\ntwo\r\n");
    }

    @Test
    void aLineOf510BytesPassesAsItIsAndALongerOneIsCut() {
        assertThat(Packet.of("x".repeat(510)).length()).isEqualTo(512);
        assertThat(Packet.of("x".repeat(511)).length()).isEqualTo(512);
    }

    @Test
    void theCutFallsBetweenCharacters() {
        assertThat(Packet.of("x".repeat(509) + WireText.of("é"))).hasToString("x".repeat(509) + "\r\n");
    }

    @Test
    void bytesAreCopiedToWhereTheyAreWanted() {
        byte[] target = new byte[8];
        Packet.of("ab").copyTo(target, 2);
        assertThat(target).containsExactly(0, 0, 'a', 'b', '\r', '\n', 0, 0);
    }
}
