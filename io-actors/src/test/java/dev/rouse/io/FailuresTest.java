package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

final class FailuresTest {

    private static final InetSocketAddress ADDRESS = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);

    private final IOException denied = new IOException("Permission denied");

    @Test
    void onlyWhoBindsIsToldOfPortsThatNeedAPrivilege() {
        assertThat(Failures.bind(ADDRESS, denied))
                .hasMessage("cannot bind: address=127.0.0.1:80, cause=permission denied; ports below 1024 need a"
                        + " privilege, choose a higher one");
        assertThat(Failures.connect(ADDRESS, denied))
                .hasMessage("cannot connect: address=127.0.0.1:80, cause=permission denied");
    }
}
