package dev.rouse.io;

import static dev.rouse.actor.Rouse.suspend;

import dev.rouse.actor.Waker;
import dev.rouse.dispatch.spi.Conductor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Looks up the addresses of names on threads of its own, since the system's look-up blocks: the function is suspended
/// and its shard goes on. Any function.
///
/// A function that gives up takes its look-up out of the queue; one that has begun cannot be ended, and its threads are
/// few: names that the system does not answer for hold up others.
final class Names {

    /// Look-ups at a time. A few, since each may last as long as the system waits for its servers. A guess.
    private static final int THREADS = 4;

    /// Look-ups that wait for a thread. A guess.
    private static final int WAITING = 256;

    /// An idle thread ends after this. A guess.
    private static final long KEEP_SECONDS = 5;

    /// Those of the machine, for all systems of the process.
    static final Names MACHINE = new Names(name -> List.of(InetAddress.getAllByName(name)), THREADS, WAITING);

    /// The look-up that blocks, a seam for tests.
    @FunctionalInterface
    interface Blocking {
        List<InetAddress> lookUp(String name) throws UnknownHostException;
    }

    private final Blocking blocking;
    private final int waiting;
    private final ThreadPoolExecutor threads;

    Names(Blocking blocking, int threads, int waiting) {
        this.blocking = blocking;
        this.waiting = waiting;
        this.threads = new ThreadPoolExecutor(
                threads,
                threads,
                KEEP_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(waiting),
                Thread.ofPlatform()
                        .daemon()
                        .inheritInheritableThreadLocals(false)
                        .name("rouse-names-", 0)
                        .factory());
        this.threads.allowCoreThreadTimeOut(true);
    }

    /// Suspends until the addresses are known; not for an address in digits, which is its own name. In a simulation
    /// that says what names there are.
    ///
    /// @throws UnknownHostException if the name is blank, there is no such name, or it cannot be looked up
    /// @throws NameLimitException if too many look-ups wait already
    List<InetAddress> lookUp(String name) throws IOException {
        if (name.isBlank()) {
            throw Failures.blank(name); // the system takes an empty one for this machine
        }
        InetAddress literal = literal(name);
        if (literal != null) {
            return List.of(literal);
        }
        Conductor conductor = Conductor.current();
        return conductor == null ? suspended(name) : conductor.addresses(name);
    }

    private static @Nullable InetAddress literal(String name) {
        try {
            return InetAddress.ofLiteral(name);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private List<InetAddress> suspended(String name) throws IOException {
        LookUp lookUp = new LookUp(name);
        Answer answer;
        boolean awaited = false;
        try {
            answer = suspend(lookUp::start);
            awaited = true;
        } finally {
            if (!awaited) {
                threads.remove(lookUp);
            }
        }
        return switch (answer) {
            case Found(var addresses) -> addresses;
            case Unknown(var cause) -> throw Failures.resolve(name, cause);
            case Refused _ -> throw new NameLimitException(name, waiting);
        };
    }

    private sealed interface Answer {}

    private record Found(List<InetAddress> addresses) implements Answer {}

    private record Unknown(UnknownHostException cause) implements Answer {}

    private record Refused() implements Answer {}

    /// One name on its way through the threads.
    private final class LookUp implements Runnable {
        private final String name;
        private volatile @Nullable Waker<Answer> waker;

        LookUp(String name) {
            this.name = name;
        }

        void start(Waker<Answer> whom) {
            waker = whom;
            try {
                threads.execute(this);
            } catch (RejectedExecutionException _) {
                whom.wake(new Refused());
            }
        }

        @Override
        public void run() {
            Waker<Answer> whom = waker;
            if (whom == null) {
                return;
            }
            try {
                whom.wake(answer());
            } catch (RuntimeException | Error e) {
                whom.fail(e);
            }
        }

        private Answer answer() {
            try {
                return new Found(blocking.lookUp(name));
            } catch (UnknownHostException e) {
                return new Unknown(e);
            }
        }
    }
}
