package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.ReplyTo;
import java.util.List;

/// Request and reply in direct style.
final class AskScenario implements Scenario {
    private static final Description DESCRIPTION = new Description(
            "ask",
            "a function asks an actor and awaits the reply, again and again: on one shard and across shards",
            List.of("ask-local", "ask-cross"),
            """
            local  [shard 0: function --ask--> actor --reply--> function]
            cross  [shard 0: function] --ask--> [shard 1: actor] --reply--> [shard 0: function]
            """,
            """
            long n = await(actor.ask(Balance::new)), one after the other, per round trip: the request's allocation, the
            suspended caller, the deadline that every ask has. The last reply counts the questions and is checked.
            """,
            """
            Throughput of many callers. A reply that takes the actor any work.
            """);

    /// The question; the answer counts the questions.
    private record Balance(ReplyTo<Long> replyTo) {}

    private static final class Account implements Actor<Balance> {
        private long asked;

        @Override
        public void receive(Balance question, ActorContext<Balance> context) {
            question.replyTo().reply(++asked);
        }
    }

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        measure(lab, "ask-local", 1, 0);
        measure(lab, "ask-cross", 2, 1);
    }

    private static void measure(Lab lab, String bench, int shards, int accountShard) throws Exception {
        try (ActorSystem system = lab.system(shards);
                Hosted<Balance> account = Hosted.on(accountShard, system, () -> spawnActor("account", Account::new))) {
            Samples nanos = lab.time(
                    bench, 1, roundTrips -> Hosted.call(0, system, lab, () -> nanosToAsk(account.actor(), roundTrips)));
            lab.report(bench, "ns/roundtrip", nanos);
        }
    }

    private static long nanosToAsk(ActorRef<Balance> account, int roundTrips) {
        long before = await(account.ask(Balance::new));
        long last = before;
        long startNanos = System.nanoTime();
        for (int i = 0; i < roundTrips; i++) {
            last = await(account.ask(Balance::new));
        }
        long nanos = System.nanoTime() - startNanos;
        Lab.requireDone("replies", roundTrips, last - before);
        return nanos;
    }
}
