/// What stands beside a system and sees what its actors do; for test kits.
@NullMarked
package dev.rouse.actor.spi;

import org.jspecify.annotations.NullMarked;
