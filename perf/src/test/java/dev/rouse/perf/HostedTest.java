package dev.rouse.perf;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawnActor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HostedTest {
    @AutoClose
    private final ActorSystem system = ActorSystem.builder().shards(2).build();

    @Test
    void theActorIsOnTheShardThatWasAskedFor() throws Exception {
        for (int shard = 0; shard < 2; shard++) {
            try (Hosted<Integer> hosted = Hosted.on(shard, system, () -> spawnActor("actor", () -> (_, _) -> {}))) {
                assertThat(hosted.actor().path()).contains("actor");
            }
        }
    }

    @Test
    void aSpawnThatFailsFailsTheCaller() {
        IllegalStateException failure = new IllegalStateException("no actor today");
        assertThatThrownBy(() -> Hosted.on(1, system, () -> {
                    throw failure;
                }))
                .isInstanceOf(ExecutionException.class)
                .hasCause(failure);
    }

    @Test
    void aSpawnThatHangsFailsTheCallerWhenItsPatienceEnds() {
        CompletableFuture<ActorRef<Integer>> never = new CompletableFuture<>();
        assertThatThrownBy(() -> Hosted.on(0, system, () -> await(never), Duration.ofMillis(50)))
                .isInstanceOf(TimeoutException.class)
                .hasMessage("no actor was spawned in time: shard=0, after=50ms; the runtime hangs, or the spawn waits"
                        + " for something");
    }

    @Test
    void aCallerThatIsInterruptedLeavesNoSpawnBehind() throws Exception {
        CompletableFuture<ActorRef<Integer>> never = new CompletableFuture<>();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        Thread caller = Thread.currentThread();
        assertThatThrownBy(() -> Hosted.on(0, system, () -> {
                    caller.interrupt();
                    try {
                        return await(never);
                    } finally {
                        ended.complete(true);
                    }
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(ended.get()).isTrue();
    }
}
