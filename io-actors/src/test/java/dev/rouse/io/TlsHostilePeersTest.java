package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.Rouse;
import dev.rouse.actor.Signal;
import dev.rouse.actor.Task;
import dev.rouse.io.TlsException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Peers that know TLS and mean no good, without sockets: what they send is there at once, so that nothing but our own
/// manners lets others go on.
final class TlsHostilePeersTest extends TlsTest {
    private static final byte WARNING = 1;
    private static final byte[] ASKS_FOR_NEW_KEYS = {24, 0, 0, 1, 1};
    private static final ByteStream NOWHERE = new PacedStream();

    private static byte[] alert(byte level, int what) {
        return new byte[] {21, 3, 3, 0, 2, level, (byte) what};
    }

    /// Says the same for ever.
    private static class Parrot extends EnginePeer {
        private final byte[] record;

        Parrot(byte[] record) {
            super(engine(TestCertificates.context(), "TLSv1.3", true));
            this.record = record;
        }

        @Override
        public ByteBuffer read() {
            return ByteBuffer.wrap(record.clone());
        }

        @Override
        public int read(ByteBuffer dst) {
            dst.put(record[0]);
            return 1;
        }
    }

    /// Hears the handshake and, from some time on, nothing more.
    private static final class DeafPeer extends EnginePeer {
        private boolean deaf;

        DeafPeer(SSLEngine engine) {
            super(engine);
        }

        void turnDeaf() {
            deaf = true;
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            if (deaf) {
                src.position(src.limit());
            } else {
                super.write(src);
            }
        }
    }

    /// Takes the handshake and, from some time on, nothing more, until it is closed.
    private static final class StalledPeer extends EnginePeer {
        private final Signal closing = new Signal();
        private boolean stalled;

        StalledPeer(SSLEngine engine) {
            super(engine);
        }

        void stall() {
            stalled = true;
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            if (!stalled) {
                super.write(src);
                return;
            }
            while (!isClosed()) {
                closing.await();
            }
            throw new AsynchronousCloseException();
        }

        @Override
        public void close() {
            super.close();
            closing.fire();
        }
    }

    private TlsException handshakeWith(EnginePeer peer, TlsOptions options) throws Exception {
        Throwable failure = join(system.spawn(() -> catchThrowable(() -> TlsStream.server(peer, options))));
        assertThat(failure).isInstanceOf(TlsException.class);
        return (TlsException) failure;
    }

    @Test
    void aHandshakeThatConsistsOfWarningsTimesOutAndLetsOthersGoOn() throws Exception {
        Parrot peer = new Parrot(alert(WARNING, 90)); // user_canceled, of which a peer may send any number
        TlsException failure = handshakeWith(peer, serving.withHandshakeTimeout(Duration.ofMillis(20)));
        assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
    }

    @Test
    void aPeerThatSaysGoodbyeWithinTheHandshakeHasEndedIt() throws Exception {
        Parrot peer = new Parrot(alert(WARNING, 0));
        TlsException failure = handshakeWith(peer, serving);
        assertThat(failure.reason()).isEqualTo(Reason.ENDED_IN_HANDSHAKE);
        assertThat(failure)
                .hasMessage("tls handshake failed: tls stream, side=server, local=127.0.0.1:1, remote=127.0.0.1:2,"
                        + " cause=the peer has closed the connection; its log may say why, it may not speak TLS");
    }

    @Test
    void aPeerThatAsksForNewKeysWithoutAnEndLetsOthersGoOn() throws Exception {
        EnginePeer peer = EnginePeer.client(clientContext, "TLSv1.3");
        int asked = TlsStream.IDLE_RECORDS;
        for (int i = 0; i < asked; i++) {
            peer.asksForNewKeys();
        }
        peer.says("done".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).ends();
        int readWhenOtherRan = join(system.spawn(() -> {
            try (TlsStream stream = TlsStream.server(peer, serving)) {
                Task<Integer> other = spawn(peer::reads);
                assertThat(text(readAll(stream))).isEqualTo("done");
                return await(other);
            }
        }));
        assertThat(peer.reads()).isGreaterThan(asked);
        assertThat(readWhenOtherRan).isLessThan(asked / 2);
    }

    /// It may go on for ever, and what it asks for is not answered any more: still it is refused.
    @Test
    void aPeerThatRenegotiatesWithWhoHasSaidAllIsRefused() throws Exception {
        DeafPeer peer = new DeafPeer(EnginePeer.engine(clientContext, "TLSv1.2", true));
        peer.asksForNewKeys().then(_ -> peer.send(new byte[] {23, 3, 3, 0, 1, 0}));
        Throwable failure = join(system.spawn(() -> {
            try (TlsStream stream = TlsStream.server(peer, serving.withProtocols("TLSv1.2"))) {
                peer.turnDeaf();
                stream.shutdownOutput();
                return catchThrowable(stream::read);
            }
        }));
        assertThat(failure).isInstanceOf(TlsException.class);
        assertThat(((TlsException) failure).reason()).isEqualTo(Reason.RENEGOTIATION);
    }

    @Test
    void aPeerMaySayNothingInAsManyRecordsAsTheLimitAndNotOneMore() throws Exception {
        EnginePeer peer = EnginePeer.client(clientContext, "TLSv1.3");
        for (int i = 0; i < TlsStream.IDLE_RECORDS; i++) {
            peer.asksForNewKeys();
        }
        peer.says(new byte[] {1}); // from here on they count anew
        for (int i = 0; i <= TlsStream.IDLE_RECORDS; i++) {
            peer.asksForNewKeys();
        }
        assertThat(readFailsOf(peer, 1))
                .hasMessageMatching("tls connection broken: tls stream, side=server, local=127.0.0.1:1,"
                        + " remote=127.0.0.1:2, cause=too much in a row that has no byte for the reader, records=257,"
                        + " limit=256, bytes=\\d+, limitBytes=131072; the peer asks for new keys, or sends tickets,"
                        + " without need, close the stream");
    }

    /// What the engine would keep for each answer is thousands of times what the peer has sent for it.
    @Test
    void aPeerMayAskForAsManyAnswersInOneRecordAsTheLimitAndNotOneMore() throws Exception {
        EnginePeer modest = EnginePeer.client(clientContext, "TLSv1.3").crowds(ASKS_FOR_NEW_KEYS, TlsStream.ANSWERS);
        assertThat(readFailsOf(modest, 0).reason()).isEqualTo(Reason.TRUNCATED);
        EnginePeer greedy =
                EnginePeer.client(clientContext, "TLSv1.3").crowds(ASKS_FOR_NEW_KEYS, TlsStream.ANSWERS + 1);
        TlsException failure = readFailsOf(greedy, 0);
        assertThat(failure.reason()).isEqualTo(Reason.NO_PROGRESS);
        assertThat(failure)
                .hasMessage("tls connection broken: tls stream, side=server, local=127.0.0.1:1, remote=127.0.0.1:2,"
                        + " cause=one record of the peer asks for more answers than limit=4; the peer breaks the"
                        + " protocol, where new keys begin with a new record, close the stream");
    }

    @Test
    void aRecordFullOfRequestsForNewKeysBreaksTheConnectionAndNoOther() throws Exception {
        EnginePeer peer = EnginePeer.client(clientContext, "TLSv1.3").crowds(ASKS_FOR_NEW_KEYS, 3_000);
        join(system.spawn(() -> {
            TlsStream stream = TlsStream.server(peer, serving);
            assertThat(reasonOf(catchThrowable(stream::read))).isEqualTo(Reason.NO_PROGRESS);
            assertThat(reasonOf(catchThrowable(() -> stream.write(bytes("x"))))).isEqualTo(Reason.NO_PROGRESS);
            assertThat(reasonOf(catchThrowable(stream::shutdownOutput))).isEqualTo(Reason.NO_PROGRESS);
            stream.close();
            assertThat(peer.isClosed()).isTrue();
            assertThat(BufferedBytes.ofCurrentShard().held()).isZero();
        }));
    }

    /// Tickets, in records as long as can be: after each of these, all others go first.
    @Test
    void aPeerThatSendsTicketsWithoutAnEndLetsOthersGoOnAfterEachLongRecord() throws Exception {
        byte[] ticket = new byte[1_000];
        ByteBuffer.wrap(ticket)
                .putInt(4 << 24 | ticket.length - 4) // new_session_ticket
                .putInt(1) // its life time
                .putInt(1)
                .put((byte) 0)
                .putShort((short) (ticket.length - 4 - 13));
        EnginePeer peer = EnginePeer.server(serverContext, "TLSv1.3").crowds(ticket, 1_000);
        int readWhenOtherRan = join(system.spawn(() -> {
            try (TlsStream stream = TlsStream.client(peer, "localhost", trusting)) {
                int before = peer.reads();
                Task<Integer> other = spawn(() -> peer.reads() - before);
                assertThat(reasonOf(catchThrowable(stream::read))).isEqualTo(Reason.NO_PROGRESS);
                return await(other);
            }
        }));
        assertThat(readWhenOtherRan)
                .as("the tickets of the JDK's own, and one long record")
                .isLessThanOrEqualTo(2);
    }

    private TlsException readFailsOf(EnginePeer peer, int bytesBefore) throws Exception {
        return (TlsException) join(system.spawn(() -> {
            try (TlsStream stream = TlsStream.server(peer, serving)) {
                assertThat(stream.inputStream().readNBytes(bytesBefore)).hasSize(bytesBefore);
                return catchThrowable(stream::read);
            }
        }));
    }

    private static Reason reasonOf(Throwable failure) {
        assertThat(failure).isInstanceOf(TlsException.class);
        return ((TlsException) failure).reason();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aPeerThatTakesWhateverComesLetsOthersGoOn(String protocol) throws Exception {
        EnginePeer peer = EnginePeer.client(clientContext, protocol);
        byte[] much = new byte[4 * Pace.STEPS * 16 * 1024];
        ByteBuffer sent = ByteBuffer.wrap(much);
        int sentWhenOtherRan = join(system.spawn(() -> {
            try (TlsStream stream = TlsStream.server(peer, serving)) {
                Task<Integer> other = spawn(() -> sent.position());
                stream.write(sent);
                return await(other);
            }
        }));
        assertThat(sentWhenOtherRan).isLessThan(much.length / 2);
        assertThat(peer.received()).isEqualTo(much);
    }

    /// A broadcast, in which the one who offers must not wait for the one who takes nothing.
    @Test
    void whoTakesNothingIsGivenUpWithoutAWait() throws Exception {
        Codec<String> lines = Frames.lines(8, Utf8.STRICT);
        StalledPeer deaf = new StalledPeer(EnginePeer.engine(clientContext, "TLSv1.3", true));
        EnginePeer good = EnginePeer.client(clientContext, "TLSv1.3");
        join(system.spawn(() -> {
            TlsStream toDeaf = TlsStream.server(deaf, serving);
            TlsStream toGood = TlsStream.server(good, serving);
            deaf.stall();
            Outbox<String> slow = Outbox.bounded(50, lines, SlowPeer.DISCONNECT);
            Outbox<String> quick = Outbox.bounded(50, lines, SlowPeer.DISCONNECT);
            Task<Throwable> slowWriter = spawn(() -> catchThrowable(() -> slow.writeTo(toDeaf)));
            Task<Void> quickWriter = spawn(() -> quick.writeTo(toGood));
            slow.offer("first");
            Rouse.sleepFor(Duration.ZERO); // it is being written
            AtomicBoolean othersRan = new AtomicBoolean();
            spawn(() -> othersRan.set(true));
            Outbox.Offer last = Outbox.Offer.ACCEPTED;
            while (last == Outbox.Offer.ACCEPTED) {
                last = slow.offer("more");
            }
            assertThat(othersRan).as("the offers have not suspended").isFalse();
            assertThat(last).isEqualTo(Outbox.Offer.CLOSED);
            assertThat(deaf.isClosed()).isTrue();
            quick.offer("hello");
            quick.finish();
            await(quickWriter);
            assertThat(await(slowWriter)).isInstanceOf(ClosedChannelException.class);
            assertThat(catchThrowable(toDeaf::read)).isInstanceOf(ClosedChannelException.class);
            toGood.close();
            assertThat(BufferedBytes.ofCurrentShard().held()).isZero();
        }));
        assertThat(text(good.received())).isEqualTo("hello\n");
    }

    @Test
    void aSessionThatWasBegunWithoutTheHostsNameIsNotResumedWithIt() throws Exception {
        TlsOptions other = serving.withContext(TestCertificates.context("other"));
        try (TcpListener listener = listener()) {
            Task<Void> first = serveEcho(listener, other);
            byte[] echoed = join(connect(
                    listener,
                    trusting.withInsecureAcceptanceOfAnyHostname(),
                    stream -> exchange(stream, new byte[10])));
            assertThat(echoed).hasSize(10);
            join(first);
            Task<Void> second = serveEcho(listener, other);
            Task<byte[]> strict = connect(listener, trusting, stream -> exchange(stream, new byte[10]));
            Throwable failure =
                    Objects.requireNonNull(catchThrowable(() -> join(strict)).getCause());
            assertThat(((TlsException) failure).reason()).isEqualTo(Reason.NAME_MISMATCH);
            assertThat(catchThrowable(() -> join(second))).hasCauseInstanceOf(TlsException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aSessionOfAClientWithoutACertificateIsNotResumedWhereOneIsRequired(String protocol) throws Exception {
        TlsOptions open = serving.withProtocols(protocol);
        try (TcpListener listener = listener()) {
            Task<Void> first = serveEcho(listener, open);
            Task<byte[]> echoed = connect(listener, trusting, stream -> exchange(stream, new byte[10]));
            assertThat(join(echoed)).hasSize(10);
            join(first);
            Task<Void> second = serveEcho(listener, open.withClientCertificates(ClientCertificates.REQUIRED));
            Task<byte[]> client = connect(listener, trusting, TlsTest::readAll);
            Throwable failure =
                    Objects.requireNonNull(catchThrowable(() -> join(second)).getCause());
            assertThat(((TlsException) failure).reason()).isEqualTo(Reason.MISSING_CERTIFICATE);
            assertThat(catchThrowable(() -> join(client))).hasCauseInstanceOf(TlsException.class);
        }
    }

    /// Also when there is a session with the owner of another name: the JDK looks at the certificate of a session
    /// when that is begun, not when it is resumed.
    @Test
    void theCertificateMustNameWhoWasAskedForEachTime() throws Exception {
        TlsOptions other = serving.withContext(TestCertificates.context("other"));
        try (TcpListener listener = listener()) {
            Task<Void> first = serveEcho(listener, other);
            Task<byte[]> asked =
                    connect(listener, trusting.withServerName("other.test"), stream -> exchange(stream, new byte[10]));
            assertThat(join(asked)).hasSize(10);
            join(first);
            for (TlsOptions stranger : List.of(trusting.withServerName("server.test"), trusting)) {
                Task<Void> refused = serveEcho(listener, other);
                Task<byte[]> client = connect(listener, stranger, stream -> exchange(stream, new byte[10]));
                TlsException failure = (TlsException) Objects.requireNonNull(
                        catchThrowable(() -> join(client)).getCause());
                assertThat(failure.reason()).isEqualTo(Reason.NAME_MISMATCH);
                assertThat(failure)
                        .message()
                        .contains(" matching "
                                + TlsParty.client("localhost", stranger, NOWHERE)
                                        .name());
                assertThat(catchThrowable(() -> join(refused))).hasCauseInstanceOf(TlsException.class);
            }
        }
    }

    @Test
    void aNameThatIsAskedForMustBeTheCertificatesAlthoughTheHostIs() throws Exception {
        try (TcpListener listener = listener()) {
            Task<Void> refused = serveEcho(listener, serving);
            Task<byte[]> client = connect(listener, trusting.withServerName("third.test"), TlsTest::readAll);
            TlsException failure = (TlsException)
                    Objects.requireNonNull(catchThrowable(() -> join(client)).getCause());
            assertThat(failure.reason()).isEqualTo(Reason.NAME_MISMATCH);
            assertThat(failure)
                    .message()
                    .contains("side=client, host=localhost, serverName=third.test, local=")
                    .endsWith("connect by a name that is in the certificate, or have one issued for third.test");
            assertThat(catchThrowable(() -> join(refused))).hasCauseInstanceOf(TlsException.class);
        }
    }

    @Test
    void aClientMustSayWhomItExpects() throws Exception {
        EnginePeer peer = EnginePeer.server(serverContext, "TLSv1.3");
        Throwable failure = join(system.spawn(() -> catchThrowable(() -> TlsStream.client(peer, " ", trusting))));
        assertThat(failure)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tls client without a host: host=\" \"; say whom the server's certificate must name");
        assertThat(peer.isClosed()).isTrue();
    }
}
