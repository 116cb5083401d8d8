package dev.rouse.dispatch;

/// What another thread wants done on a shard: an entry of its inbox lane.
///
/// Commands run between turns in the order in which each thread submitted them. They are the runtime's own short steps
/// and must not block, suspend or throw.
public abstract class Command {

    /// For subclasses.
    protected Command() {}

    /// Runs on the owning shard.
    protected abstract void execute();

    /// Called instead of [#execute], by whichever thread notices, when the shard has terminated. Must be safe on
    /// any thread.
    protected abstract void refused();
}
