/// Sharded worker threads that run turns and keep the stacks of turns that wait. Knows no actors.
@NullMarked
package dev.rouse.dispatch;

import org.jspecify.annotations.NullMarked;
