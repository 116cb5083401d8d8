package dev.rouse.dispatch.spi;

/// What a [Conductor] decides for one shard. Called by that shard only, but for [#entered].
public interface ConductedShard extends TurnOrder {

    /// What [#beforePass] answers when the shard is to end as if its machine had: what is suspended never goes on.
    int THE_END = 0;

    /// Called before each pass, in no turn. May block.
    ///
    /// @return how many turns the pass may begin or go on with at most, or [#THE_END]
    int beforePass();

    /// How many of those things that others have handed to it the shard takes in at most in the pass that begins;
    /// at least 0, and above 0 some day. They come in their order; what is left waits, as it does when the shard is
    /// busy meanwhile.
    int entriesInPass();

    /// Something has been handed to the shard, by whatever thread. Must not block.
    void entered();

    /// What the shard waits in until it gets a poller with sockets.
    Poller poller();

    /// The shard has ended: the last that its thread does.
    void ended();
}
