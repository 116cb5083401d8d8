package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Conductor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A group of shards with their threads. Safe for use by any thread.
public final class Dispatcher {
    private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    private final Engine engine;
    private final Clock clock;
    private final @Nullable Conductor conductor;
    private final List<Shard> shards;

    private Dispatcher(DispatchOptions options) {
        this.engine = options.engine();
        this.clock = options.clock();
        this.conductor = options.conductor();
        this.shards = IntStream.range(0, options.shards())
                .mapToObj(index -> new Shard(index, options))
                .toList();
    }

    /// Makes the shards and starts their threads.
    ///
    /// @throws IllegalStateException if this JVM does not allow the carrier engine that the options ask for
    public static Dispatcher start(DispatchOptions options) {
        Dispatcher dispatcher = new Dispatcher(options);
        try {
            dispatcher.shards.forEach(shard -> shard.loop.start());
        } catch (Throwable e) {
            dispatcher.close(); // those that have started
            throw e;
        }
        return dispatcher;
    }

    public Engine engine() {
        return engine;
    }

    /// In the order of their indexes; never empty.
    public List<Shard> shards() {
        return shards;
    }

    /// Whether a [Conductor] decides which thread goes on.
    public boolean isConducted() {
        return conductor != null;
    }

    /// Starts a thread that works for this group beside its shards.
    public void start(String name, Runnable work) {
        if (conductor == null) {
            Thread unused = Thread.ofPlatform().name(name).daemon(false).start(work);
            assert unused != null;
        } else {
            conductor.start(name, work);
        }
    }

    /// As [CountDownLatch#await(long, TimeUnit)], for a thread that is on no shard; `Long.MAX_VALUE` is for ever.
    public boolean await(CountDownLatch latch, long atMostNanos) throws InterruptedException {
        if (conductor != null) {
            return conductor.await(latch, atMostNanos);
        }
        if (atMostNanos == Long.MAX_VALUE) {
            latch.await();
            return true;
        }
        return latch.await(atMostNanos, TimeUnit.NANOSECONDS);
    }

    /// Has all shards end, each after the turn that it runs, and returns at once. May be called anywhere, and
    /// again.
    public void close() {
        shards.forEach(Shard::close);
    }

    /// Ends all shards, each after the turn that it runs, and waits for their threads. Functions that have not
    /// ended by then never go on: end them first. Not to be called on a shard. May be called again.
    ///
    /// @throws InterruptedException if the calling thread is interrupted while it waits; the shards end all the
    ///     same
    public Termination terminate(Duration atMost) throws InterruptedException {
        if (Shard.carriesCaller()) {
            throw new IllegalStateException("a shard cannot wait for its own end: thread=" + Thread.currentThread()
                    + "; call terminate from an outside thread");
        }
        close();
        long deadlineNanos = clock.nanoTime() + toNanos(atMost);
        int abandoned = 0;
        int running = 0;
        for (Shard shard : shards) {
            long leftNanos = Math.max(0, deadlineNanos - clock.nanoTime());
            int count = await(shard.termination, leftNanos) ? shard.abandoned() : -1;
            abandoned += Math.max(0, count);
            running += count < 0 ? 1 : 0;
        }
        return new Termination(abandoned, running);
    }

    private static long toNanos(Duration duration) {
        return duration.compareTo(FOREVER) > 0 ? Long.MAX_VALUE : duration.toNanos();
    }

    /// What the end of a dispatcher cut off.
    ///
    /// @param abandonedFunctions functions that were suspended or blocked and never go on
    /// @param runningShards shards whose turn had not ended in time; their threads end when it does
    public record Termination(int abandonedFunctions, int runningShards) {}
}
