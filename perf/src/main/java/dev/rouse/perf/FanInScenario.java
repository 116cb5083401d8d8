package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.perf.CountingConsumer.Count;
import dev.rouse.perf.CountingConsumer.Item;
import dev.rouse.perf.CountingConsumer.Message;
import java.util.ArrayList;
import java.util.List;

/// Four producers, one consumer.
final class FanInScenario implements Scenario {
    private static final int PRODUCERS = 4;

    private static final Description DESCRIPTION = new Description(
            "fan-in", "four producers tell one consumer", List.of("fan-in", "fan-in-rate"), """
                [shard 0: producer, producer] --tell--\\
                                                       +--> [shard 0: (mailbox 1,024) consumer actor]
                [shard 1: producer, producer] --tell--/
                """, """
                    From the first tell until the consumer has the last message of all producers, per message. Producers are root
                    functions, placed on the --shards in turns; with one shard all of it is local. The count is checked.
                    """, """
                        Fairness among the producers, or how long one of them waits at the full mailbox.
                        """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        try (ActorSystem system = lab.system(lab.settings().shards());
                Hosted<Message> consumer = Hosted.on(0, system, () -> spawnActor("consumer", CountingConsumer::new))) {
            Samples nanos = lab.time("fan-in", PRODUCERS, messages -> nanos(lab, system, consumer.actor(), messages));
            lab.report("fan-in", "ns/msg", nanos);
            lab.report("fan-in-rate", "Mmsg/s", nanos.toMillionsPerSecond());
        }
    }

    private static long nanos(Lab lab, ActorSystem system, ActorRef<Message> consumer, int messagesEach)
            throws Exception {
        long before = lab.join(consumer.ask(Count::new));
        long startNanos = System.nanoTime();
        List<Task<Long>> producers = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(system.spawn(() -> produce(consumer, messagesEach)));
        }
        for (Task<Long> producer : producers) {
            lab.join(producer);
        }
        long nanos = System.nanoTime() - startNanos;
        long after = lab.join(consumer.ask(Count::new));
        Lab.requireDone("messages", (long) PRODUCERS * messagesEach, after - before);
        return nanos;
    }

    private static long produce(ActorRef<Message> consumer, int messages) {
        for (int i = 0; i < messages; i++) {
            consumer.tell(Item.ITEM);
        }
        return await(consumer.ask(Count::new));
    }
}
