/// What stands beside a system, sees what its actors do, and has some of it fail; for test kits.
@NullMarked
package dev.rouse.actor.spi;

import org.jspecify.annotations.NullMarked;
