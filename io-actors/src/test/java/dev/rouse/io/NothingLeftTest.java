package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/// That it sees what is left.
@Timeout(60)
final class NothingLeftTest {

    private final NothingLeft account = new NothingLeft();

    @BeforeEach
    void begin() throws Exception {
        account.begin();
    }

    static boolean isThereProc() {
        return Files.isDirectory(Path.of("/proc/self/fd"));
    }

    private void hasNothing() {
        await().untilAsserted(() -> assertThat(account.left()).isEmpty());
    }

    @Test
    @EnabledIf("isThereProc")
    void aSocketIsSeenUntilItIsClosed() throws Exception {
        hasNothing();
        try (ServerSocketChannel _ = ServerSocketChannel.open()) {
            assertThat(account.left()).singleElement().asString().startsWith("descriptor socket:");
        }
        hasNothing();
    }

    @Test
    @EnabledIf("isThereProc")
    void aSelectorIsSeenUntilItIsClosed() throws Exception {
        hasNothing();
        try (Selector _ = Selector.open()) {
            assertThat(account.left()).isNotEmpty().allMatch(each -> each.startsWith("descriptor anon_inode:"));
        }
        hasNothing();
    }

    @Test
    void theThreadsOfASystemAreSeenUntilItIsClosed() {
        hasNothing();
        try (ActorSystem _ = ActorSystem.builder().name("left").shards(1).build()) {
            assertThat(account.left()).anyMatch(each -> each.startsWith("thread "));
        }
        hasNothing();
    }

    @Test
    void directMemoryIsSeenUntilItIsCollected() {
        hasNothing();
        ByteBuffer held = ByteBuffer.allocateDirect(64 << 20);
        assertThat(account.left()).singleElement().asString().startsWith("direct memory: before=");
        assertThat(held.isDirect()).isTrue();
    }
}
