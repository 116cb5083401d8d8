package dev.rouse.io;

import dev.rouse.actor.ViolationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;

/// One connection over TCP or a Unix domain socket, read and written by functions in direct style: a call that would
/// block suspends the function and the shard goes on.
///
/// A stream belongs to the shard of the function that first reads, writes or shuts it down; one that was connected, to
/// the shard of the function that connected it. One function reads and one writes at a time, they need not be the same.
/// [#close] may be called on any thread.
///
/// A function that is cancelled while it waits here loses no byte: what had arrived is returned and the cancellation is
/// seen at the next suspension, what arrives later is for the next read, and a write's buffer says by its position how
/// much has gone out. So it is with a deadline, and with the [timeouts][TcpOptions.Timeouts] of the options: those end
/// a call in a [java.net.SocketTimeoutException].
///
/// Close it on every path. One that was forgotten, so that nobody holds it any more, is closed when the garbage
/// collector finds it, and reported as [dev.rouse.actor.Violation#SOCKET_LEAKED] with the place that opened it.
///
/// A read into a lent buffer or a direct one, and a write of direct ones, allocate nothing, nor does the wait for them.
///
/// Errors: [ClosedChannelException] after `close`, as [AsynchronousCloseException] in a function that was suspended
/// then; a [java.net.SocketException] naming both addresses if the peer has reset the connection; another
/// [IOException] if this is the first socket of its shard and the process has no descriptor left for a selector;
/// [ViolationException] for a second reader or writer, outside a function, and on a foreign shard.
public final class TcpStream implements ByteStream {

    /// The [#loanNumber] of a stream that lends nothing any more.
    static final int CLOSED = -1;

    private final SocketChannel channel;
    private final Endpoint endpoint;
    private final Operation.Read read;

    /// When bytes last moved; null without timeouts.
    private final WaitLimit.@Nullable Activity activity;

    /// Made by the first write of one buffer: there may be many streams that only read.
    private Output.@Nullable Write write;

    /// The last output that was no plain write of one buffer: at most one of the two is in use.
    private @Nullable Operation otherOutput;

    /// Lent by [#read()] or held by the input stream.
    private final Loan loan = new Loan();

    /// How many loans have ended; see [#loanNumber].
    private int loansEnded;

    private boolean endOfInput;

    private TcpStream(
            SocketChannel channel,
            Origin origin,
            @Nullable SocketAddress local,
            SocketAddress remote,
            TcpOptions.Timeouts timeouts) {
        this.channel = channel;
        this.endpoint = new Endpoint(this, channel, origin, loan, local, remote);
        this.read = new Operation.Read(channel);
        this.activity = timeouts.equals(TcpOptions.Timeouts.NONE) ? null : new WaitLimit.Activity(timeouts);
        if (activity != null) {
            WaitLimit.limit(read, "readTimeout", timeouts.read(), timeouts.idle(), activity);
        }
    }

    private void limitOutput(Operation op) {
        if (activity != null) {
            TcpOptions.Timeouts timeouts = activity.timeouts();
            WaitLimit.limit(op, "writeTimeout", timeouts.write(), timeouts.idle(), activity);
        }
    }

    /// Connects with [TcpOptions#defaults].
    ///
    /// @throws IOException see [#connect(SocketAddress, TcpOptions)]
    public static TcpStream connect(SocketAddress address) throws IOException {
        return connect(address, TcpOptions.defaults());
    }

    /// Suspends until the peer has taken the connection. It waits as long as the system does, which may be minutes:
    /// use it in a `withTimeout`.
    ///
    /// Over a Unix domain socket it never waits: where the listener's backlog is full the connection is refused.
    ///
    /// @throws java.net.UnknownHostException if the address is not resolved
    /// @throws java.net.ConnectException if nobody listens there or the peer cannot be reached
    /// @throws ConnectionLimitException if the shard has as many connections as it may
    /// @throws ViolationException outside a function
    public static TcpStream connect(SocketAddress address, TcpOptions options) throws IOException {
        return Connecting.to(address, options);
    }

    /// Connects to the first of several addresses, of one service, that takes the connection: one after the other,
    /// in their order, each for [TcpOptions.Timeouts#connect]; use it in a `withTimeout` to bound them all. Nothing
    /// of those that failed stays open.
    ///
    /// @throws IllegalArgumentException if there is none, or more than 16
    /// @throws java.net.ConnectException if none does; the message has a line for each, with its cause. Where there
    ///     is only one address, what that has failed with
    /// @throws ConnectionLimitException if the shard has as many connections as it may
    /// @throws ViolationException outside a function
    public static TcpStream connect(List<? extends SocketAddress> addresses, TcpOptions options) throws IOException {
        return Connecting.toAny(addresses, options);
    }

    /// Looks up a name and connects to the first of its addresses, of 16 at most, that takes the connection: see
    /// [#connect(List, TcpOptions)]. The look-up suspends the function and runs on a thread of its own; a few run
    /// at a time, and some hundred wait. The system bounds its time, mostly some 10 s: use it in a `withTimeout`.
    /// When that or a cancellation ends it, nothing of it stays, save the thread until the system has answered.
    ///
    /// @throws IllegalArgumentException if the port is not 0 to 65,535
    /// @throws java.net.UnknownHostException if the name is blank, there is no such name, or it cannot be looked up
    /// @throws NameLimitException if too many look-ups wait already
    /// @throws IOException as [#connect(List, TcpOptions)]
    /// @throws ViolationException outside a function
    public static TcpStream connect(String host, int port, TcpOptions options) throws IOException {
        return Connecting.toName(Names.MACHINE, host, port, options);
    }

    /// Connects with [TcpOptions#defaults].
    ///
    /// @throws IOException see [#connect(String, int, TcpOptions)]
    public static TcpStream connect(String host, int port) throws IOException {
        return connect(host, port, TcpOptions.defaults());
    }

    /// Connects a channel that is set up, and counts it among the connections of the shard. Closes it if it throws.
    static TcpStream connecting(SocketChannel channel, Origin origin, SocketAddress address, TcpOptions options)
            throws IOException {
        TcpOptions.Timeouts timeouts = options.timeouts();
        TcpStream stream = new TcpStream(channel, origin, null, address, timeouts);
        stream.endpoint.countAs(new Place());
        boolean connected = false;
        try {
            stream.connect(new Operation.Connect(channel, address), timeouts);
            connected = true;
            return stream;
        } finally {
            if (!connected) {
                stream.close();
            }
        }
    }

    private void connect(Operation connect, TcpOptions.Timeouts timeouts) throws IOException {
        WaitLimit.limit(connect, "connectTimeout", timeouts.connect(), Duration.ZERO, new WaitLimit.Activity(timeouts));
        endpoint.perform(this, endpoint.enter(), connect);
        endpoint.connectedFrom(channel.getLocalAddress());
    }

    /// A stream for a channel that a listener has accepted, among the `unused` until its first use. Closes the
    /// channel, and gives its place back, if it throws.
    ///
    /// @param options as they apply to what a listener accepts
    static TcpStream accepted(
            SocketChannel channel, Origin origin, TcpOptions options, Set<Endpoint> unused, Place place)
            throws IOException {
        try {
            SocketSetup.stream(channel, options);
            SocketAddress local = channel.getLocalAddress();
            SocketAddress remote = channel.getRemoteAddress();
            TcpStream stream = new TcpStream(channel, origin, local, remote, options.timeouts());
            stream.endpoint.countAs(place);
            stream.endpoint.awaitUse(unused);
            return stream;
        } catch (IOException | RuntimeException | Error e) {
            Failures.close(channel, e);
            place.end();
            throw e;
        }
    }

    /// Reads what has come, at least one byte, into a buffer that the shard lends; suspends until there is some.
    ///
    /// The loan ends at the next read of this stream (of any kind) or its `close`: copy what is needed longer. It
    /// ends before that read waits, so a function that waits for input holds no buffer. A buffer used after its
    /// loan is seen empty at best and with another stream's bytes at worst. Bytes that the [#inputStream] has
    /// fetched but not handed out come first.
    ///
    /// @return a buffer from its position to its limit, 16 KiB at most; null at the end of the stream, and from
    ///     then on
    /// @throws IOException see the class
    @Override
    public @Nullable ByteBuffer read() throws IOException {
        ByteBuffer buffer = unreadLoan();
        if (buffer == null) {
            buffer = borrow();
        }
        loan.handOut();
        return buffer;
    }

    /// Reads what has come, at least one byte, into the caller's buffer; suspends until there is some.
    ///
    /// A direct buffer saves a copy. While the function is suspended the buffer must not be touched.
    ///
    /// @return the number of bytes, -1 at the end of the stream, 0 only if the buffer has no room
    /// @throws IOException see the class
    @Override
    public int read(ByteBuffer dst) throws IOException {
        ByteBuffer fetched = unreadLoan();
        if (fetched != null) {
            return moveUnread(fetched, dst);
        }
        Registration here = enterToRead();
        if (!dst.hasRemaining()) {
            return 0;
        }
        if (endOfInput) {
            return -1;
        }
        try {
            endpoint.perform(this, here, read.into(dst));
        } finally {
            read.into(null);
        }
        return endOfInput(read.count()) ? -1 : read.count();
    }

    private int moveUnread(ByteBuffer from, ByteBuffer to) {
        int count = move(from, to);
        endLoanIfTaken(from);
        return count;
    }

    /// The next read may not be soon.
    private void endLoanIfTaken(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            endLoan();
        }
    }

    private static int move(ByteBuffer from, ByteBuffer to) {
        int count = Math.min(from.remaining(), to.remaining());
        to.put(to.position(), from, from.position(), count);
        from.position(from.position() + count);
        to.position(to.position() + count);
        return count;
    }

    /// The loan as long as the input stream has bytes in it.
    private @Nullable ByteBuffer unreadLoan() throws IOException {
        ByteBuffer bytes = loan.unread();
        if (bytes != null) {
            endpoint.enter();
            requireNoTransfer();
        }
        return bytes;
    }

    private @Nullable ByteBuffer borrow() throws IOException {
        Registration here = enterToRead();
        if (endOfInput) {
            return null;
        }
        endpoint.perform(this, here, read);
        if (endOfInput(read.count())) {
            return null;
        }
        ByteBuffer buffer = read.takeLent();
        if (endpoint.isClosed()) {
            here.abandon(buffer);
        } else {
            loan.begin(buffer);
        }
        return buffer;
    }

    /// What every read does first: after it, no loan is out.
    private Registration enterToRead() throws IOException {
        Registration here = endpoint.enter();
        endpoint.requireIdle(read);
        requireNoTransfer();
        loan.end(here);
        loansEnded = (loansEnded + 1) & Integer.MAX_VALUE;
        return here;
    }

    /// By which a layer that keeps what it was lent knows that it still has it: another one after each read, and
    /// [#CLOSED] after the close.
    int loanNumber() {
        return endpoint.isClosed() ? CLOSED : loansEnded;
    }

    /// Ends the loan before the next read does, of whoever needs it no longer. In a turn of the reader.
    void endLoan() {
        try {
            loan.end(endpoint.enter());
            loansEnded = (loansEnded + 1) & Integer.MAX_VALUE;
        } catch (IOException _) {
            // closed: its shard has ended the loan, or does when it closes the channel
        }
    }

    private void requireNoTransfer() {
        if (loan.isTransferring()) {
            throw endpoint.inUse(read);
        }
    }

    private boolean endOfInput(int count) {
        endOfInput = count < 0;
        return endOfInput;
    }

    /// Writes all that remains in a buffer; suspends while the peer does not take it. The buffer must not be
    /// touched meanwhile. When it throws, the buffer's position says how much has gone out.
    ///
    /// @throws ClosedChannelException also after [#shutdownOutput]
    /// @throws IOException see the class
    @Override
    public void write(ByteBuffer src) throws IOException {
        Registration here = enterToWrite();
        if (!src.hasRemaining()) {
            return;
        }
        Output.Write op = writing().from(src);
        try {
            endpoint.perform(this, here, op);
        } finally {
            op.forgetSource();
        }
    }

    private Registration enterToWrite() throws IOException {
        Registration here = endpoint.enter();
        requireIdle(write);
        requireIdle(otherOutput);
        return here;
    }

    private void requireIdle(@Nullable Operation output) {
        if (output != null) {
            endpoint.requireIdle(output);
        }
    }

    /// Writes all that remains in several buffers, in their order, and small ones together with one system call;
    /// suspends while the peer does not take it. Neither the buffers, of which none may be there twice, nor the
    /// array must be touched meanwhile. When it throws, each buffer's position says how much of it has gone out.
    ///
    /// @throws ClosedChannelException also after [#shutdownOutput]
    /// @throws IOException see the class
    @Override
    public void write(ByteBuffer... srcs) throws IOException {
        Registration here = enterToWrite();
        boolean any = false;
        for (ByteBuffer each : srcs) {
            any |= each.hasRemaining();
        }
        if (!any) {
            return;
        }
        Output.Gather op = gathering().from(srcs);
        try {
            endpoint.perform(this, here, op);
        } finally {
            op.forgetSources();
        }
    }

    private Output.Write writing() {
        Output.Write op = write;
        if (op == null) {
            op = new Output.Write(channel);
            limitOutput(op);
            write = op;
        }
        return op;
    }

    private Output.Gather gathering() {
        if (otherOutput instanceof Output.Gather used) {
            return used;
        }
        Output.Gather op = new Output.Gather(channel);
        limitOutput(op);
        otherOutput = op;
        return op;
    }

    /// Writes bytes of a file, from its position on, so many or until the file ends; suspends while the peer does
    /// not take them. Where the system can, they do not pass through the memory of the process. When it throws,
    /// whyever, the file's position says how much has gone out. Nobody else must use the file meanwhile; a function
    /// that is interrupted meanwhile loses it, as the JDK closes it then.
    ///
    /// What the system has not in memory it reads from the disk, 128 KiB at a time at most, and the shard stands
    /// still for that: on a slow disk, read the file on a thread outside of shards.
    ///
    /// @return the number of bytes written: `count`, or less if the file ends before
    /// @throws IllegalArgumentException if `count` is negative
    /// @throws FileClosedException if the file is closed, before or meanwhile; it says how much has gone out
    /// @throws NonReadableChannelException if the file was not opened to be read
    /// @throws ClosedChannelException also after [#shutdownOutput]
    /// @throws IOException see the class; also if the file cannot be read
    public long transferFrom(FileChannel file, long count) throws IOException {
        Registration here = enterToWrite();
        if (count < 0) {
            throw new IllegalArgumentException("cannot write: count=" + count + ", least=0");
        }
        Output.SendFile op = new Output.SendFile(channel, file, positionOf(file, count), count);
        limitOutput(op);
        otherOutput = op;
        try {
            endpoint.perform(this, here, op);
        } finally {
            otherOutput = null;
            op.moveFile();
        }
        return op.sent();
    }

    private long positionOf(FileChannel file, long count) throws IOException {
        try {
            return file.position();
        } catch (ClosedChannelException e) {
            throw new FileClosedException(endpoint.subject(), 0, count, e);
        }
    }

    /// Writes all that comes, until the end of this stream, to another; suspends while there is nothing to read or
    /// the other takes nothing. That one is left open, and its output too. When it throws, whyever, what was read
    /// and has not been taken by the other is for the next read of this one: no byte is lost or doubled, as long as
    /// a failed write of the other says by its buffer's position what it has taken.
    ///
    /// @return the number of bytes written
    /// @throws IOException what reading or writing throws
    public long transferTo(ByteStream target) throws IOException {
        long total = 0;
        for (ByteBuffer bytes = fetch(); bytes != null; bytes = fetch()) {
            int count = bytes.remaining();
            loan.beginTransfer();
            try {
                target.write(bytes);
            } finally {
                loan.endTransfer();
            }
            total += count;
        }
        return total;
    }

    /// The loan, with bytes in it that the next read starts with unless they are taken out of it.
    private @Nullable ByteBuffer fetch() throws IOException {
        ByteBuffer bytes = unreadLoan();
        if (bytes == null) {
            bytes = borrow();
            loan.keepUnread();
        }
        return bytes;
    }

    /// Reads nothing more: what has come and was not read is discarded, and so is what comes later. Each read
    /// returns the end of the stream from now on. A TCP peer is not told, and is held up when the system has no
    /// more room; one of a Unix domain socket cannot write any more. Writing goes on. Ends the loan. Idempotent.
    ///
    /// @throws ClosedChannelException after [#close]
    /// @throws IOException if the connection is gone
    /// @throws ViolationException while a function reads
    public void shutdownInput() throws IOException {
        enterToRead();
        endOfInput = true;
        try {
            channel.shutdownInput();
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw endpoint.cannotShutDown("input", e);
        } finally {
            Reference.reachabilityFence(this); // not closed as dropped meanwhile
        }
    }

    /// Tells the peer that nothing more will be written: it reads the end of the stream. Reading goes on.
    /// Idempotent.
    ///
    /// @throws IOException if the connection is gone
    /// @throws ViolationException while a function writes
    @Override
    public void shutdownOutput() throws IOException {
        enterToWrite();
        try {
            channel.shutdownOutput();
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw endpoint.cannotShutDown("output", e);
        } finally {
            Reference.reachabilityFence(this); // not closed as dropped meanwhile
        }
    }

    /// Closes the stream. Safe at any moment, on any thread: on the stream's shard it is done on return, from
    /// elsewhere the shard is told and does it within its current turn. Suspended calls end with an
    /// [AsynchronousCloseException]. What was written before is still sent, unless bytes the peer has sent are
    /// unread: then the system resets the connection. Idempotent.
    @Override
    public void close() {
        endpoint.close();
    }

    /// Also after [#close]. That of a stream connected over a Unix domain socket has an empty path.
    @Override
    public SocketAddress localAddress() {
        return endpoint.local();
    }

    /// Also after [#close]. That of a stream accepted over a Unix domain socket has mostly an empty path: see
    /// [#peerCredentials].
    @Override
    public SocketAddress remoteAddress() {
        return endpoint.remote();
    }

    /// The user and the group that the peer had when it connected or began to listen, as the system says. Any
    /// thread.
    ///
    /// @throws UnsupportedOperationException if it is not a Unix domain socket, or the system cannot say
    /// @throws ClosedChannelException after [#close]
    /// @throws IOException if the system fails to say
    public UnixDomainPrincipal peerCredentials() throws IOException {
        if (!channel.supportedOptions().contains(ExtendedSocketOptions.SO_PEERCRED)) {
            throw new UnsupportedOperationException("the system does not know the user of this peer: remote="
                    + Failures.text(remoteAddress()) + "; only that of a Unix domain socket is known");
        }
        try {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        } finally {
            Reference.reachabilityFence(this); // not closed as dropped meanwhile
        }
    }

    /// What an option is at the moment: the system may have made something else of what was asked for. Any thread.
    ///
    /// @throws UnsupportedOperationException if the socket has no such option
    /// @throws ClosedChannelException after [#close]
    public <T> T option(SocketOption<T> name) throws IOException {
        try {
            return channel.getOption(name);
        } finally {
            Reference.reachabilityFence(this); // not closed as dropped meanwhile
        }
    }

    /// A view for code that reads an [InputStream]: the same rules, errors and end of stream. It holds a lent
    /// buffer only while it has bytes that were not handed out. Its `close` closes the stream.
    @Override
    public InputStream inputStream() {
        return new Input();
    }

    /// A view for code that writes an [OutputStream]: the same rules and errors. It does not gather: wrap it in a
    /// [java.io.BufferedOutputStream] where small pieces are written. Its `close` closes the stream.
    @Override
    public OutputStream outputStream() {
        return new StreamOutput(this);
    }

    private final class Input extends InputStream {

        @Override
        public int read() throws IOException {
            ByteBuffer bytes = fetch();
            if (bytes == null) {
                return -1;
            }
            int value = bytes.get() & 0xFF;
            endLoanIfTaken(bytes);
            return value;
        }

        @Override
        public int read(byte[] dst, int offset, int length) throws IOException {
            ByteBuffer room = ByteBuffer.wrap(dst, offset, length);
            if (length == 0) {
                return 0;
            }
            ByteBuffer bytes = fetch();
            return bytes == null ? -1 : moveUnread(bytes, room);
        }

        @Override
        public int available() {
            ByteBuffer bytes = loan.unread();
            return bytes == null ? 0 : bytes.remaining();
        }

        @Override
        public void close() {
            TcpStream.this.close();
        }
    }
}
