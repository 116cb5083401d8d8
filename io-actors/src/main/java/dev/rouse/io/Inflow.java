package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;
import static dev.rouse.actor.Rouse.suspend;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Delivery;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.Task;
import dev.rouse.actor.Waker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Frames of a stream as messages to an actor, as many as it asks for: a slow actor slows its peer down.
///
/// A direct-style actor of its own reads the next frame only while there is demand. Where there is none it reads
/// nothing, so that the bytes wait in the system and the peer cannot send.
///
/// ```java
/// sealed interface Session {
///     record FromPeer(Inflow.Event<String> event) implements Session {}
/// }
///
/// static final class Listening implements Actor<Session> {
///     private final ByteStream stream;
///     private final List<String> heard;
///     private @Nullable Inflow<String> inflow;
///
///     Listening(ByteStream stream, List<String> heard) {
///         this.stream = stream;
///         this.heard = heard;
///     }
///
///     @Override
///     public void onStart(ActorContext<Session> context) {
///         inflow = Inflow.start(stream, Frames.lines(512, Utf8.STRICT), context.self(), 8, Session.FromPeer::new);
///     }
///
///     @Override
///     public void receive(Session message, ActorContext<Session> context) {
///         switch (message) {
///             case Session.FromPeer(Inflow.Frame<String>(var line)) -> {
///                 heard.add(line);
///                 Objects.requireNonNull(inflow).request(1);
///             }
///             case Session.FromPeer(Inflow.End<String>()) -> context.stop();
///             case Session.FromPeer(Inflow.Failed<String>(var _)) -> context.stop();
///         }
///     }
/// }
/// ```
///
/// - Frames come in their order, each once, and own their bytes: a lent one is copied. One [End] or [Failed] comes
///   behind them, also when the inflow is stopped, and needs no demand; but who asks for nothing does not learn of it.
/// - When the actor has stopped the stream is closed, also after its end. When the inflow is [stopped][#stop], or the
///   function or actor that started it ends, the stream is closed and the actor hears of it by [Failed].
/// - A full mailbox suspends the inflow, as it does any sender. If it refuses instead, the inflow fails and closes the
///   stream.
/// - Where the shard holds as many [bytes][dev.rouse.actor.Limits#bufferedBytesPerShard] as it may, the inflow waits
///   for others to hold less and reads again, for some 10 s. It fails then, so that inflows which hold parts of frames
///   and wait for each other end; and at once where others are not to blame: past
///   [dev.rouse.actor.Limits#bufferedBytesPerConnection], or for more than the shard may hold at all.
/// - A [timeout][TcpOptions.Timeouts] of the stream ends the inflow by [Failed], as it says that the peer is to be
///   given up. While there is no demand nothing is read, and no time runs.
///
/// The stream belongs to the shard on which it was started, the actor may be on any. Writing is up to the actor.
///
/// @param <T> the frames
public final class Inflow<T> {

    /// What comes from the stream.
    public sealed interface Event<T> {}

    /// A frame, which is the receiver's own.
    public record Frame<T>(T frame) implements Event<T> {}

    /// The end of the stream.
    public record End<T>() implements Event<T> {}

    /// Nothing more will come: the stream has failed or timed out, what has come is no frame, there was no room to
    /// buffer it, or the inflow was stopped (an [AsynchronousCloseException]).
    public record Failed<T>(Exception cause) implements Event<T> {}

    /// First and longest pause before a read for which the shard had no room is made again; doubled in between.
    /// Short against the patience of a peer, long enough not to spin. Guesses.
    private static final long FIRST_PAUSE_MILLIS = 1;

    private static final long LONGEST_PAUSE_MILLIS = 100;

    /// All pauses for one frame. Longer than a shard that gets on is short of room. A guess.
    private static final long PATIENCE_MILLIS = 10_000;

    /// For the side that is not used here.
    private static final Encoder<Object> NO_ENCODER = new Encoder<>() {
        @Override
        public int maxFrameBytes() {
            return 1;
        }

        @Override
        public void encode(Object frame, ByteBuffer output) {
            throw new UnsupportedOperationException("an inflow writes nothing");
        }
    };

    /// Frames that were asked for and have not been told. Added to on any thread, taken from by the inflow's
    /// function.
    private final AtomicLong demand;

    /// What wakes the inflow's function while it waits for demand. That sets it, then looks at the demand; who asks
    /// adds to the demand, then looks here: one of the two sees the other.
    private final AtomicReference<@Nullable Waker<Boolean>> sleeper = new AtomicReference<>();

    private final Framed<T, Object> framed;
    private final ActorRef<?> actor;
    private final Consumer<T> consumer;
    private @Nullable ActorRef<Void> self;
    private boolean over;

    /// Tells the actor.
    private interface Consumer<T> {
        void tell(Event<T> event);

        Delivery tryTell(Event<T> event);
    }

    private Inflow(Framed<T, Object> framed, ActorRef<?> actor, Consumer<T> consumer, int credit) {
        this.framed = framed;
        this.actor = actor;
        this.consumer = consumer;
        this.demand = new AtomicLong(credit);
    }

    /// Starts a child actor of the calling function or actor that reads frames and tells them. It is stopped with
    /// its parent, which may be the actor that is told.
    ///
    /// @param credit how many frames may come before any is asked for: at least 0, and best within the actor's
    ///     mailbox
    /// @param message makes the actor's message of what has come, in a turn of the inflow
    /// @throws IllegalArgumentException for a negative credit
    /// @throws dev.rouse.actor.LimitExceededException as [dev.rouse.actor.Rouse#spawnActor] does
    public static <T, M> Inflow<T> start(
            ByteStream stream,
            Decoder<? extends T> decoder,
            ActorRef<M> actor,
            int credit,
            Function<? super Event<T>, ? extends M> message) {
        if (credit < 0) {
            throw new IllegalArgumentException("negative credit: credit=" + credit + ", least=0");
        }
        Objects.requireNonNull(message, "message");
        Consumer<T> consumer = new Consumer<>() {
            @Override
            public void tell(Event<T> event) {
                actor.tell(message.apply(event));
            }

            @Override
            public Delivery tryTell(Event<T> event) {
                return actor.tryTell(message.apply(event));
            }
        };
        Inflow<T> inflow = new Inflow<>(Framed.over(stream, decoder, NO_ENCODER), actor, consumer, credit);
        inflow.self = spawnActor("inflow", ActorOptions.defaults(), (Inbox<Void> _) -> inflow.run());
        return inflow;
    }

    /// Asks for so many frames more. Any thread; adds up to at most `Long.MAX_VALUE`.
    ///
    /// @throws IllegalArgumentException if it is less than 1
    public void request(long frames) {
        if (frames < 1) {
            throw new IllegalArgumentException("no demand: frames=" + frames + ", least=1");
        }
        demand.accumulateAndGet(frames, (there, more) -> there > Long.MAX_VALUE - more ? Long.MAX_VALUE : there + more);
        wake();
    }

    /// Frames that were asked for and have not been told. Any thread.
    public long demand() {
        return demand.get();
    }

    /// Ends it: see the class. Any thread, idempotent.
    public void stop() {
        ActorRef<Void> mine = self;
        if (mine != null) {
            mine.stop();
        }
    }

    private void run() {
        try {
            Task<Void> watch = spawn(() -> {
                await(actor.terminated());
                stop();
            });
            pump();
            await(watch);
        } finally {
            framed.close();
            sayOver();
        }
    }

    private void pump() {
        while (!over) {
            awaitDemand();
            Event<T> event = next();
            boolean last = !(event instanceof Frame);
            if (!last) {
                demand.decrementAndGet();
            }
            consumer.tell(event); // may wait, and be stopped meanwhile
            over = last;
        }
    }

    private Event<T> next() {
        try {
            T frame = read();
            return frame == null ? new End<>() : new Frame<>(owned(frame));
        } catch (CancelledException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            return new Failed<>(e);
        }
    }

    /// Nothing tells of room: whoever frees some does it with a look at nobody. So it is asked for again and again.
    private @Nullable T read() throws IOException {
        long waited = 0;
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                return framed.read();
            } catch (BufferLimitException e) {
                if (!e.mayPass() || waited >= PATIENCE_MILLIS) {
                    throw e;
                }
            }
            sleepFor(Duration.ofMillis(pause));
            waited += pause;
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
    }

    @SuppressWarnings("unchecked") // a buffer for a buffer
    private static <T> T owned(T frame) {
        return frame instanceof ByteBuffer lent ? (T) ByteBuffer.wrap(Frames.copy(lent)) : frame;
    }

    /// An actor that has stopped itself is not told.
    private void sayOver() {
        if (over) {
            return;
        }
        over = true;
        Event<T> event = new Failed<>(new AsynchronousCloseException());
        if (consumer.tryTell(event) == Delivery.FULL) {
            consumer.tell(event);
        }
    }

    private void awaitDemand() {
        while (demand.get() == 0) {
            suspend((Waker<Boolean> waker) -> {
                sleeper.set(waker);
                if (demand.get() > 0) {
                    wake();
                }
            });
        }
    }

    private void wake() {
        Waker<Boolean> waker = sleeper.getAndSet(null);
        if (waker != null) {
            waker.wake(true);
        }
    }
}
