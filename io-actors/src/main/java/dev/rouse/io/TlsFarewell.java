package dev.rouse.io;

import dev.rouse.actor.LimitExceededException;
import dev.rouse.actor.Rouse;
import dev.rouse.actor.SystemClosedException;
import dev.rouse.dispatch.Command;
import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Shard;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// The end of a TLS stream: tells the peer, then closes the stream below, then says that it has. In a function of the
/// stream's shard, whoever begins it, on any thread, once.
///
/// The peer is told after all that is being sent, so the function waits its turn, and is given a short time for all of
/// it. Where no function is to be had, the peer finds its stream cut.
final class TlsFarewell {
    /// How long the last words of a connection may take: the peer may not take them. A guess: more than a packet
    /// that is sent again takes, and little for whoever waits for `close`.
    static final Duration TIME = Duration.ofSeconds(1);

    private static final VarHandle BEGUN;

    static {
        try {
            BEGUN = MethodHandles.lookup().findVarHandle(TlsFarewell.class, "begun", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Shard shard;
    private final ByteStream below;
    private final TlsOutbound outbound;
    private final Runnable onClosed;

    /// Runs what was begun elsewhere as a function of the shard; null if there was no room for it.
    private final @Nullable Executor functions;

    /// Set by whoever begins it, on any thread.
    private volatile boolean begun;

    /// In a function of the shard.
    ///
    /// @param onClosed is called on the shard when the stream below is closed, unless the shard has ended by then
    TlsFarewell(Shard shard, ByteStream below, TlsOutbound outbound, Runnable onClosed) {
        this.shard = shard;
        this.below = below;
        this.outbound = outbound;
        this.onClosed = onClosed;
        this.functions = functionsOfShard();
    }

    private static @Nullable Executor functionsOfShard() {
        try {
            return Rouse.executor();
        } catch (LimitExceededException | SystemClosedException _) {
            return null;
        }
    }

    boolean isBegun() {
        return begun;
    }

    /// Any thread. In a function of the shard it is over on return, also if that throws.
    void begin() {
        if (!BEGUN.compareAndSet(this, false, true)) {
            return;
        }
        if (isInFunction()) {
            say();
        } else {
            haveFunctionSay();
        }
    }

    /// Ends it without a word: the stream below is closed on return, and who says the last words says them to
    /// nobody. Never suspends. In a turn of the shard.
    void omit() {
        BEGUN.setVolatile(this, true);
        try {
            abandon(below);
        } finally {
            onClosed.run();
        }
    }

    /// Closes a stream without a wait for its peer: at once, and without the peer being told where it has such a
    /// way of its own.
    static void abandon(ByteStream stream) {
        if (stream instanceof TlsStream tls) {
            tls.abandon();
        } else {
            stream.close();
        }
    }

    private boolean isInFunction() {
        Driver driver = Driver.current();
        return driver != null && driver.turn() != null && shard.isCurrent();
    }

    private void haveFunctionSay() {
        Executor executor = functions;
        if (executor != null) {
            try {
                executor.execute(this::say);
                return;
            } catch (RejectedExecutionException _) {
                // no function is to be had
            }
        }
        shard.submit(new Command() {
            @Override
            protected void execute() {
                closeBelow();
            }

            @Override
            protected void refused() {
                below.close(); // nobody counts buffers any more
            }
        });
    }

    private void say() {
        Cutoff cutoff = Cutoff.start(shard, below, TIME);
        try {
            outbound.enter();
            try {
                outbound.shut();
            } finally {
                outbound.leave();
            }
        } catch (IOException _) {
            // The peer is gone, or does not listen. It is not for want of room: last words take none.
        } finally {
            cutoff.cancel();
            closeBelow();
        }
    }

    /// What is held is let go also when the stream, which may be the program's own, fails to close.
    private void closeBelow() {
        try {
            below.close();
        } finally {
            onClosed.run();
        }
    }

    /// Tells the peer why nothing more can be read, if nobody is sending just now: it may not listen, and the
    /// failure is more urgent. The stream stays open, unless the time is over. Owning shard only.
    void sayBroken() {
        if (outbound.isBusy() || begun) {
            return;
        }
        outbound.enter();
        Cutoff cutoff = Cutoff.start(shard, below, TIME);
        try {
            outbound.sendOwn();
        } catch (IOException _) {
            // it will not know
        } finally {
            cutoff.cancel();
            outbound.leave();
        }
    }
}
