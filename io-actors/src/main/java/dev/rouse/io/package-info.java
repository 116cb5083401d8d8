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
@NullMarked
package dev.rouse.io;

import org.jspecify.annotations.NullMarked;
