package dev.rouse.io;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// TLS over another stream, by the JDK's [SSLEngine]: what is written here is sealed and sent there, what is read there
/// is opened and checked before it is handed out here.
///
/// ```java
/// try (TlsStream stream = TlsStream.server(listener.accept(), TlsOptions.server(keys))) {
///     ByteBuffer question = stream.read();
///     stream.write(answer(question));
/// }
/// ```
///
/// [#connect], [#client] and [#server] suspend until the handshake is over, and take the stream below over: nobody else
/// may use it from then on, and it is closed with this one, also when the handshake fails. The stream belongs to the
/// shard of the function that calls them. The rules are those of every [ByteStream]: one function reads and one writes
/// at a time, they need not be the same, and [#close] may be called on any thread.
///
/// **Cancelled, or a deadline passed.** A read that is cut short loses no byte: the next one goes on. A write takes
/// bytes record by record (16 KiB at most), and its buffer's position says which it has taken. Of the last record a
/// part may still be unsent: it is kept, and goes out before anything else with the next [#write] (also of no bytes),
/// [#shutdownOutput] or [#close]. A handshake that is cut short closes the stream below.
///
/// **The end.** [#close] and [#shutdownOutput] send close_notify, by which the peer knows that it has everything. A
/// connection that ends without the peer's is an error, [TlsException.Reason#TRUNCATED], and not the end of the stream:
/// anybody between the two can cut a connection, and what was read may be a part only. With TLS 1.3 each direction ends
/// by itself. With TLS 1.2 the peer's close_notify ends both: writing throws a [ClosedChannelException] once it was
/// read.
///
/// **Keys.** A peer of TLS 1.3 may ask for new keys at any time; the answer goes out with what is written next, as the
/// protocol allows, so that a read does not wait for the peer to take something. Of answers that nothing follows only
/// a few are kept, then the reader sends them. A peer that asks several times within one record, or sends 256 records
/// or 128 KiB in a row without a byte to be read, breaks the connection. A renegotiation (TLS 1.2) is refused.
///
/// **Work.** Handshakes are computed on threads of their own, `rouse-tls-0` and so on, as many as processors: there the
/// key and trust managers of the context are called, and may block. Sealing and opening, a microsecond or so for each
/// KiB, is done in the function's turn.
///
/// **Memory.** A stream that waits for a record to begin, or is used by nobody after its bytes were taken, holds no
/// buffer, but what the JDK's engine keeps. Otherwise it has up to three of 18 KiB: a record that has not come
/// entirely, some four times what has come of it at most; what was opened and is being read; and what was sealed and is
/// being sent. They count for [dev.rouse.actor.Limits#bufferedBytesPerShard].
///
/// Errors, beside those of [ByteStream]: [TlsException] when TLS cannot protect the connection; [BufferLimitException]
/// when there is no room for a buffer, and the call can be made again.
public final class TlsStream implements ByteStream {
    /// Answers to requests for new keys that are kept for the next write. A guess: peers ask once in millions of
    /// records.
    private static final int OWED = 8;

    /// Answers that one record of the peer may ask for. The protocol has one: a request for new keys is the last
    /// message of its record. The JDK's engine may ask for some itself in the same moment, but takes thousands of
    /// messages in one record, each of which makes keys and keeps a cipher for its answer. A guess.
    static final int ANSWERS = 4;

    /// Records in a row without a byte to be read, such as requests for new keys, tickets of sessions, and padding.
    /// A guess: a peer that means well sends a few.
    static final int IDLE_RECORDS = 256;

    /// Their sealed bytes. A guess: of eight of the longest records, each of which may be full of messages, and
    /// hold the shard for as long as the engine takes for all of them.
    static final int IDLE_BYTES = 128 * 1024;

    /// Of such a record so many bytes count as a step: after the longest one, all else that is ready goes first.
    private static final int STEP_BYTES = 16 * 1024 / Pace.STEPS;

    private final Shard shard;
    private final TlsParty party;
    private final SSLEngine engine;
    private final TlsInbound inbound;
    private final TlsOutbound outbound;

    private final TlsFarewell farewell;
    private final Pace readPace = new Pace();
    private final Pace writePace = new Pace();

    private boolean reading;

    /// See [#loanNumber].
    private int loansEnded;

    private boolean writing;

    /// Records in a row that had nothing to be read, and their bytes.
    private int idleRecords;

    private int idleBytes;

    /// What has broken it.
    private @Nullable TlsException broken;

    /// The stream below is closed: buffers that nobody uses go back.
    private boolean released;

    /// Of a handshake that is over, in its function.
    TlsStream(
            Shard shard, ByteStream below, TlsParty party, SSLEngine engine, TlsInbound inbound, TlsOutbound outbound) {
        this.shard = shard;
        this.party = party;
        this.engine = engine;
        this.inbound = inbound;
        this.outbound = outbound;
        this.farewell = new TlsFarewell(shard, below, outbound, this::release);
    }

    // Opening.

    /// Connects with [TcpOptions#defaults] and greets as a client; the host is that of the address as it was given.
    ///
    /// @throws IOException see [TcpStream#connect(InetSocketAddress)] and [#client]
    public static TlsStream connect(InetSocketAddress address, TlsOptions options) throws IOException {
        return connect(address, TcpOptions.defaults(), options);
    }

    /// As [#connect(InetSocketAddress, TlsOptions)] with other options for TCP.
    ///
    /// @throws IOException see [TcpStream#connect(InetSocketAddress, TcpOptions)] and [#client]
    public static TlsStream connect(InetSocketAddress address, TcpOptions tcp, TlsOptions options) throws IOException {
        return client(TcpStream.connect(address, tcp), address.getHostString(), options);
    }

    /// Greets as a client, over a stream that is open. Earlier sessions of the context with this host and port are
    /// resumed.
    ///
    /// @param host whom to expect at the other end: a name, or an address
    /// @throws TlsException if the handshake fails; its reason says why
    /// @throws IllegalArgumentException if the host is empty, or the JDK does not know a protocol or a cipher suite
    ///     of the options
    /// @throws ViolationException outside a function
    public static TlsStream client(ByteStream below, String host, TlsOptions options) throws IOException {
        if (host.isBlank()) {
            below.close();
            throw new IllegalArgumentException(
                    "tls client without a host: host=\"" + host + "\"; say whom the server's certificate must name");
        }
        return TlsHandshake.open(below, TlsParty.client(host, options, below), options);
    }

    /// Answers as a server, over a stream that is open.
    ///
    /// @throws TlsException if the handshake fails; its reason says why
    /// @throws IllegalArgumentException if the options have no context, or the JDK does not know a protocol or a
    ///     cipher suite of them
    /// @throws ViolationException outside a function
    public static TlsStream server(ByteStream below, TlsOptions options) throws IOException {
        if (options.context() == null) {
            below.close();
            throw new IllegalArgumentException(
                    "tls server without keys: options have no context; use TlsOptions.server(context)");
        }
        return TlsHandshake.open(below, TlsParty.server(below), options);
    }

    // Reading.

    /// Reads what has come, at least one byte, into a buffer that the stream lends; suspends until there is some.
    ///
    /// The loan ends at the next read of this stream (of any kind) or its `close`: copy what is needed longer. It
    /// ends before that read waits, so a function that waits for input holds no buffer. A buffer used after its
    /// loan is seen empty at best and with another stream's bytes at worst.
    ///
    /// @return a buffer from its position to its limit, 16 KiB at most; null at the end of the stream, which the
    ///     peer has announced, and from then on
    /// @throws TlsException if the connection is broken, or has ended without the peer saying so
    /// @throws IOException see [ByteStream]
    @Override
    public @Nullable ByteBuffer read() throws IOException {
        beginRead();
        try {
            return open(null) < 0 ? null : inbound.lend();
        } finally {
            endRead();
        }
    }

    /// Reads what has come, at least one byte, into the caller's buffer; suspends until there is some. The buffer
    /// must not be touched meanwhile. One with room for 18 KiB saves a copy.
    ///
    /// @return the number of bytes, -1 at the end of the stream, 0 only if the buffer has no room
    /// @throws TlsException if the connection is broken, or has ended without the peer saying so
    /// @throws IOException see [ByteStream]
    @Override
    public int read(ByteBuffer dst) throws IOException {
        beginRead();
        try {
            if (!dst.hasRemaining()) {
                return 0;
            }
            if (dst.remaining() >= RecordBuffers.RECORD_BYTES && inbound.available() == 0) {
                return open(dst);
            }
            return open(null) < 0 ? -1 : inbound.moveTo(dst);
        } finally {
            endRead();
        }
    }

    private void beginRead() throws IOException {
        enter();
        if (reading) {
            throw inUse("read");
        }
        reading = true;
        loansEnded = (loansEnded + 1) & Integer.MAX_VALUE;
    }

    /// As that of a [TcpStream]; but what was lent when it is closed is never lent again.
    int loanNumber() {
        return loansEnded;
    }

    /// As that of a [TcpStream].
    void endLoan() {
        inbound.endLent();
        loansEnded = (loansEnded + 1) & Integer.MAX_VALUE;
    }

    private void endRead() {
        reading = false;
        releaseIfClosed();
    }

    /// Opens records until there is something of the peer's: in the buffer or, without one, ready to be lent. The
    /// number of bytes in the former, -1 at the end of the stream.
    private int open(@Nullable ByteBuffer dst) throws IOException {
        if (inbound.hasOpened()) {
            return 0;
        }
        try {
            return openNext(dst);
        } catch (SSLException e) {
            throw breakOff(e);
        }
    }

    private int openNext(@Nullable ByteBuffer dst) throws IOException {
        while (true) {
            requireNotClosing();
            requireUnbroken();
            if (inbound.isEnded()) {
                return -1;
            }
            if (!inbound.awaitRecord()) {
                throw TlsFailures.truncated(party);
            }
            requireNotClosing();
            SSLEngineResult result = dst == null ? inbound.unwrap() : inbound.unwrap(dst);
            if (result.bytesProduced() > 0) {
                idleRecords = 0;
                idleBytes = 0;
                return result.bytesProduced();
            }
            afterIdle(result);
            readPace.steps(1 + result.bytesConsumed() / STEP_BYTES);
        }
    }

    private void requireNotClosing() throws AsynchronousCloseException {
        if (farewell.isBegun()) {
            throw new AsynchronousCloseException();
        }
    }

    /// Does what the engine wants after a record that has no bytes of the peer's.
    private void afterIdle(SSLEngineResult result) throws IOException {
        if (inbound.isEnded()) {
            return; // nothing more is expected of us but close_notify, in `close`
        }
        if (result.bytesConsumed() == 0) {
            // What the engine wanted done before it opens more was done when it last opened something.
            throw new SSLException("the engine opens nothing: status=" + result.getStatus() + ", handshake="
                    + result.getHandshakeStatus());
        }
        requireProgress(result);
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
            // Before that it opens nothing more, also when nothing of ours goes out any more. Of the
            // messages after a handshake of TLS 1.3 none is known that asks for this.
            requireNoRenegotiation();
            TlsTasks.runAll(engine);
        }
        answer();
    }

    private void requireProgress(SSLEngineResult idle) throws TlsException {
        idleRecords++;
        idleBytes += idle.bytesConsumed();
        if (idleRecords > IDLE_RECORDS || idleBytes > IDLE_BYTES) {
            throw TlsFailures.noProgress(party, idleRecords, idleBytes);
        }
    }

    /// Seals the answers that the peer has asked for, and sends them if there are many.
    private void answer() throws IOException {
        if (outbound.isShut() || engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
            return;
        }
        requireNoRenegotiation();
        if (!outbound.sealOwn(ANSWERS)) {
            throw TlsFailures.crowdedRecord(party);
        }
        if (outbound.unsentOwn() > OWED) {
            sendOwed();
        }
    }

    private void requireNoRenegotiation() throws TlsException {
        if (!engine.getSession().getProtocol().equals("TLSv1.3")) {
            engine.closeOutbound();
            throw TlsFailures.renegotiation(party);
        }
    }

    /// By the reader, which waits its turn: a peer that asks for ever more and takes nothing waits for itself.
    private void sendOwed() throws IOException {
        outbound.enter();
        try {
            outbound.flush();
        } finally {
            outbound.leave();
        }
    }

    private TlsException breakOff(SSLException cause) {
        if (cause instanceof TlsException known && known.reason() == TlsException.Reason.TRUNCATED) {
            return known;
        }
        TlsException before = broken;
        if (before != null) {
            return TlsFailures.again(before);
        }
        TlsException failure = cause instanceof TlsException known ? known : TlsFailures.broken(party, cause);
        broken = failure;
        farewell.sayBroken();
        return failure;
    }

    private void requireUnbroken() throws TlsException {
        if (broken != null) {
            throw TlsFailures.again(broken);
        }
    }

    // Writing.

    /// Writes all that remains in a buffer; suspends while the peer does not take it. The buffer must not be
    /// touched meanwhile. When it throws, the buffer's position says how much has been taken; of that, a part may
    /// not have gone out, see the class.
    ///
    /// @throws ClosedChannelException also after [#shutdownOutput] and, with TLS 1.2, after the peer's end
    /// @throws TlsException if the connection is broken
    /// @throws IOException see [ByteStream]
    @Override
    public void write(ByteBuffer src) throws IOException {
        beginWrite();
        try {
            outbound.enter();
            try {
                send(src);
            } finally {
                outbound.leave();
            }
        } finally {
            endWrite();
        }
    }

    private void beginWrite() throws IOException {
        enter();
        if (writing) {
            throw inUse("write");
        }
        writing = true;
    }

    private void endWrite() {
        writing = false;
        releaseIfClosed();
    }

    private void send(ByteBuffer src) throws IOException {
        requireWritable();
        try {
            outbound.flush();
            while (src.hasRemaining()) {
                requireWritable();
                outbound.seal(src);
                outbound.flush();
                writePace.step();
                outbound.flush(); // the answers of a reader that was let go first
            }
        } catch (SSLException e) {
            throw breakOff(e);
        }
    }

    private void requireWritable() throws IOException {
        requireNotClosing();
        requireUnbroken();
        if (outbound.isShut()) {
            throw new ClosedChannelException();
        }
    }

    /// Sends close_notify: the peer reads the end of the stream. Reading goes on. Suspends while the peer does not
    /// take it; when it is cut short, the next call goes on. Idempotent.
    ///
    /// The last words of both sides are safe with those who shut down, then read to the end, then close.
    ///
    /// @throws IOException if the connection is gone
    /// @throws ViolationException while a function writes
    @Override
    public void shutdownOutput() throws IOException {
        beginWrite();
        try {
            outbound.enter();
            try {
                outbound.shut();
            } catch (SSLException e) {
                throw breakOff(e);
            } finally {
                outbound.leave();
            }
        } finally {
            endWrite();
        }
    }

    // The end.

    /// Ends it in both directions. Safe at any moment, on any thread. Suspended calls end with an
    /// [AsynchronousCloseException], a write after the record that it is in. Idempotent.
    ///
    /// First the peer is told, by close_notify after what has been written, which may take 1 s at most: a function
    /// of the stream's shard is suspended meanwhile, elsewhere another function of the shard does it. Then the
    /// stream below is closed; bytes of the peer that are unread there may take what was sent last with them, see
    /// [#shutdownOutput].
    ///
    /// @throws CancelledException or [dev.rouse.actor.DeadlineExceededException] in a function for which that holds
    ///     meanwhile; the stream is closed then
    @Override
    public void close() {
        farewell.begin();
    }

    /// As [#close], but without a wait, and without a word to the peer, for which this was not all: it finds the
    /// connection cut. On its shard. Who writes meanwhile sees it closed.
    void abandon() {
        farewell.omit();
    }

    private void release() {
        released = true;
        releaseIfClosed();
    }

    /// Whoever still is inside does it when it leaves.
    private void releaseIfClosed() {
        if (!released) {
            return;
        }
        if (!reading) {
            inbound.release();
        }
        if (!outbound.isBusy()) {
            outbound.release();
        }
    }

    private void enter() throws IOException {
        Shard current = Shard.current();
        if (current == null) {
            throw Violation.OUTSIDE_FUNCTION.refused("stream used outside a function: " + party);
        }
        if (!shard.isCurrent()) {
            throw Violation.FOREIGN_TOUCH.refused("stream used on another shard: " + party + ", owner=" + shard.index()
                    + ", current=" + current.index()
                    + "; it stays on the shard of the function that did its handshake");
        }
        if (farewell.isBegun()) {
            throw new ClosedChannelException();
        }
    }

    private ViolationException inUse(String verb) {
        return Violation.SECOND_WAITER.refused("two functions " + verb + " at the same time: " + party);
    }

    // What was agreed.

    /// The version, as `TLSv1.3`.
    public String protocol() {
        return engine.getSession().getProtocol();
    }

    public String cipherSuite() {
        return engine.getSession().getCipherSuite();
    }

    /// The application protocol (ALPN); empty if none was agreed.
    public Optional<String> applicationProtocol() {
        return Optional.ofNullable(engine.getApplicationProtocol()).filter(name -> !name.isEmpty());
    }

    /// The name of the server that the client has asked for (SNI).
    public Optional<String> requestedServerName() {
        if (!(engine.getSession() instanceof ExtendedSSLSession session)) {
            return Optional.empty();
        }
        return session.getRequestedServerNames().stream()
                .flatMap(name -> name instanceof SNIHostName host ? Stream.of(host.getAsciiName()) : Stream.of())
                .findFirst();
    }

    /// The peer's certificates, its own first; empty if it has shown none.
    public List<X509Certificate> peerCertificates() {
        try {
            return Stream.of(engine.getSession().getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException _) {
            return List.of();
        }
    }

    /// The JDK's view of what was agreed.
    public SSLSession session() {
        return engine.getSession();
    }

    @Override
    public SocketAddress localAddress() {
        return party.local();
    }

    @Override
    public SocketAddress remoteAddress() {
        return party.remote();
    }

    // As the streams of java.io.

    /// A view for code that reads an [InputStream]: the same rules, errors and end of stream. Its `close` closes
    /// this.
    @Override
    public InputStream inputStream() {
        return new StreamInput(this, inbound::available);
    }

    /// A view for code that writes an [OutputStream]: the same rules and errors. It does not gather: each piece is
    /// a record, so wrap it in a [java.io.BufferedOutputStream] where small ones are written. Its `close` closes
    /// this.
    @Override
    public OutputStream outputStream() {
        return new StreamOutput(this);
    }
}
