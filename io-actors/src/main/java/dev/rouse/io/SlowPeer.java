package dev.rouse.io;

/// What an [Outbox] does with a frame that is offered while it is full, since its peer reads too slowly.
public enum SlowPeer {
    /// Refuses it: whoever offers it decides.
    REFUSE,

    /// Gives the peer up: closes the stream and drops what is queued. A [TlsStream] is closed without a word, which
    /// the peer would not take.
    DISCONNECT
}
