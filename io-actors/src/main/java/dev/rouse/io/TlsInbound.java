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
/// While it waits for a record to begin it holds no buffer, neither its own nor the stream's below. A second one has
/// what was opened, until that is read. A wait that is cut short leaves everything where it was: sealed bytes are
/// opened by the next read.
///
/// # Records that come in pieces
/// A record that has begun is gathered in a small buffer, which doubles with what has come, until the whole of it is
/// there or [#SUBSTANTIAL_BYTES]. Only then it gets a record buffer, into which the rest is read without a copy. So
/// what a stream holds while it waits follows what its peer has sent, not what it has announced: anybody can announce a
/// record, and say no more. Bytes that bring a whole record go to a record buffer at once, with one copy.
///
/// What is left of a record buffer when its records have been opened is the beginning of the next one, and goes back to
/// a small buffer when the next read is likely to wait, or may not come at all. Nobody knows, but a read that has not
/// filled its buffer has left nothing for the next.
final class TlsInbound {
    /// The types that a record can have begin here, and end with [#LAST_TYPE].
    private static final int FIRST_TYPE = 20;

    private static final int LAST_TYPE = 24;

    /// In every version of TLS.
    private static final int MAJOR_VERSION = 3;

    private static final int LENGTH_OFFSET = 3;

    /// First size of a small buffer. A guess: short records.
    private static final int FIRST_BYTES = 64;

    /// Of a record that has not come entirely, from which on it has a record buffer, some four times as large. A
    /// guess: the less it is, the fewer bytes are copied, and the more is held for a peer that has sent little.
    static final int SUBSTANTIAL_BYTES = 4 * 1024;

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

    /// Whether the last read of the stream below has filled its buffer: there may be more at once.
    private boolean filled;

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
        int length = contentBytes(bytes);
        if (length > RecordBuffers.LONGEST_CONTENT_BYTES) {
            throw TlsFailures.longRecord(party, length);
        }
        return bytes.remaining() >= RecordBuffers.HEADER_BYTES + length;
    }

    /// As the header of a record says, whatever the byte order.
    private static int contentBytes(ByteBuffer record) {
        int begin = record.position() + LENGTH_OFFSET;
        return Byte.toUnsignedInt(record.get(begin)) << 8 | Byte.toUnsignedInt(record.get(begin + 1));
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

    /// Gets more sealed bytes.
    private boolean fill() throws IOException {
        ByteBuffer part = sealed;
        ByteBuffer from = fetched;
        if (from == null) {
            if (part != null && isReadInto(part)) {
                return readOn(part);
            }
            from = fetch();
        }
        if (from == null) {
            return false;
        }
        gather(from);
        if (!from.hasRemaining()) {
            fetched = null;
            endLoan();
        }
        return true;
    }

    private boolean isReadInto(ByteBuffer part) {
        return !RecordBuffers.isSmall(part) && (filled || part.remaining() >= SUBSTANTIAL_BYTES);
    }

    private boolean readOn(ByteBuffer part) throws IOException {
        part.compact();
        try {
            return below.read(part) >= 0;
        } finally {
            filled = !part.hasRemaining();
            part.flip();
        }
    }

    private @Nullable ByteBuffer fetch() throws IOException {
        letGoOfRoom();
        ByteBuffer bytes = below.read();
        fetched = bytes;
        filled = bytes != null && bytes.limit() == bytes.capacity();
        return bytes;
    }

    /// Has the beginning of a record go to a small buffer, unless more of it is at hand.
    private void letGoOfRoom() {
        ByteBuffer part = sealed;
        if (part != null && fetched == null && !RecordBuffers.isSmall(part) && !isReadInto(part)) {
            sealed = buffers.shrink(part, smallFor(part.remaining()));
        }
    }

    private static int smallFor(int bytes) {
        int power = Integer.highestOneBit(bytes);
        return Math.max(FIRST_BYTES, power == bytes ? power : power << 1);
    }

    private void gather(ByteBuffer from) throws BufferLimitException {
        ByteBuffer part = sealed;
        int bytes = from.remaining() + (part == null ? 0 : part.remaining());
        boolean beginning = part == null ? !beginsWithWholeRecord(from) : RecordBuffers.isSmall(part);
        if (beginning && bytes < SUBSTANTIAL_BYTES) {
            move(from, partWithRoom(bytes));
        } else {
            move(from, recordBuffer());
        }
    }

    private static boolean beginsWithWholeRecord(ByteBuffer bytes) {
        return bytes.remaining() >= RecordBuffers.HEADER_BYTES
                && bytes.remaining() >= RecordBuffers.HEADER_BYTES + contentBytes(bytes);
    }

    /// What has been gathered, in a small buffer with room for so many bytes in all behind its position.
    private ByteBuffer partWithRoom(int bytes) throws BufferLimitException {
        ByteBuffer part = sealed;
        if (part != null && part.capacity() - part.position() >= bytes) {
            return part;
        }
        return replace(part, buffers.takeSmall(smallFor(bytes)));
    }

    /// What has been gathered, in a record buffer and at its front.
    private ByteBuffer recordBuffer() throws BufferLimitException {
        ByteBuffer part = sealed;
        if (part != null && !RecordBuffers.isSmall(part)) {
            return part.compact().flip();
        }
        return replace(part, buffers.take());
    }

    private ByteBuffer replace(@Nullable ByteBuffer part, ByteBuffer by) {
        if (part != null) {
            by.put(part);
            buffers.giveBack(part);
        }
        by.flip();
        sealed = by;
        return by;
    }

    /// As much as there is room for, behind what is there.
    private static void move(ByteBuffer from, ByteBuffer to) {
        int end = to.limit();
        int count = Math.min(from.remaining(), to.capacity() - end);
        to.limit(end + count).put(end, from, from.position(), count);
        from.position(from.position() + count);
    }

    /// Nobody looks at what was lent any more, and the next read may not be soon. A stream of the program's own has
    /// no way to be told.
    private void endLoan() {
        if (below instanceof TcpStream tcp) {
            tcp.endLoan();
        } else if (below instanceof TlsStream tls) {
            tls.endLoan();
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
        } else if (!beginsWithWholeRecord(bytes)) {
            letGoOfRoom();
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
        giveBackOpened(bytes);
        return false;
    }

    private void giveBackOpened(ByteBuffer bytes) {
        opened = null;
        lent = false;
        buffers.giveBack(bytes);
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
        if (!from.hasRemaining()) {
            giveBackOpened(from);
        }
        return count;
    }

    /// Ends the loan before the next look for more does, of whoever needs it no longer.
    void endLent() {
        ByteBuffer bytes = opened;
        if (lent && bytes != null) {
            giveBackOpened(bytes);
        }
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
