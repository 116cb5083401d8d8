package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TcpOptionsTest {

    @Test
    void eachWithChangesItsOwnOption() {
        TcpOptions changed = TcpOptions.defaults()
                .withBacklog(5)
                .withNagle()
                .withKeepAlive()
                .withSendBufferBytes(6)
                .withReceiveBufferBytes(7)
                .withMaxConnections(8)
                .withOverload(Overload.REFUSE);
        assertThat(changed).isEqualTo(new TcpOptions(5, false, true, 6, 7, 8, Overload.REFUSE));
    }

    @Test
    void eachSwitchCanBeTurnedBack() {
        assertThat(TcpOptions.defaults().withNagle().withNoDelay()).isEqualTo(TcpOptions.defaults());
        assertThat(TcpOptions.defaults().withKeepAlive().withoutKeepAlive()).isEqualTo(TcpOptions.defaults());
    }

    @Test
    void valuesOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> TcpOptions.defaults().withBacklog(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("option out of range: backlog=0, least=1");
        assertThatThrownBy(() -> TcpOptions.defaults().withSendBufferBytes(-1))
                .hasMessage("option out of range: sendBufferBytes=-1, least=0");
        assertThatThrownBy(() -> TcpOptions.defaults().withReceiveBufferBytes(-1))
                .hasMessage("option out of range: receiveBufferBytes=-1, least=0");
        assertThatThrownBy(() -> TcpOptions.defaults().withMaxConnections(0))
                .hasMessage("option out of range: maxConnections=0, least=1");
    }
}
