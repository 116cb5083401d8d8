package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rouse.dispatch.Engine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/// A test that runs on actor systems of the engine under test, which are closed after it.
@Timeout(60)
abstract class SystemTest {
    /// A busy machine must not make a test log that a turn was long.
    private static final Limits DEFAULTS = Limits.defaults().withLongTurn(Duration.ofHours(1));

    private final Deque<ActorSystem> opened = new ArrayDeque<>();

    /// With one shard.
    ActorSystem system;

    @BeforeEach
    final void openSystem() {
        assertThat(Engine.preferred().name()).isEqualToIgnoringCase(System.getProperty("rouse.test.engine", "carrier"));
        system = open(1, UnaryOperator.identity());
    }

    @AfterEach
    final void closeSystems() {
        opened.forEach(ActorSystem::close);
    }

    final ActorSystem open(int shards, UnaryOperator<Limits> limits) {
        return opened(ActorSystem.builder().name("test").shards(shards).limits(limits.apply(DEFAULTS)));
    }

    final ActorSystem opened(ActorSystem.Builder builder) {
        ActorSystem opening = builder.build();
        opened.push(opening);
        return opening;
    }

    final ActorSystem open(UnaryOperator<Limits> limits) {
        return open(1, limits);
    }
}
