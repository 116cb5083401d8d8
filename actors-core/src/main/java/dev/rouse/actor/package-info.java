/// Actors, async functions and the verbs to await them.
@NullMarked
package dev.rouse.actor;

import org.jspecify.annotations.NullMarked;
