package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rouse.actor.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Groups on the loopback interface.
final class UdpMulticastTest extends SocketTest {

    private static final InetSocketAddress ALL_ADDRESSES = new InetSocketAddress(0);

    private final NetworkInterface loopback;
    private final InetAddress group;

    UdpMulticastTest() throws IOException {
        loopback = Objects.requireNonNull(NetworkInterface.getByInetAddress(ANY_PORT.getAddress()));
        group = InetAddress.getByName("239.255.77.1");
    }

    private UdpSocket sender() throws IOException {
        return UdpSocket.bind(ANY_PORT, UdpOptions.defaults().withMulticastInterface(loopback));
    }

    private InetSocketAddress target(UdpSocket member) {
        return new InetSocketAddress(group, member.localAddress().getPort());
    }

    /// Sends one to the group, then one to the socket itself, and says which is heard first.
    private String heard(UdpSocket sender, UdpSocket member) throws IOException {
        sender.send(ByteBuffer.wrap(new byte[] {1}), target(member));
        sender.send(
                ByteBuffer.wrap(new byte[] {2}),
                new InetSocketAddress(
                        ANY_PORT.getAddress(), member.localAddress().getPort()));
        ByteBuffer room = ByteBuffer.allocate(1);
        member.receive(room);
        if (room.get(0) == 2) {
            return "itself";
        }
        member.receive(room.clear());
        return "group";
    }

    @Test
    void aMemberHearsTheGroupUntilItLeaves() throws Exception {
        try (UdpSocket member = UdpSocket.bind(ALL_ADDRESSES);
                UdpSocket sender = sender()) {
            Task<Void> task = system.spawn(() -> {
                assertThat(heard(sender, member)).isEqualTo("itself");
                MulticastMembership membership = member.join(group, loopback);
                assertThat(membership.group()).isEqualTo(group);
                assertThat(membership.device()).isEqualTo(loopback);
                assertThat(membership.source()).isNull();
                assertThat(membership.isMember()).isTrue();
                assertThat(heard(sender, member)).isEqualTo("group");
                membership.close();
                assertThat(membership.isMember()).isFalse();
                assertThat(heard(sender, member)).isEqualTo("itself");
            });
            join(task);
        }
    }

    @Test
    void aMemberBySourceHearsThatSourceOnly() throws Exception {
        InetAddress source = ANY_PORT.getAddress();
        InetAddress other = InetAddress.getByName("127.0.0.2");
        try (UdpSocket member = UdpSocket.bind(ALL_ADDRESSES);
                UdpSocket sender = sender();
                UdpSocket stranger = UdpSocket.bind(
                        new InetSocketAddress(other, 0), UdpOptions.defaults().withMulticastInterface(loopback))) {
            Task<Void> task = system.spawn(() -> {
                MulticastMembership membership = member.join(group, loopback, source);
                assertThat(membership.source()).isEqualTo(source);
                assertThat(heard(stranger, member)).isEqualTo("itself");
                assertThat(heard(sender, member)).isEqualTo("group");
            });
            join(task);
        }
    }

    /// On the loopback interface nobody could tell what they do.
    @Test
    void interfaceTtlAndLoopAreSet() throws Exception {
        try (DatagramChannel channel = DatagramChannel.open()) {
            UdpSocket.setUp(
                    channel,
                    UdpOptions.defaults()
                            .withMulticastInterface(loopback)
                            .withMulticastTtl(7)
                            .withoutMulticastLoop());
            assertThat(channel.getOption(StandardSocketOptions.IP_MULTICAST_IF)).isEqualTo(loopback);
            assertThat(channel.getOption(StandardSocketOptions.IP_MULTICAST_TTL))
                    .isEqualTo(7);
            assertThat(channel.getOption(StandardSocketOptions.IP_MULTICAST_LOOP))
                    .isFalse();
        }
    }

    @Test
    void theEndOfTheSocketEndsItsMembership() throws Exception {
        UdpSocket member = UdpSocket.bind(ALL_ADDRESSES);
        MulticastMembership membership = join(system.spawn(() -> {
            MulticastMembership joined = member.join(group, loopback);
            member.close();
            return joined;
        }));
        assertThat(membership.isMember()).isFalse();
        membership.close();
    }

    @Test
    void whatIsNoGroupAndMixedMembershipsAreRefused() throws Exception {
        try (UdpSocket member = UdpSocket.bind(ALL_ADDRESSES)) {
            String socket = "udp socket, local=[0:0:0:0:0:0:0:0]:"
                    + member.localAddress().getPort();
            Task<Void> task = system.spawn(() -> {
                assertThatThrownBy(() -> member.join(ANY_PORT.getAddress(), loopback))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("not the address of a group: " + socket + ", group=127.0.0.1, interface="
                                + loopback.getName() + "; groups are 224.0.0.0/4 and ff00::/8");
                member.join(group, loopback);
                assertThatThrownBy(() -> member.join(group, loopback, ANY_PORT.getAddress()))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("a group is joined by source or for all, not both: " + socket
                                + ", group=239.255.77.1, interface=" + loopback.getName()
                                + ", source=127.0.0.1; leave it before");
                InetAddress other = InetAddress.getByName("239.255.77.2");
                assertThatThrownBy(() -> member.join(other, loopback, InetAddress.getByName("::2")))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("cannot join: " + socket + ", group=239.255.77.2, interface=");
            });
            join(task);
        }
    }
}
