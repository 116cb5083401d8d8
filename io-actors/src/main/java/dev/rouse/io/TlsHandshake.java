package dev.rouse.io;

import dev.rouse.actor.Violation;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The beginning of a TLS stream, until both ends have agreed on everything: does what the engine wants, has it compute
/// off the shard, and says why if it fails. Owning shard only, one function.
///
/// However it fails, the stream below is closed, and no buffer is held; an engine that another thread may still work on
/// is never touched again.
final class TlsHandshake {
    /// Buffers that are read from a peer whose handshake has failed, so that it sees why, instead of a reset: some
    /// 1 MiB. A guess.
    private static final int DRAINED = 64;

    private final Shard shard;
    private final ByteStream below;
    private final TlsParty party;
    private final SSLEngine engine;
    private final TlsInbound inbound;
    private final TlsOutbound outbound;
    private final Pace pace = new Pace();

    private TlsHandshake(Shard shard, ByteStream below, TlsParty party, SSLEngine engine) throws IOException {
        this.shard = shard;
        this.below = below;
        this.party = party;
        this.engine = engine;
        RecordBuffers buffers =
                Endpoint.pollerOf(shard, NioPoller::new).records().open(engine, party);
        this.inbound = new TlsInbound(below, engine, buffers, party);
        this.outbound = new TlsOutbound(below, engine, buffers);
    }

    /// See [TlsStream#client] and [TlsStream#server].
    static TlsStream open(ByteStream below, TlsParty party, TlsOptions options) throws IOException {
        Shard shard = Shard.current();
        if (shard == null) {
            below.close();
            throw Violation.OUTSIDE_FUNCTION.refused("tls handshake outside a function: " + party);
        }
        Cutoff cutoff = Cutoff.start(shard, below, options.handshakeTimeout());
        TlsHandshake handshake = null;
        TlsStream stream = null;
        try {
            handshake = new TlsHandshake(shard, below, party, engine(party, options, cutoff));
            stream = handshake.perform(cutoff);
            return stream;
        } catch (RejectedExecutionException _) {
            throw TlsFailures.overloaded(party);
        } catch (TlsException e) {
            throw e;
        } catch (SSLException e) {
            TlsException failure = TlsFailures.handshake(party, e);
            cutoff.cancel();
            Objects.requireNonNull(handshake).sayWhy();
            throw failure;
        } catch (IOException e) {
            throw cutoff.isExpired() ? TlsFailures.timeout(party, options.handshakeTimeout()) : e;
        } finally {
            cutoff.cancel();
            if (stream == null) {
                giveUp(below, handshake);
            }
        }
    }

    private static void giveUp(ByteStream below, @Nullable TlsHandshake handshake) {
        below.close();
        if (handshake != null) {
            handshake.inbound.release();
            handshake.outbound.release();
        }
    }

    private static SSLEngine engine(TlsParty party, TlsOptions options, Cutoff cutoff) throws IOException {
        SSLEngine[] made = new SSLEngine[1];
        TlsTasks.run(() -> made[0] = TlsEngines.begun(party, options), cutoff);
        requireTime(cutoff);
        return made[0];
    }

    private static void requireTime(Cutoff cutoff) throws AsynchronousCloseException {
        if (cutoff.isExpired()) {
            throw new AsynchronousCloseException();
        }
    }

    /// Does what the engine wants, until it wants nothing more.
    private TlsStream perform(Cutoff cutoff) throws IOException {
        while (true) {
            pace.step();
            requireTime(cutoff);
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> TlsTasks.run(() -> TlsTasks.runAll(engine), cutoff);
                case NEED_WRAP -> seal();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> open();
                case FINISHED, NOT_HANDSHAKING -> {
                    outbound.flush();
                    return new TlsStream(shard, below, party, engine, inbound, outbound);
                }
            }
        }
    }

    private void seal() throws IOException {
        if (!outbound.hasRoom()) {
            outbound.flush();
        }
        try {
            outbound.seal(TlsOutbound.NOTHING);
        } catch (ClosedChannelException _) {
            throw TlsFailures.endedInHandshake(party);
        }
    }

    private void open() throws IOException {
        outbound.flush();
        if (!inbound.awaitRecord()) {
            throw TlsFailures.endedInHandshake(party);
        }
        if (inbound.unwrap(TlsOutbound.NOTHING).getStatus() == Status.CLOSED) {
            throw TlsFailures.endedInHandshake(party);
        }
    }

    /// Sends the alert about a handshake that has failed, and waits a little while for the peer to have seen it:
    /// closing while there are unread bytes of the peer would reset the connection, and the alert be lost.
    private void sayWhy() {
        Cutoff cutoff = Cutoff.start(shard, below, TlsFarewell.TIME);
        try {
            outbound.sendOwn();
            below.shutdownOutput();
            for (int i = 0; i < DRAINED && below.read() != null; i++) {
                // what it has sent meanwhile is of no use
            }
        } catch (IOException _) {
            // the peer is gone, or does not listen: it will not know why
        } finally {
            cutoff.cancel();
        }
    }
}
