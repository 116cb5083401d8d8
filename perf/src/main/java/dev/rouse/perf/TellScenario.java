package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.perf.CountingConsumer.Count;
import dev.rouse.perf.CountingConsumer.Item;
import dev.rouse.perf.CountingConsumer.Message;
import java.util.List;

/// One producer, one consumer. The text that `perf describe tell` prints is the header of this file: one copy.
final class TellScenario implements Scenario {
    private static final Description DESCRIPTION = new Description(
            "tell",
            "one producer tells one consumer: on one shard, across shards, from outside the runtime",
            List.of(
                    "tell-local",
                    "tell-local-rate",
                    "tell-cross",
                    "tell-cross-rate",
                    "tell-outside",
                    "tell-outside-rate"),
            """
            local    [shard 0: producer function --tell--> (mailbox 1,024) consumer actor]
            cross    [shard 0: producer function] --tell--> [shard 1: (mailbox 1,024) consumer actor]
            outside  platform thread --tell--> [shard 0: (mailbox 1,024) consumer actor]
            """,
            """
            From the first tell until the consumer has the last message, per message. The consumer counts; the count is
            checked. Backpressure is part of it: the producer is faster, so it waits whenever the mailbox is full.
            """,
            """
            The latency of one message: many are under way at once (see pingpong). Allocation: all messages are one object.
            What a consumer that works does to the rate.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        try (ActorSystem system = lab.system(1)) {
            report(
                    lab,
                    "tell-local",
                    messages -> lab.join(system.spawn(() -> {
                        ActorRef<Message> consumer = spawnActor("consumer", CountingConsumer::new);
                        return nanosToTell(consumer, messages);
                    })));
        }
        try (ActorSystem system = lab.system(2);
                Hosted<Message> consumer = Hosted.on(1, system, () -> spawnActor("consumer", CountingConsumer::new))) {
            report(
                    lab,
                    "tell-cross",
                    messages -> Hosted.call(0, system, lab, () -> nanosToTell(consumer.actor(), messages)));
        }
        try (ActorSystem system = lab.system(1);
                Hosted<Message> consumer = Hosted.on(0, system, () -> spawnActor("consumer", CountingConsumer::new))) {
            report(lab, "tell-outside", messages -> nanosToTellFromOutside(lab, consumer.actor(), messages));
        }
    }

    private static void report(Lab lab, String bench, Batch batch) throws Exception {
        Samples nanos = lab.time(bench, 1, batch);
        lab.report(bench, "ns/msg", nanos);
        lab.report(bench + "-rate", "Mmsg/s", nanos.toMillionsPerSecond());
    }

    private static long nanosToTell(ActorRef<Message> consumer, int messages) {
        long before = await(consumer.ask(Count::new));
        long startNanos = System.nanoTime();
        for (int i = 0; i < messages; i++) {
            consumer.tell(Item.ITEM);
        }
        long after = await(consumer.ask(Count::new));
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("messages", messages, after - before);
        return nanos;
    }

    private static long nanosToTellFromOutside(Lab lab, ActorRef<Message> consumer, int messages) throws Exception {
        long before = lab.join(consumer.ask(Count::new));
        long startNanos = System.nanoTime();
        for (int i = 0; i < messages; i++) {
            consumer.tell(Item.ITEM);
        }
        long after = lab.join(consumer.ask(Count::new));
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("messages", messages, after - before);
        return nanos;
    }
}
