package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.io.RefusalPace.BATCH;
import static dev.rouse.io.RefusalPace.LONGEST_REST_NANOS;
import static dev.rouse.io.RefusalPace.REST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import dev.rouse.dispatch.Turn;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// How fast a listener refuses, on a clock that is moved by hand.
final class RefusalPaceTest extends SocketTest {
    private static final long REFUSAL_NANOS = 10;

    private long now;
    private int calls;
    private final RefusalPace pace = new RefusalPace(() -> now);

    private void batch(long nanos) {
        pace.begin();
        now += nanos;
        pace.end();
    }

    @Test
    void nothingRestsBeforeTheFirstBatch() {
        now = Long.MIN_VALUE;
        assertThat(pace.rests()).isFalse();
    }

    @Test
    void aRestIsAMultipleOfItsBatch() {
        now = Long.MAX_VALUE - 500; // the clock may pass over the end of the range
        batch(100);
        now += 100 * REST - 1;
        assertThat(pace.rests()).isTrue();
        now++;
        assertThat(pace.rests()).isFalse();
    }

    @Test
    void aRestIsNoLongerThanPeersArePatient() {
        batch(LONGEST_REST_NANOS);
        now += LONGEST_REST_NANOS - 1;
        assertThat(pace.rests()).isTrue();
        now++;
        assertThat(pace.rests()).isFalse();
    }

    @Test
    void aBatchThatTookNoTimeIsFollowedByNoRest() {
        batch(0);
        assertThat(pace.rests()).isFalse();
    }

    /// There is always another peer.
    private SocketChannel nextPeer() {
        now += REFUSAL_NANOS;
        calls++;
        return new BrokenSocketChannel();
    }

    private static Connections connections() throws IOException {
        return Endpoint.pollerOf(Objects.requireNonNull(Shard.current()), NioPoller::new)
                .connections();
    }

    private @Nullable SocketChannel accept(ListenerAdmission admission) throws IOException {
        return admission.accept(this::nextPeer);
    }

    @Test
    void aBusyShardRefusesABatchAndRestsAndTakesWhoeverFindsRoomMeanwhile() throws Exception {
        TcpOptions options = TcpOptions.defaults().withMaxConnections(1).withOverload(Overload.REFUSE);
        ListenerAdmission admission = new ListenerAdmission("listener", options, pace);
        join(system.spawn(() -> {
            admission.enter(connections());
            assertThat(accept(admission)).isNotNull();
            Place first = admission.place();

            assertThat(accept(admission)).isNull();
            assertThat(calls).isEqualTo(1 + BATCH);
            now += BATCH * REFUSAL_NANOS * REST - 1;
            assertThatThrownBy(() -> accept(admission)).isInstanceOf(ListenerAdmission.NoRoom.class);
            assertThat(calls).isEqualTo(1 + BATCH);
            now++;
            assertThat(accept(admission)).isNull();
            assertThat(calls).isEqualTo(1 + 2 * BATCH);

            first.end();
            assertThat(accept(admission)).isNotNull();
            admission.place().end();
        }));
        assertThat(admission.refused()).isEqualTo(2 * BATCH);
        assertThat(admission.accepted()).isEqualTo(2);
    }

    /// The clock of the pace stands still: the rest would never be over.
    @Test
    void aShardThatHasNothingElseToDoEndsTheRest() throws Exception {
        TcpOptions options = TcpOptions.defaults().withMaxConnections(1).withOverload(Overload.REFUSE);
        ListenerAdmission admission = new ListenerAdmission("listener", options, pace);
        join(system.spawn(() -> {
            admission.enter(connections());
            assertThat(accept(admission)).isNotNull();
            assertThat(accept(admission)).isNull();
            admission.enter(connections()); // suspended until nothing else is ready
            assertThat(accept(admission)).isNull();
            admission.place().end();
        }));
        assertThat(admission.refused()).isEqualTo(2 * BATCH);
    }

    /// A turn that is always ready again keeps the shard busy: only the timer can end the rest, here the longest.
    @Test
    void aRestEndsOnABusyShardToo() throws Exception {
        TcpOptions options = TcpOptions.defaults().withMaxConnections(1).withOverload(Overload.REFUSE);
        try (ActorSystem small = ActorSystem.builder().shards(1).build()) {
            join(small.spawn(() -> {
                Shard shard = Objects.requireNonNull(Shard.current());
                RefusalPace slow = new RefusalPace(() -> shard.clock().nanoTime() + now * LONGEST_REST_NANOS);
                ListenerAdmission admission = new ListenerAdmission("listener", options, slow);
                admission.enter(connections());
                assertThat(accept(admission)).isNotNull();
                assertThat(accept(admission)).isNull();
                Task<Void> resting = spawn(() -> admission.enter(connections()));
                shard.ready(new Turn() {
                    @Override
                    protected void run() {
                        if (!resting.isDone()) {
                            shard.ready(this);
                        }
                    }
                });
                await(resting);
                assertThat(accept(admission)).isNull();
                admission.place().end();
            }));
        }
        assertThat(calls).isEqualTo(1 + 2 * BATCH);
    }
}
