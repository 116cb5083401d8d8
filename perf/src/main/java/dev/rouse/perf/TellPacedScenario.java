package dev.rouse.perf;

import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.ReplyTo;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// How long a message is under way when the runtime has time to fall asleep between two of them.
final class TellPacedScenario implements Scenario {
    private static final long INTERVAL_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final int DIGITS = 3;

    private static final Description DESCRIPTION = new Description(
            "tell-paced",
            "one message every 100 us from outside the runtime: how long until it is received",
            List.of("tell-paced-p50", "tell-paced-p99"),
            """
            platform thread --tell, 10,000 a second--> [shard 0: actor]
            """,
            """
            From the moment at which a message was to be sent until the actor has it. The sender keeps to its schedule, an
            open loop: when it is late, the lateness counts. Between two messages the shard goes to sleep, so this is the
            price of waking it.
            """,
            """
            A busy shard, which is never asleep (see tell). The sender spins to keep time: it takes one processor, so on a
            machine with one, or with others on it, this shows the operating system's scheduler.
            """);

    private sealed interface Message {}

    private record Due(long nanos) implements Message {}

    private record Latencies(ReplyTo<Histogram> replyTo) implements Message {}

    private static final class Recorder implements Actor<Message> {
        private Histogram latency = new Histogram(DIGITS);

        @Override
        public void receive(Message message, ActorContext<Message> context) {
            switch (message) {
                case Due(long nanos) -> latency.recordValue(Math.max(0, System.nanoTime() - nanos));
                case Latencies(ReplyTo<Histogram> replyTo) -> {
                    replyTo.reply(latency);
                    latency = new Histogram(DIGITS);
                }
            }
        }
    }

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        Settings settings = lab.settings();
        double[] p50Micros = new double[settings.repetitions()];
        double[] p99Micros = new double[p50Micros.length];
        Histogram all = new Histogram(DIGITS);
        try (ActorSystem system = lab.system(1);
                Hosted<Message> recorder = Hosted.on(0, system, () -> spawnActor("recorder", Recorder::new))) {
            lab.phase("tell-paced: warm-up");
            latencies(lab, recorder.actor(), settings.warmup());
            for (int i = 0; i < p50Micros.length; i++) {
                lab.phase("tell-paced: " + (i + 1) + " of " + p50Micros.length);
                Histogram latency = latencies(lab, recorder.actor(), settings.perRepetition());
                p50Micros[i] = latency.getValueAtPercentile(50) / 1e3;
                p99Micros[i] = latency.getValueAtPercentile(99) / 1e3;
                all.add(latency);
            }
        }
        lab.report(Result.ROUSE, "tell-paced-p50", "us", Samples.of(p50Micros), all);
        lab.report("tell-paced-p99", "us", Samples.of(p99Micros));
    }

    private static Histogram latencies(Lab lab, ActorRef<Message> recorder, Duration time) throws Exception {
        long messages = Math.max(1, time.toNanos() / INTERVAL_NANOS);
        long startNanos = System.nanoTime();
        for (long i = 0; i < messages; i++) {
            long dueNanos = startNanos + i * INTERVAL_NANOS;
            while (System.nanoTime() - dueNanos < 0) {
                Thread.onSpinWait();
            }
            recorder.tell(new Due(dueNanos));
        }
        Histogram latency = lab.join(recorder.ask(Latencies::new));
        Lab.requireDone("messages", messages, latency.getTotalCount());
        return latency;
    }
}
