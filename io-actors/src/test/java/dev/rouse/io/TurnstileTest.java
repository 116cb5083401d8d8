package dev.rouse.io;

import static dev.rouse.actor.Rouse.awaitAll;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TurnstileTest extends SocketTest {

    @Test
    void theyGoThroughOneAtATimeInTheOrderOfTheirComing() throws Exception {
        List<String> log = join(system.spawn(() -> {
            Turnstile turnstile = new Turnstile();
            List<String> seen = new ArrayList<>();
            List<Task<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int me = i;
                tasks.add(spawn(() -> {
                    turnstile.enter();
                    seen.add("in " + me);
                    sleepFor(Duration.ZERO);
                    seen.add("out " + me);
                    turnstile.leave();
                }));
            }
            awaitAll(tasks);
            assertThat(turnstile.isTaken()).isFalse();
            return seen;
        }));
        assertThat(log).containsExactly("in 0", "out 0", "in 1", "out 1", "in 2", "out 2");
    }

    @Test
    void whoGivesUpIsLeftOut() throws Exception {
        join(system.spawn(() -> {
            Turnstile turnstile = new Turnstile();
            turnstile.enter();
            Task<Throwable> second = spawn(() -> catchThrowable(turnstile::enter));
            Task<Void> third = spawn(() -> {
                turnstile.enter();
                turnstile.leave();
            });
            sleepFor(Duration.ZERO);
            second.cancel();
            sleepFor(Duration.ZERO);
            turnstile.leave();
            awaitAll(List.of(second, third));
            assertThat(dev.rouse.actor.Rouse.await(second)).isInstanceOf(CancelledException.class);
            assertThat(turnstile.isTaken()).isFalse();
        }));
    }
}
