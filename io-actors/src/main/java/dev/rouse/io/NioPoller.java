package dev.rouse.io;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;

import dev.rouse.actor.Admission;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.spi.Poller;
import dev.rouse.dispatch.spi.PollerFigures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The poller actor of one shard over a NIO [Selector]. Owning shard only, save [#wakeup].
///
/// # How few system calls
/// A server's round trip costs one read and one write, and its share of one `epoll_wait`:
/// - An operation is tried at once and armed only if it would block, except a read after one that filled less than
///   its buffer: that one has drained the socket, so the next is armed untried.
/// - A batch of ready sockets is digested before the next look: while functions that were told of readiness have not
///   run, [#poll] without waiting does nothing. What it could find would queue behind them, and the sockets that they
///   have not read yet would be reported again and again.
/// - The selector goes on watching the input of a socket that nobody reads just now, because mostly its function is
///   back before the next bytes. If it is not, readiness without a reader is remembered (the next read is tried first),
///   and at the second report the interest is dropped, so that a peer who sends to a busy function costs two idle
///   wake-ups and not a spin.
/// - Interest in output is dropped as soon as the operation is complete. The selector tells the kernel only
///   before it waits, so a writer that fills the socket again meanwhile costs no call.
///
/// # Fairness
/// A stream that always has more would never suspend its function. After [#BURST] operations of one side of a socket
/// completed at once within one poll pass the next is armed, and the other turns and sockets of the shard come first.
///
/// # Failures
/// What a channel throws fails that operation. A channel that closed itself is skipped. A failing `select` is logged
/// and tried again after a pause. A selector returning at once for ever (JDK-6403933, fixed long ago) can here come
/// only from readiness that nobody asked for, whose interest is dropped, or from an interrupt of the carrier, which is
/// cleared; so it is not rebuilt.
final class NioPoller implements Poller {

    /// Operations of one side that may complete without suspending in one poll pass. A guess.
    static final int BURST = 16;

    /// Pause after a failed `select`, so that a failure that stays is no spin. A guess.
    private static final long FAILURE_PAUSE_NANOS = 1_000_000;

    /// The name of the logger.
    static final String LOG = "dev.rouse.io";

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Shard shard;
    private final Selector selector;
    private final BufferedBytes buffered;
    private final BufferPool buffers;
    private final Connections connections;
    private final Count bytesIn = new Count();
    private final Count bytesOut = new Count();
    private final RecordBuffers.Pool records;
    private final Consumer<SelectionKey> onReady = this::onReady;

    /// See [Registration#unused].
    private final Set<Endpoint> unused = ConcurrentHashMap.newKeySet();

    /// Set by [#wakeup] and cleared by the waiting poll, so that a poll that only looks (and by that clears the
    /// selector's own memory of a wake-up) cannot lose the one meant for the next wait. Clearing it after the
    /// wait cannot lose one either: until the poll returns, a wake-up is for this wait.
    private volatile boolean woken;

    private int armed;

    /// Functions fired for input that have not run since.
    private int undelivered;

    private boolean anyCancelled;
    private int completions;
    private long pass;

    /// The last `select` failed; only the first failure of a row is logged.
    private boolean failing;

    /// Opens a selector, a seam for tests of what that may throw.
    @FunctionalInterface
    interface Selectors {
        Selector open() throws IOException;
    }

    NioPoller(Shard shard) {
        this(shard, () -> Sockets.provider().openSelector());
    }

    /// In a function of the shard.
    ///
    /// @throws UncheckedIOException if it cannot open a selector; the cause is for the user
    NioPoller(Shard shard, Selectors selectors) {
        this.shard = shard;
        Admission admission = Admission.current();
        buffered = new BufferedBytes(admission.limits(), admission::refused, this::onShard);
        buffers = new BufferPool(buffered);
        connections = new Connections(shard, admission, buffered);
        records = new RecordBuffers.Pool(buffered);
        try {
            selector = selectors.open();
        } catch (IOException e) {
            throw new UncheckedIOException(Failures.selector(shard, e));
        }
    }

    /// Any thread.
    private void onShard(Runnable work) {
        shard.submit(new Command() {
            @Override
            protected void execute() {
                work.run();
            }

            @Override
            protected void refused() {
                // the shard has ended, and all that it has counted with it
            }
        });
    }

    BufferPool buffers() {
        return buffers;
    }

    Connections connections() {
        return connections;
    }

    /// @param owner which it holds for as long as the channel is open
    Registration register(Endpoint owner) {
        return new NioRegistration(owner);
    }

    @Override
    public List<PollerFigures> figures() {
        return new Figures(this).all();
    }

    BufferedBytes buffered() {
        return buffered;
    }

    long bytesIn() {
        return bytesIn.value();
    }

    long bytesOut() {
        return bytesOut.value();
    }

    RecordBuffers.Pool records() {
        return records;
    }

    @Override
    public int poll(long timeoutNanos) {
        pass++;
        boolean nothingToSee = undelivered > 0 || (armed == 0 && !anyCancelled);
        if (timeoutNanos <= 0 && nothingToSee) {
            return 0;
        }
        return look(timeoutNanos);
    }

    private int look(long timeoutNanos) {
        completions = 0;
        try {
            select(timeoutNanos > 0 && connections.endRests() ? 0 : timeoutNanos);
            failing = false;
        } catch (IOException e) {
            onFailure(e);
            LockSupport.parkNanos(Math.min(timeoutNanos, FAILURE_PAUSE_NANOS));
        }
        return completions;
    }

    private void onFailure(IOException e) {
        if (!failing) {
            failing = true;
            shard.report(shard.logger(LOG), Level.WARNING, "cannot poll, tried again", e);
        }
    }

    /// Has the selector let go of what is closed, in the turn of a function that has closed it.
    ///
    /// Whatever else is ready is left to the next [#poll], to which the selector reports it again, as it is still
    /// ready then. It must not be looked at here: the selector calls back inside its monitor, which the function's
    /// thread has. An output that is tried there, and parks in the lock of a file, would take the monitor with it;
    /// the carrier would wait for that in its next poll, and nobody would ever run who has it.
    private void releaseCancelled() {
        anyCancelled = false;
        try {
            selector.selectNow(_ -> {});
        } catch (IOException e) {
            onFailure(e);
        }
    }

    private void select(long timeoutNanos) throws IOException {
        anyCancelled = false;
        if (timeoutNanos <= 0) {
            selector.selectNow(onReady);
            return;
        }
        if (woken) {
            selector.selectNow(onReady);
        } else if (timeoutNanos == Long.MAX_VALUE) {
            selector.select(onReady);
        } else {
            selector.select(onReady, ceilMillis(timeoutNanos));
        }
        woken = false;
        // An interrupt makes every select return at once. Nobody has reason to interrupt a carrier.
        Thread.interrupted();
    }

    /// The selector waits in milliseconds and takes 0 for ever: round up, so never early, and late by less than
    /// one.
    private static long ceilMillis(long nanos) {
        return (nanos - 1) / NANOS_PER_MILLI + 1;
    }

    private void onReady(SelectionKey key) {
        NioRegistration registration = (NioRegistration) key.attachment();
        try {
            registration.onReady(key.readyOps());
        } catch (CancelledKeyException _) {
            // The channel has closed itself, as it does when it cannot connect.
            registration.close();
        }
    }

    @Override
    public void wakeup() {
        woken = true;
        selector.wakeup();
    }

    @Override
    public List<String> open() {
        List<Endpoint> owners = new ArrayList<>();
        selector.keys().forEach(key -> owners.add(((NioRegistration) key.attachment()).owner));
        unused.stream().sorted(Comparator.comparing(Endpoint::subject)).forEach(owners::add);
        return owners.stream()
                .filter(each -> !each.isClosed() && each.channel().isOpen())
                .map(each -> each.channel().toString())
                .toList();
    }

    @Override
    public void close() {
        for (SelectionKey key : selector.keys()) {
            ((NioRegistration) key.attachment()).close();
        }
        closeUnused();
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the selector: shard=" + shard.index(), e);
        }
    }

    /// One that is used on another shard meanwhile is closed there. In an order that is the same in each run, since
    /// the other ends see it.
    private void closeUnused() {
        List<Endpoint> ordered = new ArrayList<>(unused);
        ordered.sort(Comparator.comparing(Endpoint::subject));
        for (Endpoint each : ordered) {
            try {
                each.close();
            } catch (RuntimeException e) {
                shard.report(shard.logger(LOG), Level.WARNING, "cannot close a stream that was never used", e);
            }
        }
    }

    /// One channel in the selector, without interest until it is armed.
    private final class NioRegistration extends Registration {
        private final Endpoint owner;
        private @Nullable SelectionKey key;
        private int interest;
        private boolean closed;

        private @Nullable Operation input;
        private @Nullable Operation output;

        /// Fired because its input is ready, not performed yet.
        private @Nullable Operation told;

        /// Whether trying before arming is worth a system call: false once an operation has drained the input.
        private boolean tryInput = true;

        /// The input was reported ready once while nobody wanted it.
        private boolean unclaimed;

        private long burstPass;
        private int inputBurst;
        private int outputBurst;

        NioRegistration(Endpoint owner) {
            super(NioPoller.this.shard);
            this.owner = owner;
        }

        @Override
        void enterPoller() throws ClosedChannelException {
            enter();
        }

        @Override
        void submit(Operation op) {
            if (closed) {
                op.fail(new ClosedChannelException());
            } else if (!mayTry(op) || !attempt(op)) {
                arm(op);
            }
        }

        private boolean mayTry(Operation op) {
            if (burstPass != pass) {
                burstPass = pass;
                inputBurst = 0;
                outputBurst = 0;
            }
            return op.isInput() ? tryInput && inputBurst++ < BURST && op.hasRoom(buffers) : outputBurst++ < BURST;
        }

        /// Whether the operation is done now, completed or failed.
        private boolean attempt(Operation op) {
            try {
                enter();
                boolean complete = op.attempt(buffers);
                (op.isInput() ? bytesIn : bytesOut).add(op.takeMoved());
                if (!complete) {
                    return false;
                }
                if (op.isInput()) {
                    tryInput = op.maybeMore();
                }
                op.complete();
            } catch (IOException | RuntimeException | Error e) {
                op.fail(e);
            }
            return true;
        }

        private void arm(Operation op) {
            try {
                watch(interest | op.interest());
            } catch (IOException | RuntimeException | Error e) {
                op.fail(e);
                return;
            }
            if (op.isInput()) {
                input = op;
                unclaimed = false;
            } else {
                output = op;
            }
            armed++;
        }

        private void watch(int wanted) throws ClosedChannelException {
            if (wanted == interest) {
                return;
            }
            enter().interestOps(wanted);
            interest = wanted;
        }

        /// Before its first operation, also one that never waits, since [NioPoller#close] closes what it finds
        /// in the selector, and nothing else holds a socket that is not in use.
        private SelectionKey enter() throws ClosedChannelException {
            SelectionKey present = key;
            if (present == null) {
                present = owner.channel().register(selector, 0, this);
                key = present;
            }
            return present;
        }

        private void unwatch(int unwanted) {
            SelectionKey present = key;
            if (present == null || (interest & unwanted) == 0) {
                return;
            }
            interest &= ~unwanted;
            present.interestOps(interest);
        }

        private void onReady(int ready) {
            if ((ready & (OP_READ | OP_ACCEPT)) != 0) {
                onInputReady();
            }
            if ((ready & (OP_WRITE | OP_CONNECT)) != 0) {
                onOutputReady();
            }
        }

        private void onInputReady() {
            Operation op = input;
            if (op != null) {
                tryInput = true;
                disarm(op);
                told = op;
                undelivered++;
                fire(op);
            } else if (told == null) {
                onUnclaimedInput();
            }
        }

        private void onUnclaimedInput() {
            tryInput = true;
            if (unclaimed) {
                unwatch(OP_READ | OP_ACCEPT);
            }
            unclaimed = true;
        }

        private void onOutputReady() {
            Operation op = output;
            if (op != null && attempt(op)) {
                disarm(op);
                fire(op);
            }
            if (output == null) {
                unwatch(OP_WRITE | OP_CONNECT);
            }
        }

        private void fire(Operation op) {
            op.fire();
            completions++;
        }

        @Override
        void resume(Operation op) {
            if (op != told) {
                return;
            }
            untell();
            if (closed) {
                op.fail(new AsynchronousCloseException());
            } else if (!attempt(op)) {
                arm(op);
            }
        }

        private void untell() {
            told = null;
            undelivered--;
        }

        private void disarm(Operation op) {
            if (op.isInput()) {
                input = null;
            } else {
                output = null;
            }
            armed--;
        }

        @Override
        void cancel(Operation op) {
            if (op == told) {
                untell();
                op.withdraw();
            } else if (op == input || op == output) {
                disarm(op);
                op.withdraw();
            }
        }

        @Override
        void close() {
            if (closed) {
                return;
            }
            closed = true;
            anyCancelled |= key != null;
            try {
                owner.channel().close();
            } catch (IOException e) {
                shard.report(shard.logger(LOG), Level.WARNING, "cannot close: channel=" + owner.channel(), e);
            } finally {
                owner.endPlace();
                failPending(input);
                failPending(output);
            }
        }

        private void failPending(@Nullable Operation op) {
            if (op != null) {
                disarm(op);
                op.fail(new AsynchronousCloseException());
                op.fire();
            }
        }

        @Override
        void releaseNow() {
            if (anyCancelled) {
                releaseCancelled();
            }
        }

        @Override
        Set<Endpoint> unused() {
            return unused;
        }

        @Override
        Connections connections() {
            return connections;
        }

        @Override
        BufferedBytes buffered() {
            return buffered;
        }

        @Override
        void takeBack(ByteBuffer lent) {
            buffers.takeBack(lent);
        }

        @Override
        void abandon(ByteBuffer lent) {
            buffers.abandon(lent);
        }
    }
}
