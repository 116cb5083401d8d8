package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Inbox;
import dev.rouse.actor.Task;
import dev.rouse.perf.Player.Message;
import dev.rouse.perf.Player.Serve;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Pairs that bounce one message.
final class PingPongScenario implements Scenario {
    private static final int PAIRS = 64;
    private static final int HOPS = 2;

    private static final Description DESCRIPTION = new Description(
            "pingpong",
            "a pair bounces one message: on one shard, across shards, in direct style; and 64 pairs at once",
            List.of("pingpong-local", "pingpong-direct", "pingpong-cross", "pingpong-64-pairs"),
            """
            local     [shard 0: actor <--ball--> actor]
            direct    [shard 0: direct-style actor <--ball--> direct-style actor], each suspended in receive()
            cross     [shard 0: actor] <--ball--> [shard 1: actor]
            64 pairs  [each shard: its part of 64 pairs as in local]
            """,
            """
            The time from a tell to the next tell of the one who received it, per hop, two hops a round trip. 64 pairs: the
            messages received by all of them in a second, over --shards shards.
            """,
            """
            A loaded runtime: with one pair nothing else is ready, so cross includes waking a shard that has gone to sleep.
            """);

    @Override
    public Description description() {
        return DESCRIPTION;
    }

    @Override
    public void run(Lab lab) throws Exception {
        try (ActorSystem system = lab.system(1)) {
            lab.report("pingpong-local", "ns/hop", lab.time("pingpong-local", HOPS, roundTrips -> {
                long startNanos = System.nanoTime();
                Lab.requireDone("round trips", roundTrips, lab.join(system.spawn(() -> playPair(roundTrips))));
                return System.nanoTime() - startNanos;
            }));
            lab.report(
                    "pingpong-direct",
                    "ns/hop",
                    lab.time(
                            "pingpong-direct",
                            HOPS,
                            roundTrips -> lab.join(system.spawn(() -> nanosOfDirectPair(roundTrips)))));
        }
        try (ActorSystem system = lab.system(2);
                Hosted<Message> server = Hosted.on(0, system, () -> spawnActor("server", Player::new));
                Hosted<Message> returner = Hosted.on(1, system, () -> spawnActor("returner", Player::new))) {
            lab.report("pingpong-cross", "ns/hop", lab.time("pingpong-cross", HOPS, roundTrips -> {
                long startNanos = System.nanoTime();
                int played = lab.join(
                        server.actor().ask(Lab.PATIENCE, done -> new Serve(returner.actor(), roundTrips, done)));
                Lab.requireDone("round trips", roundTrips, played);
                return System.nanoTime() - startNanos;
            }));
        }
        try (ActorSystem system = lab.system(lab.settings().shards())) {
            Samples nanos =
                    lab.time("pingpong-64-pairs", PAIRS * HOPS, roundTrips -> nanosOfPairs(lab, system, roundTrips));
            lab.report("pingpong-64-pairs", "Mmsg/s", nanos.toMillionsPerSecond());
        }
    }

    private static int playPair(int roundTrips) {
        ActorRef<Message> server = spawnActor("server", Player::new);
        ActorRef<Message> returner = spawnActor("returner", Player::new);
        return await(server.ask(Lab.PATIENCE, done -> new Serve(returner, roundTrips, done)));
    }

    private static long nanosOfPairs(Lab lab, ActorSystem system, int roundTrips) throws Exception {
        long startNanos = System.nanoTime();
        List<Task<Integer>> pairs = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            pairs.add(system.spawn(() -> playPair(roundTrips)));
        }
        for (Task<Integer> pair : pairs) {
            Lab.requireDone("round trips", roundTrips, lab.join(pair));
        }
        return System.nanoTime() - startNanos;
    }

    /// A ball that says whom to return it to; each player keeps one.
    private record DirectBall(ActorRef<DirectBall> from) {}

    private static long nanosOfDirectPair(int roundTrips) {
        CompletableFuture<Long> nanos = new CompletableFuture<>();
        ActorRef<DirectBall> returner = spawnActor("returner", PingPongScenario::returnForever);
        spawnActor("server", (Inbox<DirectBall> inbox) -> {
            DirectBall ball = new DirectBall(inbox.self());
            long startNanos = System.nanoTime();
            for (int i = 0; i < roundTrips; i++) {
                returner.tell(ball);
                inbox.receive();
            }
            nanos.complete(System.nanoTime() - startNanos);
        });
        return await(nanos);
    }

    /// Until it is stopped, which `receive` reports.
    private static void returnForever(Inbox<DirectBall> inbox) {
        DirectBall ball = new DirectBall(inbox.self());
        while (true) {
            inbox.receive().from().tell(ball);
        }
    }
}
