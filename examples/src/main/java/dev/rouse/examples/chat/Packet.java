package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Collection;
import java.util.List;

/// One or more complete lines as bytes, formatted once and shared by everybody they are for. Immutable: any thread.
final class Packet {
    /// The longest line of the protocol with its CR LF.
    static final int LINE_BYTES = 512;

    /// What a line can say, CR LF not counted.
    static final int CONTENT_BYTES = LINE_BYTES - 2;

    private final byte[] bytes;

    private Packet(byte[] bytes) {
        this.bytes = bytes;
    }

    /// A line of wire text; what does not fit a line is cut at a character.
    static Packet of(String line) {
        return of(List.of(line));
    }

    static Packet of(Collection<String> lines) {
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            text.append(WireText.cut(line, CONTENT_BYTES)).append("\r\n");
        }
        return new Packet(text.toString().getBytes(ISO_8859_1));
    }

    int length() {
        return bytes.length;
    }

    void copyTo(byte[] target, int at) {
        System.arraycopy(bytes, 0, target, at, bytes.length);
    }

    @Override
    public String toString() {
        return new String(bytes, ISO_8859_1);
    }
}
