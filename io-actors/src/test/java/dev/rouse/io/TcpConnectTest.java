package dev.rouse.io;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.rouse.actor.CancelledException;
import dev.rouse.actor.DeadlineExceededException;
import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Connecting over several addresses, and by name.
final class TcpConnectTest extends SocketTest {
    private static final TcpOptions OPTIONS = TcpOptions.defaults();

    private static SocketAddress nobody() throws IOException {
        try (TcpListener listener = listener()) {
            return listener.localAddress();
        }
    }

    @Test
    void theFirstAddressThatTakesTheConnectionIsUsed() throws Exception {
        try (TcpListener listener = listener();
                TcpListener later = listener()) {
            List<SocketAddress> addresses = List.of(nobody(), listener.localAddress(), later.localAddress());
            join(system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect(addresses, OPTIONS)) {
                    assertThat(stream.remoteAddress()).isEqualTo(listener.localAddress());
                }
            }));
        }
    }

    @Test
    void whereNoneTakesItTheFailureListsEachWithItsCause() throws Exception {
        SocketAddress one = nobody();
        SocketAddress other = nobody();
        assertThat(join(system.spawn(() -> catchThrowable(() -> TcpStream.connect(List.of(one, other), OPTIONS)))))
                .isInstanceOf(ConnectException.class)
                .hasMessage("cannot connect to any address: tried=2, known=2\n"
                        + "cannot connect: address=" + Failures.text(one)
                        + ", cause=connection refused; nobody listens there\n"
                        + "cannot connect: address=" + Failures.text(other)
                        + ", cause=connection refused; nobody listens there")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
        assertThat(join(system.spawn(() -> catchThrowable(() -> TcpStream.connect(List.of(one), OPTIONS)))))
                .hasMessageStartingWith("cannot connect: address=");
    }

    @Test
    void soManyAddressesAreTriedAndNoMore() throws Exception {
        SocketAddress nobody = nobody();
        List<SocketAddress> most = Collections.nCopies(Connecting.MOST_ADDRESSES, nobody);
        assertThat(join(system.spawn(() -> catchThrowable(() -> TcpStream.connect(most, OPTIONS)))))
                .hasMessageStartingWith("cannot connect to any address: tried=16, known=16\n");
        List<SocketAddress> more = Collections.nCopies(Connecting.MOST_ADDRESSES + 1, nobody);
        assertThatThrownBy(() -> TcpStream.connect(more, OPTIONS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot connect: addresses=17, least=1, most=16");
        assertThatThrownBy(() -> TcpStream.connect(List.of(), OPTIONS))
                .hasMessage("cannot connect: addresses=0, least=1, most=16");
    }

    @Test
    void aNameIsLookedUpByTheMachine() throws Exception {
        try (TcpListener listener = listener()) {
            join(system.spawn(() -> {
                try (TcpStream stream = TcpStream.connect("localhost", listener.port())) {
                    assertThat(stream.remoteAddress()).isEqualTo(listener.localAddress());
                }
            }));
        }
    }

    @Test
    void anAddressInDigitsIsNotLookedUp() throws Exception {
        Names none = new Names(
                name -> {
                    throw new AssertionError("looked up: " + name);
                },
                1,
                1);
        try (TcpListener listener = listener()) {
            join(system.spawn(() -> Connecting.toName(none, "127.0.0.1", listener.port(), OPTIONS)
                    .close()));
        }
        assertThat(join(system.spawn(() -> none.lookUp("::1")))).hasSize(1);
    }

    @Test
    void anUnknownNameIsRefused() throws Exception {
        Names none = new Names(
                name -> {
                    throw new UnknownHostException(name + ": Name or service not known");
                },
                1,
                1);
        assertThat(join(system.spawn(() -> catchThrowable(() -> Connecting.toName(none, "nowhere", 80, OPTIONS)))))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("cannot resolve: host=nowhere, cause=nowhere: Name or service not known; there is no such"
                        + " name, or the servers that know it do not answer")
                .hasCauseInstanceOf(UnknownHostException.class);
    }

    /// The system takes it for this machine: whoever forgot the name would talk to a stranger.
    @Test
    void aBlankNameIsRefusedAndNotThisMachine() throws Exception {
        try (TcpListener listener = listener()) {
            for (String blank : List.of("", " ", "\t")) {
                assertThat(join(system.spawn(
                                () -> catchThrowable(() -> TcpStream.connect(blank, listener.port(), OPTIONS)
                                        .close()))))
                        .isInstanceOf(UnknownHostException.class)
                        .hasMessage("cannot resolve: host=\"" + blank + "\", cause=the name is blank; say which host,"
                                + " localhost for this machine");
            }
        }
    }

    @Test
    void aPortOutOfRangeIsRefused() {
        assertThatThrownBy(() -> TcpStream.connect("localhost", 65_536))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot connect: port=65536, least=0, most=65535");
        assertThatThrownBy(() -> TcpStream.connect("localhost", -1))
                .hasMessage("cannot connect: port=-1, least=0, most=65535");
    }

    /// A resolver that answers when it is let.
    private static final class Held implements Names.Blocking {
        final CountDownLatch asked = new CountDownLatch(1);
        final CountDownLatch answer = new CountDownLatch(1);
        final AtomicInteger lookUps = new AtomicInteger();

        @Override
        public List<InetAddress> lookUp(String name) throws UnknownHostException {
            lookUps.incrementAndGet();
            asked.countDown();
            try {
                answer.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return List.of(InetAddress.getLoopbackAddress());
        }
    }

    @Test
    void whileANameIsLookedUpTheShardGoesOn() throws Exception {
        Held held = new Held();
        Names names = new Names(held, 1, 1);
        List<InetAddress> found = join(system.spawn(() -> {
            Task<List<InetAddress>> lookUp = spawn(() -> names.lookUp("slow"));
            letOthersRun();
            assertThat(lookUp.isDone()).isFalse();
            held.answer.countDown(); // a neighbour on the same shard lets it go on
            return await(lookUp);
        }));
        assertThat(found).containsExactly(InetAddress.getLoopbackAddress());
    }

    @Test
    void soManyLookUpsWaitAndNoMore() throws Exception {
        Held held = new Held();
        Names names = new Names(held, 1, 1);
        join(system.spawn(() -> {
            Task<List<InetAddress>> running = spawn(() -> names.lookUp("first"));
            sleepFor(Duration.ZERO);
            held.asked.await();
            Task<List<InetAddress>> waiting = spawn(() -> names.lookUp("second"));
            sleepFor(Duration.ZERO);
            assertThatThrownBy(() -> names.lookUp("third"))
                    .isInstanceOf(NameLimitException.class)
                    .hasMessage("too many names wait to be looked up: host=third, limit=1; the system answers slowly or"
                            + " too much is asked, try again later or keep addresses");
            waiting.cancel();
            sleepFor(Duration.ZERO);
            assertThatThrownBy(() -> await(waiting)).isInstanceOf(CancelledException.class);
            Task<List<InetAddress>> instead = spawn(() -> names.lookUp("fourth"));
            sleepFor(Duration.ZERO);
            held.answer.countDown();
            await(running);
            await(instead);
            return true;
        }));
        assertThat(held.lookUps)
                .as("the one that was cancelled was never begun")
                .hasValue(2);
    }

    @Test
    void aDeadlineEndsALookUp() throws Exception {
        Held held = new Held();
        Names names = new Names(held, 1, 1);
        assertThat(join(system.spawn(() -> catchThrowable(
                        () -> withTimeout(Duration.ofMillis(5), () -> Connecting.toName(names, "slow", 80, OPTIONS))))))
                .isInstanceOf(DeadlineExceededException.class);
        held.answer.countDown();
    }
}
