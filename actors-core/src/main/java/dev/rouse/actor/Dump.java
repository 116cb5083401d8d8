package dev.rouse.actor;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.spi.PollerFigures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What the functions and actors of a system were doing at one moment: see [ActorSystem#dump()]. Immutable.
///
/// ```text
/// actor system rouse: shards=2, functions and actors=3, dead letters=0
/// rouse-shard-0: functions and actors=2, spawn queue=0/1024
/// /Shop-function suspended for 1.20s, waits for /Shop-function/Shop-function, at Shop.quote(Shop.java:41), deadline in
/// 0.80s, shard=rouse-shard-0
/// /Shop-function/Shop-function suspended for 1.20s, waits for a timer in 3.80s, at Shop.price(Shop.java:57),
/// shard=rouse-shard-0
/// rouse-shard-1: functions and actors=1, spawn queue=0/1024
/// /account idle, mailbox=0/1024, shard=rouse-shard-1
/// ```
///
/// A shard with sockets has further lines, with what its poller has counted, in all and for each listener:
/// `rouse-shard-0 sockets: connections=2, accepted=7, refused=0, …`.
///
/// | state | it |
/// |---|---|
/// | `running` | is the function that has taken the dump |
/// | `suspended` | waits, since so long, for what is said, at that place in the program |
/// | `resumed` | has what it waited for, and goes on when it is its turn |
/// | `active` | is about to have a turn, or is in one that a call of the JDK blocks |
/// | `ending` | has done its work and waits for its children to end |
/// | `idle` | is an actor without a message |
///
/// The age is that of the wait, not of the function: nothing is recorded when a function starts. It comes from the
/// shard's last look at the clock, so it may be some milliseconds short, more after a long turn. A place is missing
/// where the function has gone on before its stack was looked at, or time ran out.
public final class Dump {
    /// How long a dump waits for the shards. A guess: a shard that does not answer in that time is held up by one
    /// turn.
    static final Duration WAIT = Duration.ofMillis(500);

    /// A guess: some screens of text.
    static final int DEFAULT_LINES = 1_000;

    /// At most, a line for each function of a small system. A guess.
    static final int MAX_LINES = 100_000;

    private final ActorSystem system;
    private final long deadLetters;
    private final List<Part> parts;

    /// What is shown of one shard.
    ///
    /// @param holder what holds up a busy shard, if known
    /// @param figures of its poller
    private record Part(
            ShardDump.Progress progress,
            ShardDump source,
            @Nullable String holder,
            List<PollerFigures> figures) {
        String name() {
            return source.local().shard.name();
        }

        boolean hasTree() {
            return progress == ShardDump.Progress.TREE || progress == ShardDump.Progress.DONE;
        }

        int alive() {
            return hasTree() ? source.alive() : 0;
        }

        int more() {
            return hasTree() ? Math.max(0, source.alive() - source.entries().size()) : 0;
        }
    }

    private Dump(ActorSystem system, List<ShardDump> sources) {
        this.system = system;
        this.deadLetters = system.deadLetters();
        this.parts = sources.stream().map(Dump::part).toList();
    }

    private static Part part(ShardDump source) {
        ShardDump.Progress progress = source.progress();
        String holder = progress == ShardDump.Progress.BUSY ? holder(source.local()) : null;
        return new Part(progress, source, holder, source.local().shard.pollerFigures());
    }

    /// The turn that holds up the shard, and where it is.
    private static @Nullable String holder(LocalSystem local) {
        Driver driver = local.shard.running();
        if (driver == null || !(driver.turn() instanceof Cell cell)) {
            return null;
        }
        return cell.path() + " at " + Where.of(driver.stackTrace());
    }

    /// Has these classes initialised, before a shard starts: on a shard, that could block.
    static void prepare() {
        ShardDump.Progress.values();
    }

    static Dump take(ActorSystem system, List<LocalSystem> locals, int lines) {
        if (lines < 1 || lines > MAX_LINES) {
            throw new IllegalArgumentException(
                    "lines is out of range: value=" + lines + ", least=1, most=" + MAX_LINES);
        }
        Cell taker = Cell.currentOrNull();
        CompletableFuture<Boolean> all = new CompletableFuture<>();
        CountDownLatch missing = new CountDownLatch(locals.size());
        Runnable whenDone = () -> {
            missing.countDown();
            if (missing.getCount() == 0) {
                all.complete(true);
            }
        };
        List<ShardDump> sources = new ArrayList<>();
        for (LocalSystem local : locals) {
            ShardDump source = new ShardDump(local, Math.max(1, lines / locals.size()), taker, whenDone);
            sources.add(source);
            source.start();
        }
        if (taker == null) {
            awaitBlocked(system, missing);
        } else {
            awaitSuspended(all);
        }
        return new Dump(system, sources);
    }

    private static void awaitSuspended(CompletableFuture<Boolean> all) {
        try {
            Rouse.withTimeout(WAIT, () -> Rouse.await(all));
        } catch (DeadlineExceededException _) {
            // What is there is shown. If it was a deadline of the caller's, its next wait says so.
        }
    }

    private static void awaitBlocked(ActorSystem system, CountDownLatch missing) {
        try {
            boolean _ = system.await(missing, WAIT.toNanos()); // if not, what is there is shown
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The dump as text, of at most as many lines of functions and actors as were asked for.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder()
                .append("actor system ")
                .append(system.name())
                .append(": shards=")
                .append(parts.size())
                .append(", functions and actors=")
                .append(parts.stream().mapToInt(Part::alive).sum())
                .append(", dead letters=")
                .append(deadLetters)
                .append('\n');
        parts.forEach(part -> append(text, part));
        return text.toString();
    }

    private void append(StringBuilder text, Part part) {
        text.append(part.name());
        switch (part.progress) {
            case TERMINATED -> text.append(": terminated\n");
            case BUSY -> {
                text.append(": busy, no answer within ")
                        .append(WAIT.toMillis())
                        .append("ms, runs ")
                        .append(part.holder == null ? "something unknown" : part.holder)
                        .append('\n');
                appendFigures(text, part);
            }
            case TREE, DONE -> {
                text.append(": functions and actors=").append(part.alive()).append(", spawn queue=");
                text.append(part.source.spawning())
                        .append('/')
                        .append(system.limits().spawnQueue());
                text.append('\n');
                appendFigures(text, part);
                part.source.entries().forEach(entry -> append(text, entry, part.name()));
                if (part.more() > 0) {
                    text.append("… and ").append(part.more()).append(" more\n");
                }
            }
        }
    }

    private static void appendFigures(StringBuilder text, Part part) {
        part.figures.forEach(
                figures -> text.append(part.name()).append(' ').append(figures).append('\n'));
    }

    private static void append(StringBuilder text, ShardDump.Entry entry, String shard) {
        text.append(entry.path).append(' ').append(entry.state);
        if (entry.ageNanos >= 0) {
            text.append(" for ").append(seconds(entry.ageNanos));
        }
        if (entry.waitsFor != null) {
            text.append(", waits for ").append(entry.waitsFor);
        }
        String at = entry.at;
        if (at != null) {
            text.append(", at ").append(at);
        }
        if (entry.deadlineNanos >= 0) {
            text.append(", deadline in ").append(seconds(entry.deadlineNanos));
        }
        if (entry.mailboxDepth >= 0) {
            text.append(", mailbox=").append(entry.mailboxDepth).append('/').append(entry.mailboxCapacity);
        }
        text.append(", shard=").append(shard).append('\n');
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2fs", nanos / 1e9);
    }

    /// The dump as a JSON object: `system`, `deadLetters` and `shards`, each with `shard`, `progress`, `alive`,
    /// `spawnQueue`, `entries`, `more` and, if it was busy, `runs`; one with sockets also has `poller`, with the
    /// numbers of each `part`. An entry has `path` and `state` and, where they
    /// are known, `ageMillis`, `waitsFor`, `at`, `deadlineMillis`, `mailbox`, `mailboxLimit`.
    public String toJson() {
        Json json = new Json()
                .beginObject()
                .field("system", system.name())
                .field("deadLetters", deadLetters)
                .beginArray("shards");
        parts.forEach(part -> append(json, part));
        return json.endArray().endObject().toString();
    }

    private static void append(Json json, Part part) {
        json.beginObject()
                .field("shard", part.name())
                .field("progress", part.progress.name().toLowerCase(Locale.ROOT))
                .field("alive", part.alive());
        if (part.holder != null) {
            json.field("runs", part.holder);
        }
        if (part.hasTree()) {
            json.field("spawnQueue", part.source.spawning()).beginArray("entries");
            part.source.entries().forEach(entry -> append(json, entry));
            json.endArray();
        }
        if (!part.figures.isEmpty()) {
            json.beginArray("poller");
            part.figures.forEach(figures -> append(json, figures));
            json.endArray();
        }
        json.field("more", part.more()).endObject();
    }

    private static void append(Json json, PollerFigures figures) {
        json.beginObject().field("part", figures.part());
        figures.values().forEach(json::field);
        json.endObject();
    }

    private static void append(Json json, ShardDump.Entry entry) {
        json.beginObject().field("path", entry.path).field("state", entry.state);
        if (entry.ageNanos >= 0) {
            json.field("ageMillis", TimeUnit.NANOSECONDS.toMillis(entry.ageNanos));
        }
        if (entry.waitsFor != null) {
            json.field("waitsFor", entry.waitsFor);
        }
        String at = entry.at;
        if (at != null) {
            json.field("at", at);
        }
        if (entry.deadlineNanos >= 0) {
            json.field("deadlineMillis", TimeUnit.NANOSECONDS.toMillis(entry.deadlineNanos));
        }
        if (entry.mailboxDepth >= 0) {
            json.field("mailbox", entry.mailboxDepth).field("mailboxLimit", entry.mailboxCapacity);
        }
        json.endObject();
    }
}
