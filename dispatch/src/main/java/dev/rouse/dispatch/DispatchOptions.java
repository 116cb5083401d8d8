package dev.rouse.dispatch;

import dev.rouse.dispatch.spi.Conductor;
import dev.rouse.dispatch.spi.TurnOrder;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// How a [Dispatcher] is made.
///
/// @param name begins the names of its threads
/// @param shards at least 1; as many as cores is usual
/// @param engine see [Engine]
/// @param clock where time is read
/// @param turnOrder null for first in, first out; one instance then serves all shards
/// @param conductor null on the machine; else its time and its order of turns hold whatever the others say
/// @param timersPerShard timers that may wait at once on a shard
/// @param loggers of each name the logger; called when the system is made, and may be by its shards
public record DispatchOptions(
        String name,
        int shards,
        Engine engine,
        Clock clock,
        @Nullable TurnOrder turnOrder,
        @Nullable Conductor conductor,
        int timersPerShard,
        Function<String, System.Logger> loggers) {

    /// More shards than this is taken for a mistake: no machine has as many cores.
    public static final int MAX_SHARDS = 1_024;

    /// @throws IllegalArgumentException if a number is out of its range
    public DispatchOptions {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(engine, "engine");
        Objects.requireNonNull(clock, "clock");
        Objects.requireNonNull(loggers, "loggers");
        requireRange("shards", shards, 1, MAX_SHARDS);
        requireRange("timersPerShard", timersPerShard, 1, Integer.MAX_VALUE);
    }

    /// One shard for each core, the preferred engine, the system's clock, 4,194,304 timers on a shard; conducted as
    /// the calling code is, and with the loggers of who conducts it, else those of the JDK.
    public static DispatchOptions defaults() {
        Conductor conductor = Conductor.current();
        return new DispatchOptions(
                "rouse",
                Runtime.getRuntime().availableProcessors(),
                Engine.preferred(),
                Clock.system(),
                null,
                conductor,
                1 << 22,
                conductor == null ? System::getLogger : conductor::logger);
    }

    public DispatchOptions withName(String value) {
        return new DispatchOptions(value, shards, engine, clock, turnOrder, conductor, timersPerShard, loggers);
    }

    public DispatchOptions withShards(int value) {
        return new DispatchOptions(name, value, engine, clock, turnOrder, conductor, timersPerShard, loggers);
    }

    public DispatchOptions withEngine(Engine value) {
        return new DispatchOptions(name, shards, value, clock, turnOrder, conductor, timersPerShard, loggers);
    }

    public DispatchOptions withClock(Clock value) {
        return new DispatchOptions(name, shards, engine, value, turnOrder, conductor, timersPerShard, loggers);
    }

    public DispatchOptions withTurnOrder(@Nullable TurnOrder value) {
        return new DispatchOptions(name, shards, engine, clock, value, conductor, timersPerShard, loggers);
    }

    public DispatchOptions withTimersPerShard(int value) {
        return new DispatchOptions(name, shards, engine, clock, turnOrder, conductor, value, loggers);
    }

    public DispatchOptions withLoggers(Function<String, System.Logger> value) {
        return new DispatchOptions(name, shards, engine, clock, turnOrder, conductor, timersPerShard, value);
    }

    @Override
    public Clock clock() {
        return conductor == null ? clock : conductor::nanoTime;
    }

    private static void requireRange(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    what + " is out of range: value=" + value + ", least=" + least + ", most=" + most);
        }
    }
}
