/// Real programs on Rouse; each shows one way to use it.
@NullMarked
package dev.rouse.examples;

import org.jspecify.annotations.NullMarked;
