package dev.rouse.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The writing half of a TLS stream: seals records and sends them, in this order, each whole before the next. Owning
/// shard only.
///
/// Sealing never suspends, sending does, and the peer can open records in the order of their sealing only. So whoever
/// wants to seal goes through the turnstile first, and leaves it when it has sent, or has given up. In the latter case
/// the rest of the record stays here, and is sent before the next one is sealed.
///
/// The one exception is what the engine says of its own, an alert or the answer to a request for new keys: a few dozen
/// bytes, which are [sealed at once][#sealOwn], also by a reader while another function sends, so that the engine never
/// has more to say than one record of the peer has asked for. Whoever is inside sends them, or who comes next. They
/// were sealed after all that waits in the record buffer, since whoever fills that has sent everything else before, in
/// the same turn.
///
/// These records are in no account: the last words of a stream must not depend on what others hold. A stream has a few
/// of them, see [TlsStream], before its reader waits for the peer to take them.
final class TlsOutbound {
    static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /// Records without content of ours that end a stream: an alert or two, and what was queued before. An engine
    /// that has more to say is not listened to. A guess.
    private static final int LAST_RECORDS = 64;

    private final ByteStream below;
    private final SSLEngine engine;
    private final RecordBuffers buffers;
    private final Turnstile turnstile = new Turnstile();

    /// What was sealed and not sent yet, from its position to its limit; null when there is nothing.
    private @Nullable ByteBuffer sealed;

    /// What the engine has said of its own after that, in order; the first one may have gone out in part.
    private final ArrayDeque<ByteBuffer> own = new ArrayDeque<>(0);

    private boolean shut;

    TlsOutbound(ByteStream below, SSLEngine engine, RecordBuffers buffers) {
        this.below = below;
        this.engine = engine;
        this.buffers = buffers;
    }

    /// Suspends while another function seals and sends.
    void enter() {
        turnstile.enter();
    }

    void leave() {
        turnstile.leave();
    }

    boolean isBusy() {
        return turnstile.isTaken();
    }

    /// Whether it was told to end: nothing of the caller's is sealed any more.
    boolean isShut() {
        return shut;
    }

    /// Whether another record can be sealed without sending first.
    boolean hasRoom() {
        ByteBuffer bytes = sealed;
        return bytes == null
                || bytes.capacity() - bytes.limit() >= engine.getSession().getPacketBufferSize();
    }

    /// Seals one record, of bytes of the source unless the engine has something of its own to say first.
    ///
    /// @throws ClosedChannelException if nothing can be sealed any more
    void seal(ByteBuffer src) throws IOException {
        SSLEngineResult result = wrap(src);
        if (result.bytesProduced() == 0) {
            if (result.getStatus() == Status.CLOSED) {
                throw new ClosedChannelException();
            }
            throw new SSLException("the engine seals nothing: status=" + result.getStatus() + ", handshake="
                    + result.getHandshakeStatus() + ", bytes=" + src.remaining());
        }
    }

    private SSLEngineResult wrap(ByteBuffer src) throws IOException {
        ByteBuffer out = sealed;
        if (out == null) {
            out = buffers.take().limit(0);
            sealed = out;
        }
        assert own.isEmpty() : "sealed past records that wait to be sent: records=" + own.size();
        int begin = out.position();
        out.position(out.limit()).limit(out.capacity());
        try {
            return engine.wrap(src, out);
        } finally {
            out.limit(out.position()).position(begin);
            if (!out.hasRemaining()) {
                sealed = null;
                buffers.giveBack(out);
            }
        }
    }

    /// Sends all that was sealed, also meanwhile; suspends while the peer does not take it. When it throws, the
    /// rest is kept.
    void flush() throws IOException {
        ByteBuffer out = sealed;
        if (out != null) {
            below.write(out);
            sealed = null;
            buffers.giveBack(out);
        }
        for (ByteBuffer next = own.peekFirst(); next != null; next = own.peekFirst()) {
            below.write(next);
            own.removeFirst();
        }
    }

    /// Seals what the engine has to say of its own, to be sent with what is sealed next. Never suspends, and needs
    /// no turn.
    ///
    /// @return whether it was all, in so many records at most
    boolean sealOwn(int most) throws SSLException {
        for (int i = 0; i < most && owes() && own.size() < LAST_RECORDS; i++) {
            sealOwnRecord();
        }
        return !owes();
    }

    /// One that brings nothing may be the engine's way to say that a handshake is over.
    private void sealOwnRecord() throws SSLException {
        ByteBuffer whole = buffers.ownWords();
        engine.wrap(NOTHING, whole);
        if (whole.flip().hasRemaining()) {
            own.addLast(ByteBuffer.allocate(whole.remaining()).put(whole).flip());
        }
    }

    /// How many records of the engine's own wait to be sent.
    int unsentOwn() {
        return own.size();
    }

    /// Sends what the engine has to say of its own.
    void sendOwn() throws IOException {
        requireEnd(sealOwn(LAST_RECORDS));
        flush();
    }

    private void requireEnd(boolean reached) throws SSLException {
        if (!reached) {
            throw new SSLException("the engine has ever more to say: handshake=" + engine.getHandshakeStatus()
                    + ", records=" + LAST_RECORDS);
        }
    }

    /// Whether the engine has something to say of its own.
    private boolean owes() {
        return !engine.isOutboundDone() && engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP;
    }

    /// Tells the peer that nothing more is written. Called again it goes on where it was cut short.
    void shut() throws IOException {
        shut = true;
        engine.closeOutbound();
        for (int i = own.size(); i < LAST_RECORDS && !engine.isOutboundDone(); i++) {
            sealOwnRecord();
        }
        requireEnd(engine.isOutboundDone());
        flush();
    }

    /// When nobody writes any more.
    void release() {
        if (sealed != null) {
            buffers.giveBack(sealed);
            sealed = null;
        }
        own.clear();
    }
}
