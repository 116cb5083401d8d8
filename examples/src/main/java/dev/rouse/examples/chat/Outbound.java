package dev.rouse.examples.chat;

import dev.rouse.actor.Signal;
import dev.rouse.io.ByteStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// What a client has not read yet: filled by its client actor, written to its socket by a function of its own.
///
/// The two live on one shard and never run at the same time, so there is no lock. While one batch is being written the
/// next one gathers, however many lines that is; a client that does not read only ever holds up its own writer.
/// Bounded: `limitBytes`.
final class Outbound {
    /// A buffer up to this size is kept between batches; a bigger one was for a burst.
    private static final int KEPT_BYTES = 4 * 1024;

    private static final byte[] NOTHING = {};

    private final int limitBytes;
    private final Signal work = new Signal();
    private final Signal room = new Signal();
    private byte[] gathering = NOTHING;
    private int gathered;
    private byte[] spare = NOTHING;
    private int beingWritten;
    private boolean finished;

    Outbound(int limitBytes) {
        this.limitBytes = limitBytes;
    }

    /// Takes the packet, or answers false when it would pass the limit. Never waits.
    boolean offer(Packet packet) {
        if (finished) {
            return true;
        }
        int needed = gathered + packet.length();
        if (needed + beingWritten > limitBytes) {
            return false;
        }
        if (needed > gathering.length) {
            gathering = Arrays.copyOf(gathering, Math.max(needed, 2 * gathering.length));
        }
        packet.copyTo(gathering, gathered);
        gathered = needed;
        work.fire();
        return true;
    }

    /// Suspends the calling function while the client leaves half of the limit unread. One function only: the
    /// connection's.
    void awaitRoom() {
        while (!finished && gathered + beingWritten > limitBytes / 2) {
            room.await();
        }
    }

    /// Takes nothing more; the writer ends once all is written.
    void finish() {
        finished = true;
        work.fire();
        room.fire();
    }

    boolean isFinished() {
        return finished;
    }

    /// Writes until `finish` was called and all is written, then ends the stream's output. However it ends, nothing
    /// more is taken from then on, and nobody waits for room any longer.
    void writeTo(ByteStream stream) throws IOException {
        try {
            while (gathered > 0 || !finished) {
                if (gathered == 0) {
                    work.await();
                } else {
                    writeBatch(stream);
                }
            }
            stream.shutdownOutput();
        } finally {
            finish();
        }
    }

    private void writeBatch(ByteStream stream) throws IOException {
        byte[] batch = gathering;
        gathering = spare;
        beingWritten = gathered;
        gathered = 0;
        stream.write(ByteBuffer.wrap(batch, 0, beingWritten));
        beingWritten = 0;
        spare = batch.length <= KEPT_BYTES ? batch : NOTHING;
        room.fire();
    }
}
