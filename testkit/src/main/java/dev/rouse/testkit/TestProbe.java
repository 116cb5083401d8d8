package dev.rouse.testkit;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.ActorSystem;
import dev.rouse.actor.ActorTimer;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.ReplyTo;
import dev.rouse.actor.Task;
import dev.rouse.dispatch.Shard;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// An actor that keeps what it is told, for a test that says what it expects.
///
/// ```java
/// TestProbe<Integer> probe = TestProbe.of(system, "probe");
/// adder.tell(new Add(1, 2, probe.ref()));
/// probe.expect(3);
/// ```
///
/// Messages come in the order in which they were told. Each expectation looks at the next one only, and waits for it as
/// long as the probe has patience: in a simulation that is virtual time. To be used by one function or thread at a
/// time; a function is suspended while it waits, a thread is blocked.
public final class TestProbe<M> {
    /// What an ask of the probe may take longer than the wait for a message itself. A guess.
    private static final Duration SLACK = Duration.ofSeconds(10);

    /// Messages that nobody has expected yet; the probe fails at one more. A guess.
    private static final int CAPACITY = 10_000;

    private final ActorRef<Object> actor;
    private final Duration patience;
    private final List<Predicate<? super M>> ignored = new ArrayList<>();

    private TestProbe(ActorRef<Object> actor, Duration patience) {
        this.actor = actor;
        this.patience = patience;
    }

    /// Waits at most 3 seconds for a message.
    public static <M> TestProbe<M> of(ActorSystem system, String name) {
        return of(system, name, Duration.ofSeconds(3));
    }

    public static <M> TestProbe<M> of(ActorSystem system, String name, Duration patience) {
        ActorOptions options = ActorOptions.defaults().withMailbox(CAPACITY);
        Objects.requireNonNull(patience, "patience");
        return new TestProbe<>(Faults.spared(system.spawnActor(name, options, Keeper::new)), patience);
    }

    /// Whom to tell.
    @SuppressWarnings("unchecked") // it takes everything
    public ActorRef<M> ref() {
        return (ActorRef<M>) actor;
    }

    /// The next message.
    ///
    /// @throws AssertionError if none comes
    public M receive() {
        return typed(take(patience).orElseThrow(() -> failure("a message", "none within " + patience)));
    }

    @SuppressWarnings("unchecked") // told through ref()
    private M typed(Object message) {
        return (M) message;
    }

    /// The next message is equal to this one.
    public M expect(M message) {
        Objects.requireNonNull(message, "message");
        M next = receive();
        if (!next.equals(message)) {
            throw failure(String.valueOf(message), String.valueOf(next));
        }
        return next;
    }

    /// The next message is of this type.
    public <T extends M> T expect(Class<T> type) {
        M next = receive();
        if (!type.isInstance(next)) {
            throw failure("a message of type " + type.getName(), String.valueOf(next));
        }
        return type.cast(next);
    }

    /// The next message is such a one.
    public M expect(String what, Predicate<? super M> condition) {
        Objects.requireNonNull(condition, "condition");
        M next = receive();
        if (!condition.test(next)) {
            throw failure(what, String.valueOf(next));
        }
        return next;
    }

    /// The next messages are these, in any order.
    ///
    /// @throws AssertionError if another one comes among them, or one of them does not come
    public void expectInAnyOrder(List<? extends M> messages) {
        List<M> missing = new ArrayList<>(messages);
        List<M> found = new ArrayList<>();
        while (!missing.isEmpty()) {
            Optional<Object> next = take(patience);
            if (next.isEmpty() || !missing.remove(next.get())) {
                throw failure(
                        "in any order " + messages,
                        found + ", and then " + next.map(String::valueOf).orElse("none within " + patience));
            }
            found.add(typed(next.get()));
        }
    }

    /// From now on such messages are passed over, as if they had never been told.
    public void ignore(Predicate<? super M> condition) {
        ignored.add(Objects.requireNonNull(condition, "condition"));
    }

    /// No message comes within this time.
    public void expectNone(Duration within) {
        Optional<Object> next = take(within);
        if (next.isPresent()) {
            throw failure("no message within " + within, String.valueOf(next.get()));
        }
    }

    private AssertionError failure(String expected, String actual) {
        return new AssertionError("expected: " + expected + "\n but was: " + actual);
    }

    /// Where messages are ignored, each of them begins the wait anew.
    private Optional<Object> take(Duration atMost) {
        while (true) {
            Optional<Object> taken = takeOne(atMost);
            if (taken.isEmpty() || ignored.stream().noneMatch(each -> each.test(typed(taken.get())))) {
                return taken;
            }
        }
    }

    /// The time may be over before the answer is there: where it leaps, or the machine is slow.
    private Optional<Object> takeOne(Duration atMost) {
        Slot slot = new Slot();
        Task<Optional<Object>> next = actor.ask(atMost.plus(SLACK), reply -> new Take(atMost, slot, reply));
        try {
            return Shard.current() == null ? next.join() : await(next);
        } catch (AskTimeoutException _) {
            return slot.giveUp();
        }
    }

    /// What one wait gets: a message or nothing, or the end of it; whatever comes first holds.
    ///
    /// | state  | value            | left by                                                    |
    /// |--------|------------------|------------------------------------------------------------|
    /// | waits  | null             | `fill`, by the actor; `giveUp`, by who waits                 |
    /// | filled | what was told    | never                                                        |
    /// | over   | an empty optional | never                                                       |
    private static final class Slot {
        private final AtomicReference<@Nullable Optional<Object>> value = new AtomicReference<>();

        /// Returns false if nobody waits for it any more.
        boolean fill(Optional<Object> next) {
            return value.compareAndSet(null, next);
        }

        /// Returns what was there before.
        Optional<Object> giveUp() {
            return value.compareAndSet(null, Optional.empty()) ? Optional.empty() : Objects.requireNonNull(value.get());
        }
    }

    private record Take(Duration atMost, Slot slot, ReplyTo<Optional<Object>> reply) {}

    private record Expired(Take take) {}

    private static final class Keeper implements Actor<Object> {
        private final ArrayDeque<Object> messages = new ArrayDeque<>();
        private @Nullable Take waiting;
        private @Nullable ActorTimer timer;

        @Override
        public void onStart(ActorContext<Object> context) {
            Faults.spared(context.self());
        }

        @Override
        public void receive(Object message, ActorContext<Object> context) {
            switch (message) {
                case Take take -> begin(take, context);
                case Expired(Take take) -> {
                    if (take.equals(waiting)) {
                        answer(Optional.empty());
                    }
                }
                default -> {
                    if (messages.size() == CAPACITY) {
                        throw new IllegalStateException(
                                "a probe holds no more messages that nobody has expected: limit=" + CAPACITY);
                    }
                    messages.add(message);
                    answerIfAny();
                }
            }
        }

        private void begin(Take take, ActorContext<Object> context) {
            if (timer != null) {
                timer.cancel(); // of one that was given up
            }
            waiting = take;
            timer = context.timers().once(take.atMost(), new Expired(take));
            answerIfAny();
        }

        private void answerIfAny() {
            if (waiting != null && !messages.isEmpty() && answer(Optional.of(messages.element()))) {
                messages.remove();
            }
        }

        /// Returns false if nobody waited for it any more.
        private boolean answer(Optional<Object> next) {
            Take answered = Objects.requireNonNull(waiting);
            waiting = null;
            Objects.requireNonNull(timer).cancel();
            boolean wanted = answered.slot().fill(next);
            answered.reply().reply(next);
            return wanted;
        }
    }
}
