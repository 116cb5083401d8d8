package dev.rouse.io;

import dev.rouse.actor.Limits;
import dev.rouse.actor.Violation;
import dev.rouse.actor.ViolationException;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Turn;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Frames both ways over a [ByteStream]: a function reads whole frames and writes whole frames, however the bytes
/// travel.
///
/// ```java
/// try (Framed<String, String> lines = Framed.over(stream, Frames.lines(8 * 1024, Utf8.STRICT))) {
///     for (String line = lines.read(); line != null; line = lines.read()) {
///         lines.write(line.toUpperCase(Locale.ROOT));
///     }
/// }
/// ```
///
/// It has the rules of its stream: one function reads and one writes at a time, all on one shard, [#close] on any
/// thread. From its first use on, the stream is read, written and closed through it only.
///
/// | call | suspends | what a cancel or a deadline leaves | limit |
/// |---|---|---|---|
/// | [#read] | until a frame is whole | what has come: for the next | [Decoder#maxFrameBytes] |
/// | [#write] | while the peer does not take it | the frame: the next call sends it first | [Encoder#maxFrameBytes] |
/// | [#append] | as `flush`, when 16 KiB have gathered | as `flush`; its frame is not taken | 16 KiB, or one frame |
/// | [#flush] | while the peer does not take it | what is unsent: the next call goes on with it | |
/// | [#close] | as that of its stream: see [TlsStream#close] | | |
///
/// Errors: a [FrameException] where what was read is no frame, a [FrameTooLongException] where what is to be written is
/// too long, and those of the stream.
/// Besides the errors named there: [ClosedChannelException] after `close`, as [AsynchronousCloseException] in a
/// function that was suspended then; [ViolationException] for a second reader or writer, outside a function, and on a
/// foreign shard; [FramingBrokenException] for each read after a [FrameException] or an exception of the decoder, and
/// each write after an [IOException] of the stream, unless that was a [SocketTimeoutException], which leaves what a
/// cancel leaves, or a [BufferLimitException]. A reader that is broken leaves the writer alone, so that the peer can be
/// told.
///
/// While it waits for a frame of which nothing has come, it holds no buffer but a small one for the next write. What it
/// holds of frames that are not whole or have not gone out, until it is closed or finds its stream closed, counts
/// against [Limits#bufferedBytesPerConnection] and [Limits#bufferedBytesPerShard]: past these a call throws a
/// [BufferLimitException], has lost nothing and taken no frame, and can be made again. So it is where the stream below
/// has no room, save for a `write` of which it has taken a part already: see there.
public final class Framed<I, O> implements AutoCloseable {

    /// Appended frames are written when so much has gathered: as much as a stream lends to be read. A guess.
    static final int BATCH_BYTES = 16 * 1024;

    /// Frames that are read between two looks at whether the same turn still goes on. Few enough to hold up others
    /// for a millisecond or so, and so many that what it costs vanishes among them. A guess.
    static final int BURST_FRAMES = 1024;

    /// What it holds, on the shard of its first use.
    private record Ends<I, O>(Shard shard, FrameReader<I> reader, FrameBatch<O> batch) {

        /// On the shard.
        void release() {
            reader.release();
            batch.release();
        }
    }

    private final ByteStream stream;
    private final Decoder<? extends I> decoder;
    private final Encoder<? super O> encoder;

    /// Null before the first use. The user writes it, then reads `closed`; who closes writes that, then reads this:
    /// one of the two sees the other, so that what is held is let go in any case.
    private volatile @Nullable Ends<I, O> ends;

    /// The frame that was read last, if it is lent.
    private @Nullable ByteBuffer lent;

    /// Who has read it: only that one may find it ended by a `close`, others must not disturb it.
    private @Nullable Turn borrower;

    /// Whether the reader may still look at what the stream has lent, and the number of that loan.
    private boolean hasLoan;

    private int loanNumber;

    /// Frames that were read since the last look, and the [progress][Shard#progress] of the shard then.
    private int burst;

    private long progress;

    private boolean reading;
    private boolean writing;
    private boolean ended;
    private @Nullable IOException writeFailure;
    private long acceptedFrames;

    /// Set by any thread; read by the owner, before it decodes what was lent and may be lent to others by now. See
    /// `ends`.
    private volatile boolean closed;

    private Framed(ByteStream stream, Decoder<? extends I> decoder, Encoder<? super O> encoder) {
        FrameReader.requireMaximum(decoder);
        FrameBatch.requireMaximum(encoder);
        this.stream = Objects.requireNonNull(stream, "stream");
        this.decoder = decoder;
        this.encoder = encoder;
    }

    /// Frames of one kind both ways.
    public static <T> Framed<T, T> over(ByteStream stream, Codec<T> codec) {
        return new Framed<>(stream, codec, codec);
    }

    /// Frames of one kind to be read, of another to be written.
    public static <I, O> Framed<I, O> over(
            ByteStream stream, Decoder<? extends I> decoder, Encoder<? super O> encoder) {
        return new Framed<>(stream, decoder, encoder);
    }

    /// Reads the next frame; suspends until there is all of it. Frames that came together cost one read of the
    /// stream. Who reads a thousand or two without ever having to wait is suspended, too, until what else is ready
    /// on the shard has had its turn.
    ///
    /// A frame that is a [ByteBuffer] is **lent** until the next `read` or [#close]: copy what is needed longer. It
    /// is seen empty after that, so that a late `get` throws; a duplicate or slice of it is not, and shows bytes of
    /// others.
    ///
    /// @return null at the end of the stream, and from then on
    /// @throws FrameException if what has come is no frame, or the stream ends inside one
    /// @throws IllegalStateException if a [TcpStream] or [TlsStream] was read past it meanwhile: this call, and
    ///     each one after it
    /// @throws IOException see the class
    public @Nullable I read() throws IOException {
        Ends<I, O> mine = enter();
        if (reading) {
            throw inUse("read");
        }
        endLoan();
        reading = true;
        try {
            burst++;
            if (burst >= BURST_FRAMES) {
                letOthersGoFirst(mine.shard());
            }
            return nextFrame(mine.reader());
        } finally {
            reading = false;
        }
    }

    /// A peer with a full backlog of empty lines would have the shard for itself otherwise: the poller bounds the
    /// reads of a pass, and one read may bring as many frames as it brings bytes. Where any other turn has run
    /// since the last look there is nothing to do: that is how it mostly is.
    ///
    /// Before a frame is taken, so that a cancel here loses none. What is lent by the stream stays where it is;
    /// whether it may be looked at still is asked afterwards.
    private void letOthersGoFirst(Shard here) throws AsynchronousCloseException {
        burst = 0;
        if (here.progress() == progress) {
            Pace.rest();
            if (closed) { // and what was held is gone
                throw new AsynchronousCloseException();
            }
        }
        progress = here.progress();
    }

    private @Nullable I nextFrame(FrameReader<I> reader) throws IOException {
        requireLoan(reader);
        while (!ended) {
            I frame = reader.next();
            if (frame != null) {
                return lend(frame);
            }
            reader.hold();
            hasLoan = false;
            ByteBuffer segment = readStream(reader);
            if (closed) { // and what was held is gone
                throw new AsynchronousCloseException();
            }
            if (segment == null) {
                ended = true;
                return lastFrame(reader);
            }
            reader.feed(segment);
            hasLoan = true;
            loanNumber = numberOf(stream);
        }
        reader.finish();
        return reader.next();
    }

    /// Whoever reads the stream past this ends the loan, and the buffer may be another stream's by now. A stream of
    /// the program's own cannot be asked.
    private void requireLoan(FrameReader<I> reader) throws ClosedChannelException {
        if (!hasLoan) {
            return;
        }
        int now = numberOf(stream);
        if (now == TcpStream.CLOSED) {
            reader.release();
            throw new ClosedChannelException();
        }
        if (now != loanNumber) {
            throw new IllegalStateException("a framed stream was read past: " + this
                    + ", what it had of the next frames is gone; from its first read on, read through it only");
        }
    }

    private static int numberOf(ByteStream stream) {
        if (stream instanceof TcpStream tcp) {
            return tcp.loanNumber();
        }
        return stream instanceof TlsStream tls ? tls.loanNumber() : 0;
    }

    /// Where the stream is closed, nobody will make a frame of what is held.
    private @Nullable ByteBuffer readStream(FrameReader<I> reader) throws IOException {
        try {
            return stream.read();
        } catch (ClosedChannelException e) {
            reader.release();
            throw e;
        }
    }

    private @Nullable I lastFrame(FrameReader<I> reader) throws IOException {
        I frame = reader.end();
        if (frame == null) {
            reader.finish();
            return null;
        }
        return lend(frame);
    }

    private I lend(I frame) {
        if (frame instanceof ByteBuffer buffer) {
            lent = buffer;
            borrower = currentTurn();
        }
        return frame;
    }

    private void endLoan() {
        ByteBuffer buffer = lent;
        if (buffer != null) {
            lent = null;
            borrower = null;
            buffer.clear().limit(0);
        }
    }

    /// Null between turns.
    private static @Nullable Turn currentTurn() {
        Driver driver = Driver.current();
        return driver == null ? null : driver.turn();
    }

    /// Writes a frame, after all that was appended; suspends while the peer does not take it.
    ///
    /// A cancelled write, or one whose deadline or [timeout][TcpOptions.Timeouts] passes, has taken its frame, and
    /// all of it goes out, first of all, with the next `write`, `append` that writes, or `flush`: do not write it
    /// again. The one exception: if bytes of such an earlier write had still to go out ([#unsentBytes]) and this
    /// one was cancelled before they had, its frame was not taken. [#acceptedFrames] tells the two apart; where
    /// `flush` is called until it returns after each cancelled write, there is nothing to tell.
    ///
    /// @throws BufferLimitException if there is no room for the frame here or in the stream below; it was not taken
    ///     then. The one exception: a frame of several records of TLS, of which the first have gone out, stays
    ///     taken, as one of a cancelled write, and [#acceptedFrames] counts it
    /// @throws FrameTooLongException if it is longer than [Encoder#maxFrameBytes]; nothing of it is written then,
    ///     and the stream can be used as before
    /// @throws IOException see the class
    public void write(O frame) throws IOException {
        FrameBatch<O> batch = enterToWrite();
        try {
            take(frame, batch);
            writeTaken(batch);
        } finally {
            writing = false;
        }
    }

    /// Whoever finds no room makes the call again, so that the frame must not be there already.
    private void writeTaken(FrameBatch<O> batch) throws IOException {
        try {
            writeBatch(batch);
        } catch (BufferLimitException e) {
            if (batch.tryTakeBack()) {
                acceptedFrames--;
            }
            throw e;
        }
    }

    /// Takes a frame and writes it later, together with others: when 16 KiB have gathered, or with the next `write`
    /// or [#flush]. Suspends only when it has to write before it can take the frame; when it is cancelled then, the
    /// frame is not taken.
    ///
    /// @throws FrameTooLongException as [#write]
    /// @throws IOException see the class
    public void append(O frame) throws IOException {
        FrameBatch<O> batch = enterToWrite();
        try {
            take(frame, batch);
        } finally {
            writing = false;
        }
    }

    /// Writes what was appended, and what cancelled writes have left; suspends while the peer does not take it.
    ///
    /// @throws IOException see the class
    public void flush() throws IOException {
        FrameBatch<O> batch = enterToWrite();
        try {
            writeBatch(batch);
        } finally {
            writing = false;
        }
    }

    private void take(O frame, FrameBatch<O> batch) throws IOException {
        if (!batch.tryAdd(frame, BATCH_BYTES - batch.unsentBytes())) {
            writeBatch(batch);
            if (closed) { // after all had gone out: nobody would let go what is taken now
                throw new AsynchronousCloseException();
            }
            batch.tryAdd(frame, Integer.MAX_VALUE);
        }
        acceptedFrames++;
    }

    private void writeBatch(FrameBatch<O> batch) throws IOException {
        try {
            batch.writeTo(stream);
        } catch (BufferLimitException | SocketTimeoutException e) {
            throw e; // of a stream that goes on: what it has not taken is still there, for the next call
        } catch (IOException e) {
            if (!(e instanceof ClosedChannelException)) {
                writeFailure = e;
            }
            batch.release();
            throw e;
        }
    }

    /// Bytes that were taken and have not gone out: appended, or left by a cancelled write.
    public int unsentBytes() {
        Ends<I, O> mine = ends;
        return mine == null ? 0 : mine.batch().unsentBytes();
    }

    /// How many frames were taken by [#write] and [#append].
    public long acceptedFrames() {
        return acceptedFrames;
    }

    /// Writes what is unsent, then tells the peer that nothing more will be written. Reading goes on.
    ///
    /// @throws IOException see the class
    public void shutdownOutput() throws IOException {
        flush();
        stream.shutdownOutput();
    }

    private FrameBatch<O> enterToWrite() throws IOException {
        FrameBatch<O> batch = enter().batch();
        if (writing) {
            throw inUse("write");
        }
        IOException cause = writeFailure;
        if (cause != null) {
            throw new FramingBrokenException("write", cause);
        }
        writing = true;
        return batch;
    }

    /// @throws ClosedChannelException after [#close]
    /// @throws ViolationException outside a function, or on another shard than the first time
    private Ends<I, O> enter() throws IOException {
        Shard here = Shard.current();
        if (here == null) {
            throw Violation.OUTSIDE_FUNCTION.refused("framed stream used outside a function: " + this);
        }
        Ends<I, O> mine = ends;
        if (mine == null) {
            mine = bind(here);
        }
        if (mine.shard() != here) {
            throw Violation.FOREIGN_TOUCH.refused("framed stream used on another shard: " + this + ", owner="
                    + mine.shard().index() + ", current=" + here.index()
                    + "; it stays on the shard of the function that used it first");
        }
        if (closed) {
            mine.release();
            throw new ClosedChannelException();
        }
        return mine;
    }

    private Ends<I, O> bind(Shard here) throws IOException {
        ConnectionBytes account = BufferedBytes.ofCurrentShard().open(this, name());
        Ends<I, O> mine = new Ends<>(here, new FrameReader<>(decoder, account), new FrameBatch<>(encoder, account));
        ends = mine;
        return mine;
    }

    private ViolationException inUse(String verb) {
        return Violation.SECOND_WAITER.refused("two functions " + verb + " at the same time: " + this);
    }

    /// Its kind and the address of its peer.
    @Override
    public String toString() {
        return name().toString();
    }

    private PeerName name() {
        return PeerName.of("framed stream", stream);
    }

    /// Closes the stream. What was appended and not flushed is dropped. Safe at any moment, on any thread; see
    /// [ByteStream#close]. Idempotent.
    @Override
    public void close() {
        boolean first = !closed;
        closed = true;
        Ends<I, O> mine = ends;
        if (first && mine != null) {
            release(mine);
        }
        stream.close();
    }

    private void release(Ends<I, O> mine) {
        if (!mine.shard().isCurrent()) {
            mine.shard().submit(new Release(mine));
            return;
        }
        if (Objects.equals(borrower, currentTurn())) {
            endLoan();
        }
        mine.release();
    }

    /// Lets go what is held, on the shard that holds it.
    private static final class Release extends Command {
        private final Ends<?, ?> ends;

        Release(Ends<?, ?> ends) {
            this.ends = ends;
        }

        @Override
        protected void execute() {
            ends.release();
        }

        @Override
        protected void refused() {
            // The shard has ended, and its account with it.
        }
    }
}
