package dev.rouse.perf;

/// A server that sends back what it gets: the same work for every peer.
interface EchoServer extends PeerServer {}
