package dev.rouse.testkit;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// An actor that keeps what it is told, for a test that looks at it without waiting: what is there is there.
///
/// ```java
/// TestInbox<String> log = harness.inbox("log");
/// harness.tell(new Greet("Ada", log.ref()));
/// log.expect("hello, Ada");
/// ```
///
/// In an [ActorHarness] everything that can go on without time passing has gone on before it looks. On another system
/// what is on its way is not there yet: a [TestProbe] waits for it.
public final class TestInbox<M> {
    /// Messages that nobody has looked at yet; the inbox fails at one more. A guess.
    private static final int CAPACITY = 10_000;

    private final ActorRef<Object> actor;
    private final Keeper keeper;
    private final Runnable beforeLook;

    TestInbox(ActorRef<Object> actor, Keeper keeper, Runnable beforeLook) {
        this.actor = actor;
        this.keeper = keeper;
        this.beforeLook = beforeLook;
    }

    public static <M> TestInbox<M> of(ActorSystem system, String name) {
        return of(system, name, () -> {});
    }

    static <M> TestInbox<M> of(ActorSystem system, String name, Runnable beforeLook) {
        Keeper keeper = new Keeper();
        ActorOptions options = ActorOptions.defaults().withMailbox(CAPACITY);
        return new TestInbox<>(Faults.spared(system.spawnActor(name, options, () -> keeper)), keeper, beforeLook);
    }

    /// Whom to tell.
    @SuppressWarnings("unchecked") // it takes everything
    public ActorRef<M> ref() {
        return (ActorRef<M>) actor;
    }

    /// The oldest message that nobody has looked at.
    ///
    /// @throws AssertionError if there is none
    public M receive() {
        Object next = poll();
        if (next == null) {
            throw failure("a message", "none");
        }
        return typed(next);
    }

    private @Nullable Object poll() {
        beforeLook.run();
        return keeper.next();
    }

    @SuppressWarnings("unchecked") // told through ref(), or by the parent that has spawned an actor of this type
    private M typed(Object message) {
        return (M) message;
    }

    /// The oldest message is equal to this one.
    public M expect(M message) {
        Objects.requireNonNull(message, "message");
        Object next = poll();
        if (next == null || !next.equals(message)) {
            throw failure(message.toString(), next == null ? "none" : next.toString());
        }
        return typed(next);
    }

    /// The oldest message is of this type.
    public <T extends M> T expect(Class<T> type) {
        Object next = poll();
        if (!type.isInstance(next)) {
            throw failure("a message of type " + type.getName(), next == null ? "none" : next.toString());
        }
        return type.cast(next);
    }

    /// There is no message that nobody has looked at.
    public void expectNone() {
        Object next = poll();
        if (next != null) {
            throw failure("no message", next.toString());
        }
    }

    /// All that nobody has looked at, the oldest first.
    public List<M> receiveAll() {
        List<M> all = new ArrayList<>();
        for (Object next = poll(); next != null; next = keeper.next()) {
            all.add(typed(next));
        }
        return all;
    }

    /// Ends it, as an actor ends: who watches it is told.
    public void stop() {
        actor.stop();
        beforeLook.run();
    }

    /// Has it fail, as an actor fails in a handler; what comes of that is for the supervision with which it was
    /// spawned.
    public void fail(Exception cause) {
        actor.tell(new Fail(Objects.requireNonNull(cause, "cause")));
        beforeLook.run();
    }

    private static AssertionError failure(String expected, String actual) {
        return new AssertionError("expected: " + expected + "\n but was: " + actual);
    }

    private record Fail(Exception cause) {}

    /// The actor, and what it keeps: written by its shard, taken by the test.
    static final class Keeper implements Actor<Object> {
        private final LinkedBlockingQueue<Object> messages = new LinkedBlockingQueue<>(CAPACITY);
        private volatile boolean overflowed;

        @Override
        public void onStart(ActorContext<Object> context) {
            Faults.spared(context.self());
        }

        @Override
        public void receive(Object message, ActorContext<Object> context) throws Exception {
            if (message instanceof Fail(Exception cause)) {
                throw cause;
            }
            if (!messages.offer(message)) {
                overflowed = true;
                throw full();
            }
        }

        private static IllegalStateException full() {
            return new IllegalStateException(
                    "an inbox holds no more messages that nobody has looked at: limit=" + CAPACITY);
        }

        @Nullable
        Object next() {
            if (overflowed) {
                throw full();
            }
            return messages.poll();
        }
    }
}
