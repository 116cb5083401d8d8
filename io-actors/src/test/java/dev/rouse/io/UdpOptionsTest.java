package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class UdpOptionsTest {

    @Test
    void defaultsDifferOnlyInWhatIsSet() throws IOException {
        NetworkInterface device =
                Objects.requireNonNull(NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()));
        UdpOptions options = UdpOptions.defaults()
                .withReuseAddress()
                .withReusePort()
                .withBroadcast()
                .withSendBufferBytes(1)
                .withReceiveBufferBytes(2)
                .withMulticastInterface(device)
                .withMulticastTtl(255)
                .withoutMulticastLoop()
                .withOversize(Oversize.FAIL);
        assertThat(options).isEqualTo(new UdpOptions(true, true, true, 1, 2, device, 255, false, Oversize.FAIL));
        assertThat(UdpOptions.defaults())
                .isEqualTo(new UdpOptions(false, false, false, 0, 0, null, 1, true, Oversize.TRUNCATE));
    }

    @Test
    void valuesOutOfTheirRangeAreRefused() {
        assertRefused(
                () -> UdpOptions.defaults().withSendBufferBytes(-1),
                "option out of range: sendBufferBytes=-1, least=0");
        assertRefused(
                () -> UdpOptions.defaults().withReceiveBufferBytes(-1),
                "option out of range: receiveBufferBytes=-1, least=0");
        assertRefused(
                () -> UdpOptions.defaults().withMulticastTtl(-1), "option out of range: multicastTtl=-1, least=0");
        assertRefused(
                () -> UdpOptions.defaults().withMulticastTtl(256), "option out of range: multicastTtl=256, most=255");
    }

    private static void assertRefused(Supplier<UdpOptions> options, String message) {
        assertThatThrownBy(options::get)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
