package dev.rouse.io;

import dev.rouse.actor.Limits;

/// What a [TcpListener] does with peers while there is no room for their connections: it, or the shard that accepts for
/// it, has as many as it may ([TcpOptions#maxConnections], [Limits#connectionsPerShard]), functions of that shard wait
/// for room already ([Limits#functionsPerShard]), or its connections hold nearly all bytes that they may
/// ([Limits#bufferedBytesPerShard]).
public enum Overload {
    /// It stops accepting. Peers wait in the backlog, and when that is full the system no longer answers them. It
    /// goes on as soon as there is room.
    WAIT,

    /// It resets each connection at once, so that the peer can turn to another server. A shard that has other
    /// things to do spends no more than about a twentieth of its time on that: peers that it does not get round to
    /// wait in the backlog, as with [#WAIT], until they are refused or there is room for them.
    REFUSE
}
