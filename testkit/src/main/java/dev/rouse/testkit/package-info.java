/// Tests of actors and functions: whole systems in virtual time, every interleaving drawn from a seed.
@NullMarked
package dev.rouse.testkit;

import org.jspecify.annotations.NullMarked;
