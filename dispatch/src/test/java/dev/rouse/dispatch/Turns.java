package dev.rouse.dispatch;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Short forms for what tests do with a shard.
final class Turns {
    private Turns() {}

    static Turn turn(Runnable body) {
        return new Turn() {
            @Override
            protected void run() {
                body.run();
            }
        };
    }

    static Timer timer(Runnable body) {
        return new Timer() {
            @Override
            protected void onExpiry() {
                body.run();
            }
        };
    }

    static Command command(Runnable body) {
        return new Command() {
            @Override
            protected void execute() {
                body.run();
            }

            @Override
            protected void refused() {
                // most tests end before their shard does; those about refusal have their own commands
            }
        };
    }

    /// Any thread: runs the body on the shard, between turns.
    static void submit(Shard shard, Runnable body) {
        shard.submit(command(body));
    }

    /// Any thread: runs the body as a turn.
    static void spawn(Shard shard, Runnable body) {
        submit(shard, () -> shard.ready(turn(body)));
    }

    /// Outside threads: runs the body as a turn and waits for its end; rethrows what it throws.
    static void run(Shard shard, Runnable body) {
        CountDownLatch done = new CountDownLatch(1);
        Throwable[] failure = new Throwable[1];
        spawn(shard, () -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure[0] = e;
            } finally {
                done.countDown();
            }
        });
        Patience.await(done);
        if (failure[0] != null) {
            throw new AssertionError("the turn failed", failure[0]);
        }
    }

    static Driver driver() {
        Driver driver = Driver.current();
        if (driver == null) {
            throw new AssertionError("not inside a turn");
        }
        return driver;
    }

    /// Something that happens once, on its shard, and that turns wait for.
    static final class Event {
        private @Nullable Driver waiting;
        private boolean happened;

        void await() {
            if (!happened) {
                waiting = driver();
                waiting.suspend();
                if (!happened) {
                    throw new AssertionError("resumed by nobody");
                }
            }
        }

        void happen() {
            if (happened) {
                throw new AssertionError("happened twice");
            }
            happened = true;
            if (waiting != null) {
                waiting.resume();
            }
        }
    }
}
