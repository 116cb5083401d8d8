package dev.rouse.examples.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class IsupportTest {
    private final ChatOptions options = ChatOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

    @Test
    void aLineHasAtMostThirteenTokens() {
        assertThat(Isupport.lines(options)).allSatisfy(line -> assertThat(line).hasSizeBetween(1, 13));
        assertThat(Isupport.lines(options).stream().mapToInt(l -> l.length).sum())
                .isEqualTo(Isupport.tokens(options).size());
    }

    @Test
    void theLimitsAreThoseInForce() {
        assertThat(Isupport.tokens(options.withLimits(ChatLimits.defaults().withChannelsPerClient(7))))
                .contains("CHANLIMIT=#:7", "NICKLEN=30", "CASEMAPPING=ascii", "MAXLIST=b:64", "PREFIX=(ov)@+");
    }
}
