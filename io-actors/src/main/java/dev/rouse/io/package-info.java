/// Sockets for functions: a poller actor on each shard wakes only who is ready.
///
/// | to | use |
/// |---|---|
/// | accept and connect | [TcpListener][dev.rouse.io.TcpListener], [TcpStream][dev.rouse.io.TcpStream] |
/// | send and receive datagrams | [UdpSocket][dev.rouse.io.UdpSocket] |
/// | read and write bytes, however they travel | [ByteStream][dev.rouse.io.ByteStream] |
/// | read and write lines or frames | [Framed][dev.rouse.io.Framed] with [Frames][dev.rouse.io.Frames] |
/// | write to peers that may be slow | [Outbox][dev.rouse.io.Outbox] |
/// | have frames told to an actor | [Inflow][dev.rouse.io.Inflow] |
/// | define frames | [Decoder][dev.rouse.io.Decoder], [Encoder][dev.rouse.io.Encoder] |
///
/// What the calls of sockets do. One that is cut short was cancelled, or its deadline or a timeout has passed; if it
/// was complete before it saw that, its result is returned. Each names its errors itself.
///
/// | call | suspends | cut short, it leaves | limits |
/// |---|---|---|---|
/// | [TcpStream#connect] | until a peer answers | no socket | 16 addresses; connections of the shard |
/// | the same by name | until the name is looked up, too | a thread, for a while | 4 look-ups, 256 that wait |
/// | [TcpListener#accept] | until a peer is there, and room for it | the peer, to others | 1,024 acceptors |
/// | [ByteStream#read()] | until a byte has come, or the end | what comes, to the next read | 16 KiB, lent |
/// | [ByteStream#read(ByteBuffer)] | likewise | likewise | its room |
/// | [ByteStream#readFully] | until it is full | what has come, in the buffer | its room |
/// | [ByteStream#write(ByteBuffer)] | while the peer takes nothing | the rest, in the buffer | |
/// | [TcpStream#transferFrom] | likewise | the rest, by the file's position | an open file |
/// | [TcpStream#transferTo] | as a read and a write | what was not taken, to the next read | as a read |
/// | [UdpSocket#receive(ByteBuffer)] | until a datagram has come | it, to the next receive | its room |
/// | [UdpSocket#send(ByteBuffer)] | while the system has no room | nothing sent | 65,507 bytes (IPv6: 65,527) |
/// | [UdpSocket#send(DatagramBatch)] | likewise | what [DatagramBatch#sent] says | likewise, each |
/// | shut down, `close` | never | | |
///
/// Connections are limited by [TcpOptions#maxConnections] and [Limits#connectionsPerShard], lent bytes by
/// [Limits#bufferedBytesPerShard].
/// [TlsStream] and [Framed] say where they differ.
@NullMarked
package dev.rouse.io;

import dev.rouse.actor.Limits;
import java.nio.ByteBuffer;
import org.jspecify.annotations.NullMarked;
