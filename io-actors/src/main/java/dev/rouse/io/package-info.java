/// Sockets for functions: a poller actor on each shard wakes only who is ready.
@NullMarked
package dev.rouse.io;

import org.jspecify.annotations.NullMarked;
