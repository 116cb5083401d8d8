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
/// What the calls of sockets do. One that is cut short was cancelled, or its deadline or a timeout has passed; if it was
/// complete before it saw that, its result is returned. Each names its errors itself.
///
/// | call | suspends | cut short, it leaves | limits |
/// |---|---|---|---|
/// | [connect][dev.rouse.io.TcpStream#connect(java.util.List, TcpOptions)] | until a peer answers | no socket | 16 addresses, [Limits#connectionsPerShard] |
/// | [connect][dev.rouse.io.TcpStream#connect(String, int, TcpOptions)] by name | until the name is looked up, too | a thread, until the system answers | 4 look-ups at a time, 256 that wait |
/// | [accept][dev.rouse.io.TcpListener#accept] | until a peer has connected and there is room for it | the connection, to others | [TcpOptions#maxConnections], [Limits#connectionsPerShard], 1,024 acceptors |
/// | [read][dev.rouse.io.ByteStream#read()] | until a byte has come, or the end | what comes, to the next read | 16 KiB lent, [Limits#bufferedBytesPerShard] |
/// | [read][dev.rouse.io.ByteStream#read(java.nio.ByteBuffer)] into a buffer | likewise | likewise | its room |
/// | [readFully][dev.rouse.io.ByteStream#readFully] | until it is full | what has come, in the buffer | its room |
/// | [write][dev.rouse.io.ByteStream#write(java.nio.ByteBuffer)] | while the peer does not take it | the rest, in the buffer | none is kept |
/// | [transferFrom][dev.rouse.io.TcpStream#transferFrom] | likewise | the rest, by the file's position | 128 KiB from disk at a time |
/// | [transferTo][dev.rouse.io.TcpStream#transferTo] | while nothing comes, or the target takes nothing | what was read and not taken, to the next read | as of a read |
/// | [receive][dev.rouse.io.UdpSocket#receive(java.nio.ByteBuffer)] | until a datagram has come | it, to the next receive | its room, or the places of the batch |
/// | [send][dev.rouse.io.UdpSocket#send(java.nio.ByteBuffer, java.net.InetSocketAddress)] | while the system has no room | nothing sent; of a batch, [what is sent][dev.rouse.io.DatagramBatch#sent] | 65,507 bytes over IPv4, 65,527 over IPv6 |
/// | shut down, `close` | never | | |
///
/// [TlsStream][dev.rouse.io.TlsStream] and [Framed][dev.rouse.io.Framed] say where they differ.
@NullMarked
package dev.rouse.io;

import dev.rouse.actor.Limits;
import org.jspecify.annotations.NullMarked;
