package dev.rouse.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The other end of a TLS connection without a socket and without a wait: an engine of the JDK that says what its
/// script says. Below a TLS stream, which reads one record of it at a time, and the end when there is nothing more to
/// say. One shard only.
class EnginePeer extends SocketlessStream {

    /// What it does once the handshake is over.
    @FunctionalInterface
    interface Step {
        void by(EnginePeer peer) throws SSLException;
    }

    private final SSLEngine engine;
    private final ArrayDeque<Step> script = new ArrayDeque<>();
    private final ArrayDeque<byte[]> records = new ArrayDeque<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ByteBuffer plain = ByteBuffer.allocate(64 * 1024);
    private final ByteBuffer lent = ByteBuffer.allocate(64 * 1024);

    /// From its position to its limit.
    private ByteBuffer incoming = ByteBuffer.allocate(0);

    private int reads;
    private boolean begun;
    private boolean failed;

    EnginePeer(SSLEngine engine) {
        this.engine = engine;
    }

    static EnginePeer client(SSLContext context, String protocol) {
        return new EnginePeer(engine(context, protocol, true));
    }

    static EnginePeer server(SSLContext context, String protocol) {
        return new EnginePeer(engine(context, protocol, false));
    }

    static SSLEngine engine(SSLContext context, String protocol, boolean client) {
        SSLEngine engine = client ? context.createSSLEngine("localhost", 2) : context.createSSLEngine();
        engine.setUseClientMode(client);
        engine.setEnabledProtocols(new String[] {protocol});
        return engine;
    }

    EnginePeer then(Step step) {
        script.add(step);
        return this;
    }

    EnginePeer says(byte[] text) {
        return then(peer -> peer.seal(ByteBuffer.wrap(text)));
    }

    EnginePeer asksForNewKeys() {
        return then(peer -> peer.engine.beginHandshake());
    }

    /// Says the same message of a handshake so many times, in as few records as there is room for them: what no
    /// engine says by itself.
    EnginePeer crowds(byte[] message, int times) {
        return then(peer -> HandshakeRecords.queue(peer.engine, message, times));
    }

    EnginePeer ends() {
        return then(peer -> peer.engine.closeOutbound());
    }

    int reads() {
        return reads;
    }

    byte[] received() {
        return received.toByteArray();
    }

    /// Whether the other side has said that this was all.
    boolean hasHeardTheEnd() {
        return engine.isInboundDone();
    }

    // What it says.

    private void seal(ByteBuffer text) throws SSLException {
        do {
            ByteBuffer out = ByteBuffer.allocate(32 * 1024);
            if (engine.wrap(text, out).bytesProduced() == 0) {
                return;
            }
            out.flip();
            byte[] record = new byte[out.remaining()];
            out.get(record);
            onRecord(record);
        } while (text.hasRemaining());
    }

    /// One record of its own.
    void onRecord(byte[] record) {
        send(record);
    }

    final void send(byte[] bytes) {
        if (bytes.length > 0) {
            records.add(bytes);
        }
    }

    private void say() {
        try {
            begin();
            while (records.isEmpty() && doNext()) {
                answer();
            }
        } catch (SSLException _) {
            failed = true;
            sayWhy();
        }
    }

    private void begin() throws SSLException {
        if (!begun) {
            begun = true;
            engine.beginHandshake();
            answer();
        }
    }

    private void hear() {
        try {
            begin();
            answer();
        } catch (SSLException _) {
            failed = true;
            sayWhy();
        }
    }

    /// Opens what has come and does what the engine wants, as long as there is something.
    private void answer() throws SSLException {
        boolean more = true;
        while (more) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> TlsTasks.runAll(engine);
                case NEED_WRAP -> seal(TlsOutbound.NOTHING);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> more = open();
            }
        }
    }

    private boolean open() throws SSLException {
        if (!incoming.hasRemaining() || engine.isInboundDone()) {
            return false;
        }
        Status status = engine.unwrap(incoming, plain.clear()).getStatus();
        received.write(plain.array(), 0, plain.position());
        return status == Status.OK;
    }

    private boolean doNext() throws SSLException {
        Step next = script.poll();
        if (next != null) {
            next.by(this);
        }
        return next != null;
    }

    private void sayWhy() {
        try {
            while (!engine.isOutboundDone()) {
                int before = records.size();
                seal(TlsOutbound.NOTHING);
                if (records.size() == before) {
                    return;
                }
            }
        } catch (SSLException _) {
            // nothing more to be said
        }
    }

    // The stream.

    @Override
    public @Nullable ByteBuffer read() throws IOException {
        requireOpen();
        reads++;
        if (!failed) {
            say();
        }
        byte[] next = records.poll();
        return next == null ? null : lent.clear().put(next).flip();
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        ByteBuffer bytes = read();
        if (bytes == null) {
            return -1;
        }
        byte[] some = new byte[Math.min(bytes.remaining(), dst.remaining())];
        bytes.get(some);
        dst.put(some);
        if (bytes.hasRemaining()) {
            byte[] rest = new byte[bytes.remaining()];
            bytes.get(rest);
            records.addFirst(rest);
        }
        return some.length;
    }

    @Override
    public void write(ByteBuffer src) throws IOException {
        requireOpen();
        ByteBuffer all = ByteBuffer.allocate(incoming.remaining() + src.remaining());
        incoming = all.put(incoming).put(src).flip();
        if (!failed) {
            hear();
        }
    }

    @Override
    public void shutdownOutput() {
        // it reads no end
    }
}
