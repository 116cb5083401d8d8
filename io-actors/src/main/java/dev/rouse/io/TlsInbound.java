package dev.rouse.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The reading half of a TLS stream: gathers records from the stream below, opens them, and lends what was in them.
/// Owning shard only, one function at a time.
///
/// While it waits for a record to begin it holds no buffer, neither its own nor the stream's below. A record that comes
/// in pieces is gathered in one buffer; a second one has what was opened, until that is read. A wait that is cut short
/// leaves everything where it was: sealed bytes are opened by the next read.
final class TlsInbound {
    /// The types that a record can have begin here, and end with [#LAST_TYPE].
    private static final int FIRST_TYPE = 20;

    private static final int LAST_TYPE = 24;

    /// In every version of TLS.
    private static final int MAJOR_VERSION = 3;

    private static final int LENGTH_OFFSET = 3;

    private final ByteStream below;
    private final SSLEngine engine;
    private final RecordBuffers buffers;
    private final TlsParty party;

    /// What the stream below has lent, as long as there are bytes in it that were not moved.
    private @Nullable ByteBuffer fetched;

    /// What was moved and not opened yet, from its position to its limit; null when there is nothing.
    private @Nullable ByteBuffer sealed;

    /// What was opened and not read yet, or lent.
    private @Nullable ByteBuffer opened;

    private boolean lent;
    private boolean anyOpened;
    private boolean ended;

    TlsInbound(ByteStream below, SSLEngine engine, RecordBuffers buffers, TlsParty party) {
        this.below = below;
        this.engine = engine;
        this.buffers = buffers;
        this.party = party;
    }

    /// Suspends until there is a whole record. False at the end of the stream below.
    ///
    /// @throws TlsException if what has come is no record
    boolean awaitRecord() throws IOException {
        while (!hasRecord()) {
            if (!fill()) {
                return false;
            }
        }
        return true;
    }

    private boolean hasRecord() throws TlsException {
        ByteBuffer bytes = sealed;
        if (bytes == null) {
            return false;
        }
        requireBeginOfRecord(bytes);
        if (bytes.remaining() < RecordBuffers.HEADER_BYTES) {
            return false;
        }
        int length = Short.toUnsignedInt(bytes.getShort(bytes.position() + LENGTH_OFFSET));
        if (length > RecordBuffers.LONGEST_CONTENT_BYTES) {
            throw TlsFailures.longRecord(party, length);
        }
        return bytes.remaining() >= RecordBuffers.HEADER_BYTES + length;
    }

    /// Its first byte is enough to know a peer that does not speak TLS at all.
    private void requireBeginOfRecord(ByteBuffer bytes) throws TlsException {
        int type = bytes.get(bytes.position());
        boolean valid = type >= FIRST_TYPE
                && type <= LAST_TYPE
                && (bytes.remaining() < 2 || bytes.get(bytes.position() + 1) == MAJOR_VERSION);
        if (!valid) {
            throw anyOpened ? TlsFailures.noRecord(party, bytes) : TlsFailures.plainText(party, bytes);
        }
    }

    /// Gets more sealed bytes. Once a record has begun they are read into its buffer at once.
    private boolean fill() throws IOException {
        ByteBuffer part = sealed;
        if (fetched == null && part != null) {
            return readOn(part);
        }
        if (fetched == null) {
            fetched = below.read();
        }
        if (fetched == null) {
            return false;
        }
        move(fetched);
        return true;
    }

    private boolean readOn(ByteBuffer part) throws IOException {
        part.compact();
        try {
            return below.read(part) >= 0;
        } finally {
            part.flip();
        }
    }

    private void move(ByteBuffer from) throws BufferLimitException {
        ByteBuffer to = sealed;
        if (to == null) {
            to = buffers.take();
            sealed = to;
        } else {
            to.compact();
        }
        int count = Math.min(from.remaining(), to.remaining());
        to.put(to.position(), from, from.position(), count);
        from.position(from.position() + count);
        to.position(to.position() + count).flip();
        if (!from.hasRemaining()) {
            fetched = null;
        }
    }

    /// Opens the record that [#awaitRecord] has found. Never suspends.
    ///
    /// @param dst with room for the content of any record, or for nothing within the first handshake
    SSLEngineResult unwrap(ByteBuffer dst) throws SSLException {
        ByteBuffer bytes = Objects.requireNonNull(sealed);
        SSLEngineResult result = engine.unwrap(bytes, dst);
        if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW
                || result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
            throw new SSLException("the engine does not open a whole record: status=" + result.getStatus() + ", room="
                    + dst.remaining() + ", sealed=" + bytes.remaining());
        }
        anyOpened = true;
        ended |= result.getStatus() == SSLEngineResult.Status.CLOSED && result.bytesConsumed() > 0;
        if (!bytes.hasRemaining()) {
            sealed = null;
            buffers.giveBack(bytes);
        }
        return result;
    }

    /// Opens the record that is there, into a buffer that the next call of [#lend] or [#moveTo] hands out.
    SSLEngineResult unwrap() throws IOException {
        ByteBuffer dst = buffers.take();
        boolean kept = false;
        try {
            SSLEngineResult result = unwrap(dst);
            if (result.bytesProduced() > 0) {
                opened = dst.flip();
                kept = true;
            }
            return result;
        } finally {
            if (!kept) {
                buffers.giveBack(dst);
            }
        }
    }

    /// Whether the peer has said that this was all. An engine that has closed its inbound side for another reason,
    /// such as a failure of the other side, has no end of the stream to offer.
    boolean isEnded() {
        return ended;
    }

    /// Whether there is something to be handed out. Ends the loan.
    boolean hasOpened() {
        ByteBuffer bytes = opened;
        if (bytes == null) {
            return false;
        }
        if (!lent && bytes.hasRemaining()) {
            return true;
        }
        opened = null;
        lent = false;
        buffers.giveBack(bytes);
        return false;
    }

    /// Hands out all that was opened. The loan ends at the next look for more.
    ByteBuffer lend() {
        lent = true;
        return Objects.requireNonNull(opened);
    }

    /// Hands out as much of it as there is room for.
    int moveTo(ByteBuffer dst) {
        ByteBuffer from = Objects.requireNonNull(opened);
        int count = Math.min(from.remaining(), dst.remaining());
        dst.put(dst.position(), from, from.position(), count);
        dst.position(dst.position() + count);
        from.position(from.position() + count);
        return count;
    }

    int available() {
        return lent || opened == null ? 0 : opened.remaining();
    }

    /// When nobody reads any more. Whoever has the loan may still look at it.
    void release() {
        fetched = null;
        if (sealed != null) {
            buffers.giveBack(sealed);
            sealed = null;
        }
        if (opened != null) {
            buffers.abandonOne();
            opened = null;
        }
    }
}
