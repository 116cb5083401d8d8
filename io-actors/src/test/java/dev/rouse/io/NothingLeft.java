package dev.rouse.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.Task;
import java.io.File;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test that leaves a descriptor, a thread or direct memory behind, compared with what there was before the
/// first test of its class.
///
/// Not counted is what the JDK opens once and keeps: files such as jars, threads of its own pools, and the direct
/// buffer that each thread of its scheduler keeps after it has written from the heap.
final class NothingLeft implements BeforeAllCallback, AfterEachCallback {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /// What a thread of the JDK's scheduler may keep: `Output.Write` hands it no more at a time.
    private static final long KEPT_BY_A_THREAD_BYTES = 64 * 1024;

    /// Threads that the JDK, the tests' libraries or the runtime make once for all.
    private static final List<String> OF_THE_JVM = List.of(
            "ForkJoinPool",
            "VirtualThread-",
            "CompletableFuture",
            "Common-Cleaner",
            "Cleaner-",
            "process reaper",
            "Read-Poller",
            "Write-Poller",
            "MasterPoller",
            "Attach Listener",
            "awaitility",
            "junit",
            "surefire",
            "JFR",
            "rouse-dropped",
            "rouse-tls-");

    private Set<String> descriptors = Set.of();
    private Set<Thread> threads = Set.of();
    private long directBytes;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        begin();
    }

    /// What there is now is not left behind.
    void begin() throws Exception {
        useEverythingOnce();
        descriptors = openDescriptors();
        threads = Thread.getAllStackTraces().keySet();
        directBytes = directBytes();
    }

    /// The first use opens what the JDK keeps.
    private static void useEverythingOnce() throws Exception {
        try (ActorSystem system = ActorSystem.builder().shards(2).build();
                TcpListener listener = TcpListener.bind(SocketTest.ANY_PORT);
                UdpSocket datagrams = UdpSocket.bind(SocketTest.ANY_PORT)) {
            Task<Void> server = system.spawn(() -> {
                datagrams.send(ByteBuffer.allocate(1), datagrams.localAddress());
                datagrams.receive(ByteBuffer.allocate(1));
                try (TcpStream stream = listener.accept()) {
                    stream.write(ByteBuffer.allocate((int) KEPT_BY_A_THREAD_BYTES));
                    stream.read();
                }
            });
            InetSocketAddress address = (InetSocketAddress) listener.localAddress();
            try (Socket peer = new Socket(address.getAddress(), address.getPort())) {
                peer.getOutputStream().write(new byte[2 * (int) KEPT_BY_A_THREAD_BYTES]);
                peer.getInputStream().readNBytes((int) KEPT_BY_A_THREAD_BYTES);
                server.join(Duration.ofSeconds(30));
            }
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(left()).as("left behind").isEmpty());
    }

    /// What is left at the moment.
    List<String> left() {
        List<String> left = new ArrayList<>();
        leftDescriptors().forEach(each -> left.add("descriptor " + each));
        leftThreads().forEach(each -> left.add("thread " + each));
        if (isDirectMemoryLeft()) {
            // It goes with the buffers' objects, when the garbage collector finds them.
            System.gc();
            left.add("direct memory: before=" + directBytes + " bytes, now=" + directBytes() + " bytes");
        }
        return left;
    }

    private Set<String> leftDescriptors() {
        Set<String> left = openDescriptors();
        left.removeAll(descriptors);
        return left;
    }

    private Set<String> leftThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(each -> each.isAlive() && !threads.contains(each))
                .map(Thread::getName)
                .filter(name -> OF_THE_JVM.stream().noneMatch(name::startsWith))
                .collect(Collectors.toSet());
    }

    private boolean isDirectMemoryLeft() {
        long ofTheJdk = Thread.getAllStackTraces().keySet().stream()
                .filter(each -> each.getName().startsWith("ForkJoinPool"))
                .count();
        return directBytes() > directBytes + ofTheJdk * KEPT_BY_A_THREAD_BYTES;
    }

    /// Sockets, selectors and pipes by the number that the system has given them; empty where it does not tell.
    private static Set<String> openDescriptors() {
        Set<String> open = new HashSet<>();
        String[] numbers = new File("/proc/self/fd").list();
        for (String number : numbers == null ? new String[0] : numbers) {
            try {
                String what =
                        Files.readSymbolicLink(Path.of("/proc/self/fd", number)).toString();
                if (!what.startsWith("/")) {
                    // Those without a number of their own, such as selectors, by that of the
                    // descriptor.
                    open.add(what.startsWith("anon_inode") ? what + number : what);
                }
            } catch (IOException _) {
                // closed since it was listed, as the listing itself is
            }
        }
        return open;
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
