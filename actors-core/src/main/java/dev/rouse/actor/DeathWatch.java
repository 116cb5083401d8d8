package dev.rouse.actor;

import dev.rouse.actor.spi.Effect;
import dev.rouse.dispatch.Command;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A watch. Belongs to the watcher's shard; the shard of the watched actor knows it as one that waits for the end.
///
/// | from | to | when |
/// |---|---|---|
/// | watching | told | the watched actor has ended: the message is in the watcher's control queue |
/// | told | over | the watcher has come to the message |
/// | any | over | cancelled, or the watcher has ended or begun anew |
final class DeathWatch extends Control implements Watch, Waiter {
    private final ActorCell<?> watcher;
    private final ActorCell<?> watched;
    private final Function<Terminated, ?> message;
    private @Nullable Terminated terminated;
    private boolean over;

    DeathWatch(ActorCell<?> watcher, ActorCell<?> watched, Function<Terminated, ?> message) {
        this.watcher = watcher;
        this.watched = watched;
        this.message = message;
    }

    void start() {
        watched.whenDone(this);
    }

    /// On the shard of the watched actor or, after the end of that shard, on any thread.
    @Override
    public void onDone(Outcome<?> outcome) {
        Terminated news = new Terminated(watched, watched.failureAtEnd());
        if (watcher.local.shard.isCurrent()) {
            arrive(news);
        } else {
            watcher.local.shard.submit(new Arrival(news));
        }
    }

    private final class Arrival extends Command {
        private final Terminated news;

        Arrival(Terminated news) {
            this.news = news;
        }

        @Override
        protected void execute() {
            arrive(news);
        }

        @Override
        protected void refused() {
            // the watcher's shard has terminated, and the watcher with it
        }
    }

    private void arrive(Terminated news) {
        if (!over && terminated == null) {
            terminated = news;
            watcher.tellControl(this);
        }
    }

    @Override
    Object deliver() {
        over = true;
        watcher.annex().remove(this);
        return Objects.requireNonNull(message.apply(Objects.requireNonNull(terminated)), "message");
    }

    @Override
    public void cancel() {
        watcher.requireOwnTurn("a watch");
        if (!over) {
            if (watcher.local.witness != null) {
                Sightings.saw(watcher, new Effect.Unwatched(watched));
            }
            watcher.annex().remove(this);
            end();
        }
    }

    /// Ends it; whoever calls has taken it out of the watcher's watches.
    void end() {
        over = true;
        watcher.withdraw(this);
        if (terminated == null) {
            leave();
        }
    }

    private void leave() {
        if (watched.isDone()) {
            return; // it has told its waiters
        }
        if (watched.local.shard.isCurrent()) {
            watched.removeWaiter(this);
        } else {
            watched.local.shard.submit(new Outcome.OwnerCommand() {
                @Override
                protected void execute() {
                    watched.removeWaiter(DeathWatch.this);
                }
            });
        }
    }
}
