package dev.rouse.io;

import dev.rouse.actor.ActorSystem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/// Somebody stands between a TLS stream and its peer, and does as the input says with each record of the peer's:
/// changes a bit, cuts it, repeats it, leaves it out, puts another before it or holds it back. Whatever that is, the
/// stream hands out nothing but a beginning of what the peer has said, and its end only after all of it; it fails with
/// a [TlsException] otherwise, then and ever after, and holds no more than three buffers, and none in the end.
///
/// A target of Jazzer (`mvn -B verify -pl io-actors -am -Pfuzz`), and with inputs of its own an ordinary test:
/// [TlsFuzzTest].
public final class TlsFuzz {

    /// What the input says of one record.
    enum Deed {
        NOTHING,
        CHANGE_A_BIT,
        CUT_SHORT,
        REPEAT,
        LEAVE_OUT,
        PUT_GARBAGE_BEFORE,
        PUT_A_RECORD_BEFORE,
        HOLD_BACK,
        IN_TWO_PIECES,
        END_HERE
    }

    /// By the number that the input has for each.
    static final List<Deed> DEEDS = List.of(Deed.values());

    /// Bytes of the input for each record: the deed, and where.
    static final int BYTES_EACH = 3;

    private static final byte[] SAID = said();

    private static final SSLContext SERVER = TestCertificates.context("server");
    private static final SSLContext CLIENT = TestCertificates.context();

    private static final ActorSystem SYSTEM =
            ActorSystem.builder().name("fuzz").shards(1).build();

    private TlsFuzz() {}

    private static byte[] said() {
        byte[] bytes = new byte[40_000]; // three records
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /// The peer, and whoever stands between.
    private static final class Meddled extends EnginePeer {
        private final byte[] input;
        private int next = 1;
        private byte[] heldBack = {};
        private boolean over;

        Meddled(SSLEngine engine, byte[] input) {
            super(engine);
            this.input = input;
        }

        @Override
        void onRecord(byte[] record) {
            if (over) {
                return;
            }
            Deed deed = Deed.NOTHING;
            int where = 0;
            if (next + BYTES_EACH <= input.length) {
                deed = DEEDS.get((input[next] & 0xFF) % DEEDS.size());
                where = ((input[next + 1] & 0xFF) << 8 | (input[next + 2] & 0xFF)) % record.length;
            }
            next += BYTES_EACH;
            meddle(deed, record, where);
        }

        private void meddle(Deed deed, byte[] record, int where) {
            byte[] before = heldBack;
            heldBack = new byte[0];
            switch (deed) {
                case NOTHING -> send(record);
                case CHANGE_A_BIT -> {
                    record[where] ^= (byte) (1 << (where & 7));
                    send(record);
                }
                case CUT_SHORT -> send(Arrays.copyOf(record, where));
                case REPEAT -> {
                    send(record);
                    send(record);
                }
                case LEAVE_OUT -> {}
                case PUT_GARBAGE_BEFORE -> {
                    send(garbage(where));
                    send(record);
                }
                case PUT_A_RECORD_BEFORE -> {
                    send(garbageInARecord(where));
                    send(record);
                }
                case HOLD_BACK -> heldBack = record;
                case IN_TWO_PIECES -> {
                    send(Arrays.copyOf(record, where));
                    send(Arrays.copyOfRange(record, where, record.length));
                }
                case END_HERE -> over = true;
            }
            send(before);
        }

        private static byte[] garbage(int seed) {
            byte[] bytes = new byte[1 + seed % 64];
            new Random(seed).nextBytes(bytes);
            return bytes;
        }

        private static byte[] garbageInARecord(int seed) {
            byte[] content = garbage(seed);
            return ByteBuffer.allocate(RecordBuffers.HEADER_BYTES + content.length)
                    .put((byte) (20 + seed % 5))
                    .put((byte) 3)
                    .put((byte) 3)
                    .putShort((short) content.length)
                    .put(content)
                    .array();
        }
    }

    /// The entry for Jazzer.
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 0) {
            hear(input);
        }
    }

    /// Whether all was heard, to the end.
    static boolean hear(byte[] input) {
        String protocol = (input[0] & 1) == 0 ? "TLSv1.3" : "TLSv1.2";
        boolean server = (input[0] & 2) == 0;
        SSLEngine engine = EnginePeer.engine(server ? CLIENT : SERVER, protocol, server);
        Meddled peer = new Meddled(engine, input);
        int half = SAID.length / 2;
        peer.says(Arrays.copyOf(SAID, half));
        if (protocol.equals("TLSv1.3")) {
            peer.asksForNewKeys();
        }
        peer.says(Arrays.copyOfRange(SAID, half, SAID.length)).ends();
        try {
            return SYSTEM.spawn(() -> use(peer, server)).join(Duration.ofSeconds(20));
        } catch (TimeoutException e) {
            throw new AssertionError("the stream hangs: input=" + Arrays.toString(input), e);
        }
    }

    private static boolean use(Meddled peer, boolean server) throws IOException {
        BufferedBytes account = BufferedBytes.ofCurrentShard();
        boolean all = false;
        try (TlsStream stream = server
                ? TlsStream.server(peer, TlsOptions.server(SERVER))
                : TlsStream.client(peer, "localhost", TlsOptions.client().withContext(CLIENT))) {
            all = isReadToTheEnd(stream, account);
        } catch (TlsException _) {
            // of the handshake
        }
        if (account.held() != 0 || !peer.isClosed()) {
            throw new AssertionError("left behind: bytes=" + account.held() + ", closed=" + peer.isClosed());
        }
        return all;
    }

    private static boolean isReadToTheEnd(TlsStream stream, BufferedBytes account) throws IOException {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        boolean ended = false;
        try {
            for (ByteBuffer bytes = stream.read(); bytes != null; bytes = stream.read()) {
                byte[] some = new byte[bytes.remaining()];
                bytes.get(some);
                heard.writeBytes(some);
                requireBounded(account);
            }
            ended = true;
            if (stream.read() != null) {
                throw new AssertionError("more after the end");
            }
        } catch (TlsException e) {
            requireFailure(stream, e);
        }
        byte[] all = heard.toByteArray();
        if (!Arrays.equals(all, Arrays.copyOf(SAID, all.length)) || (ended && all.length < SAID.length)) {
            throw new AssertionError(
                    "heard what was not said: bytes=" + all.length + ", said=" + SAID.length + ", ended=" + ended);
        }
        return ended;
    }

    private static void requireBounded(BufferedBytes account) {
        if (account.held() > 3L * RecordBuffers.RECORD_BYTES) {
            throw new AssertionError("holds too much: bytes=" + account.held());
        }
    }

    private static void requireFailure(TlsStream stream, TlsException failure) throws IOException {
        try {
            throw new AssertionError("something after a failure: " + stream.read(), failure);
        } catch (TlsException again) {
            if (again.reason() != failure.reason()) {
                throw new AssertionError("another failure: " + again, failure);
            }
        }
    }
}
