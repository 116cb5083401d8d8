/// What can be put in the place of the world: the poller of a shard and the order in which ready turns run.
@NullMarked
package dev.rouse.dispatch.spi;

import org.jspecify.annotations.NullMarked;
