package dev.rouse.io;

import dev.rouse.actor.Signal;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What a peer has not taken yet: many put frames in, one function writes them to the stream. For broadcasts, where one
/// slow peer must not hold up the others.
///
/// ```java
/// Outbox<String> outbox = Outbox.bounded(256 * 1024, Frames.lines(512, Utf8.STRICT), SlowPeer.DISCONNECT);
/// Task<Void> writer = spawn(() -> outbox.writeTo(stream));
/// outbox.offer("hello");
/// ```
///
/// Bounded in bytes, those that are being written included. While one batch is being written the next one gathers,
/// however many frames that is. Where the queue is full, [#write] suspends and [#offer] does as [SlowPeer] says.
///
/// | state | takes frames | left by |
/// |---|---|---|
/// | open | yes | `finish`, to finished; `close`, a peer given up and a writer that fails or is cancelled, to closed |
/// | finished | no | the writer, which ends when all is written; to closed, as from open |
/// | closed | no, and holds none | never |
///
/// All on one shard, that of the first use; the counters on any thread. Frames go out in the order in which they were
/// taken. What is held counts against [dev.rouse.actor.Limits#bufferedBytesPerConnection] and
/// [dev.rouse.actor.Limits#bufferedBytesPerShard], too: an outbox that may not hold more by these is full.
///
/// @param <T> the frames, which are encoded as soon as they are taken
public final class Outbox<T> implements AutoCloseable {

    /// What became of a frame that was offered.
    public enum Offer {
        /// It is queued, and goes out unless the stream fails.
        ACCEPTED,
        /// The queue is full; the frame was not taken.
        FULL,
        /// The outbox takes nothing any more: it is finished or closed, perhaps just now because the peer is
        /// too slow.
        CLOSED
    }

    /// A function that waits until no more than so many bytes are queued.
    private static final class Drain extends Signal {
        private final int atMostBytes;

        Drain(int atMostBytes) {
            this.atMostBytes = atMostBytes;
        }
    }

    /// What it holds, on the shard of its first use. Of the functions that wait for room the first has its turn
    /// next; there are as many as the shard may have.
    private static final class Ends<T> {
        private final Shard shard;
        private final ArrayDeque<Signal> room = new ArrayDeque<>(0);
        private final ArrayDeque<Drain> drained = new ArrayDeque<>(0);
        private FrameBatch<T> gathering;
        private FrameBatch<T> other;

        Ends(Shard shard, Encoder<? super T> encoder, ConnectionBytes account) {
            this.shard = shard;
            this.gathering = new FrameBatch<>(encoder, account);
            this.other = new FrameBatch<>(encoder, account);
        }

        /// What has gathered; from now on the other one gathers.
        FrameBatch<T> swap() {
            FrameBatch<T> batch = gathering;
            gathering = other;
            other = batch;
            return batch;
        }

        void release() {
            gathering.release();
            other.release();
        }
    }

    private final int limitBytes;
    private final Encoder<? super T> encoder;
    private final SlowPeer slowPeer;
    private final Signal work = new Signal();
    private final Name name;
    private @Nullable Ends<T> ends;
    private @Nullable ByteStream stream;
    private boolean writing;
    private int beingWritten;
    private boolean finished;
    private boolean closed;

    // Written by the shard only.
    private final AtomicLong queued = new AtomicLong();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong written = new AtomicLong();

    private Outbox(int limitBytes, Encoder<? super T> encoder, SlowPeer slowPeer) {
        int frame = FrameBatch.requireMaximum(encoder);
        if (limitBytes < frame || limitBytes > Frames.MAX_BYTES) {
            throw new IllegalArgumentException("outbox limit out of range: bytes=" + limitBytes + ", least=" + frame
                    + ", most=" + Frames.MAX_BYTES + "; it must hold the longest frame of its encoder");
        }
        this.limitBytes = limitBytes;
        this.name = new Name(limitBytes);
        this.encoder = encoder;
        this.slowPeer = Objects.requireNonNull(slowPeer, "slowPeer");
    }

    /// An empty outbox.
    ///
    /// @param limitBytes encoded, at least as many as [Encoder#maxFrameBytes] and at most [Frames#MAX_BYTES]
    /// @throws IllegalArgumentException if it is out of that range
    public static <T> Outbox<T> bounded(int limitBytes, Encoder<? super T> encoder, SlowPeer slowPeer) {
        return new Outbox<>(limitBytes, encoder, slowPeer);
    }

    /// Takes a frame if there is room for it at once. Never waits, and never goes before those who do. A peer that
    /// is [given up][SlowPeer#DISCONNECT] is not told: over TLS it finds its connection cut, as it is.
    ///
    /// @throws FrameTooLongException if it is longer than [Encoder#maxFrameBytes]; nothing of it is queued then
    /// @throws IOException if this is the first use of I/O on the shard and there is no selector to be had for it
    /// @throws ViolationException outside a function, or on another shard than the first time
    public Offer offer(T frame) throws IOException {
        Ends<T> mine = enter();
        if (finished) {
            count(refused, 1);
            return Offer.CLOSED;
        }
        if (mine.room.isEmpty() && hasTaken(frame, mine)) {
            return Offer.ACCEPTED;
        }
        count(refused, 1);
        return switch (slowPeer) {
            case REFUSE -> Offer.FULL;
            case DISCONNECT -> {
                giveUp();
                yield Offer.CLOSED;
            }
        };
    }

    private boolean hasTaken(T frame, Ends<T> mine) throws FrameTooLongException {
        try {
            return take(frame, mine);
        } catch (BufferLimitException _) {
            return false; // counted where it arose
        }
    }

    private boolean take(T frame, Ends<T> mine) throws FrameTooLongException, BufferLimitException {
        int before = mine.gathering.unsentBytes();
        if (!mine.gathering.tryAdd(frame, limitBytes - beingWritten - before)) {
            return false;
        }
        count(accepted, 1);
        count(queued, mine.gathering.unsentBytes() - before);
        work.fire();
        return true;
    }

    /// Takes a frame; suspends while there is no room for it. Those who wait are served in the order in which they
    /// came.
    ///
    /// When it is cancelled, its deadline passes or it throws, the frame was not taken.
    ///
    /// @throws FrameTooLongException if it is longer than [Encoder#maxFrameBytes]
    /// @throws BufferLimitException if the connection or the shard holds as much as it may
    /// @throws ClosedChannelException if the outbox is finished or closed, as [AsynchronousCloseException] if that
    ///     happens while it waits
    /// @throws IOException as [#offer]
    /// @throws ViolationException as [#offer]
    public void write(T frame) throws IOException {
        Ends<T> mine = enter();
        if (finished) {
            throw new ClosedChannelException();
        }
        if (!mine.room.isEmpty() || !take(frame, mine)) {
            awaitRoom(frame, mine);
        }
    }

    private void awaitRoom(T frame, Ends<T> mine) throws IOException {
        Signal turn = new Signal();
        mine.room.addLast(turn);
        try {
            do {
                turn.await();
                if (finished) {
                    throw new AsynchronousCloseException();
                }
            } while (!take(frame, mine));
        } finally {
            mine.room.remove(turn);
            fireFirst(mine.room); // there may be room for the next one, too
        }
    }

    /// Suspends until at most so many bytes are queued, or the outbox takes nothing any more: for whoever has much
    /// to say and lets others have their share. Of several for whom it is little enough the first one goes on, and
    /// the next one when that still holds once the first has suspended or ended its turn.
    ///
    /// @throws IOException as [#offer]
    /// @throws ViolationException as [#offer]
    public void awaitQueued(int atMostBytes) throws IOException {
        Ends<T> mine = enter();
        if (finished || queued.get() <= atMostBytes) {
            return;
        }
        Drain drain = new Drain(atMostBytes);
        mine.drained.addLast(drain);
        try {
            while (!finished && queued.get() > atMostBytes) {
                drain.await();
            }
        } finally {
            mine.drained.remove(drain);
            fireDrained(mine); // the next one sees what this one puts in first
        }
    }

    /// The first of those who wait for no less than this.
    private void fireDrained(Ends<T> mine) {
        for (Drain each : mine.drained) {
            if (queued.get() <= each.atMostBytes) {
                each.fire();
                return;
            }
        }
    }

    /// Takes nothing more; the writer ends once all is written. Idempotent.
    ///
    /// @throws ViolationException on another shard than that of the first use
    public void finish() {
        requireOnShard();
        finished = true;
        work.fire();
        Ends<T> mine = ends;
        if (mine != null) {
            mine.room.forEach(Signal::fire);
            mine.drained.forEach(Signal::fire);
        }
    }

    /// Writes what is put in until the outbox is finished and all is written; suspends while there is nothing to
    /// write and while the peer does not take it. One function only.
    ///
    /// However else it ends, by a failure of the stream, a cancel or a [#close], the outbox and the stream are
    /// closed: a part of a frame may have gone out.
    ///
    /// @throws IOException that of the stream; [ClosedChannelException] if the outbox was closed
    /// @throws ViolationException if another function writes already, outside a function, on a foreign shard
    public void writeTo(ByteStream target) throws IOException {
        Ends<T> mine = enter();
        if (writing) {
            throw Violation.SECOND_WAITER.refused("two functions write at the same time: " + this);
        }
        stream = target;
        name.remote = target.remoteAddress();
        writing = true;
        boolean whole = false;
        try {
            writeAll(mine, target);
            whole = true;
        } finally {
            writing = false;
            if (whole) {
                mine.release();
            } else {
                close();
                target.close(); // if it was closed before it knew of the stream
            }
        }
    }

    private void writeAll(Ends<T> mine, ByteStream target) throws IOException {
        while (true) {
            if (closed) {
                throw new ClosedChannelException();
            }
            if (mine.gathering.unsentBytes() > 0) {
                writeBatch(mine, target);
            } else if (finished) {
                return;
            } else {
                work.await();
            }
        }
    }

    private void writeBatch(Ends<T> mine, ByteStream target) throws IOException {
        FrameBatch<T> batch = mine.swap();
        int size = batch.unsentBytes();
        beingWritten = size;
        batch.writeTo(target);
        beingWritten = 0;
        if (closed) {
            return;
        }
        count(written, size);
        count(queued, -size);
        fireFirst(mine.room);
        fireDrained(mine);
    }

    private static void fireFirst(ArrayDeque<Signal> waiting) {
        Signal first = waiting.peekFirst();
        if (first != null) {
            first.fire();
        }
    }

    /// Drops what is queued and closes the stream, for as long as the stream's `close` takes: that of a [TlsStream]
    /// may suspend. On its shard; from elsewhere close the stream, then the writer does it. Idempotent.
    ///
    /// @throws ViolationException on another shard than that of the first use
    @Override
    public void close() {
        ByteStream target = end();
        if (target != null) {
            target.close();
        }
    }

    /// As [#close], without a wait for a peer that takes nothing: the writer, which waits for that, ends too.
    private void giveUp() {
        ByteStream target = end();
        if (target != null) {
            TlsFarewell.abandon(target);
        }
    }

    /// The stream that is to be closed now; null if it is, or there is none yet.
    private @Nullable ByteStream end() {
        finish();
        if (closed) {
            return null;
        }
        closed = true;
        queued.setOpaque(0);
        if (ends != null) {
            ends.release();
        }
        return stream;
    }

    /// Whether it takes nothing any more.
    ///
    /// @throws ViolationException on another shard than that of the first use
    public boolean isFinished() {
        requireOnShard();
        return finished;
    }

    /// Bytes that were taken and are not known to be written. Any thread.
    public long queuedBytes() {
        return queued.getOpaque();
    }

    /// The most bytes that are queued.
    public int limitBytes() {
        return limitBytes;
    }

    /// Frames that were taken. Any thread.
    public long acceptedFrames() {
        return accepted.getOpaque();
    }

    /// Frames that were offered and not taken. Any thread.
    public long refusedFrames() {
        return refused.getOpaque();
    }

    /// Bytes that the stream has taken. Any thread.
    public long writtenBytes() {
        return written.getOpaque();
    }

    private static void count(AtomicLong counter, long more) {
        counter.setOpaque(counter.getPlain() + more);
    }

    private Ends<T> enter() throws IOException {
        Shard here = Shard.current();
        if (here == null) {
            throw Violation.OUTSIDE_FUNCTION.refused("outbox used outside a function: " + this);
        }
        requireOnShard();
        Ends<T> mine = ends;
        if (mine == null) {
            mine = new Ends<>(here, encoder, BufferedBytes.ofCurrentShard().open(this, name));
            ends = mine;
        }
        return mine;
    }

    private void requireOnShard() {
        Ends<T> mine = ends;
        if (mine != null && !mine.shard.isCurrent()) {
            Shard here = Shard.current();
            throw Violation.FOREIGN_TOUCH.refused("outbox used on another shard: " + this + ", owner="
                    + mine.shard.index() + ", current=" + (here == null ? "none" : here.index()));
        }
    }

    /// Its limit and, once it is written, the address of its peer.
    @Override
    public String toString() {
        return name.toString();
    }

    /// How it is called in messages, without holding it. Shard only, once it is written.
    private static final class Name {
        private final int limitBytes;
        private @Nullable SocketAddress remote;

        Name(int limitBytes) {
            this.limitBytes = limitBytes;
        }

        @Override
        public String toString() {
            return new PeerName("outbox, limit=" + limitBytes, remote).toString();
        }
    }
}
