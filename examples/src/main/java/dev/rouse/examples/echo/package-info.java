/// An echo server for TCP and UDP: the smallest complete program.
@NullMarked
package dev.rouse.examples.echo;

import org.jspecify.annotations.NullMarked;
