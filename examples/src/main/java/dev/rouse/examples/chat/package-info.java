/// An IRC server: one actor per channel and per client, a function in direct style per connection.
@NullMarked
package dev.rouse.examples.chat;

import org.jspecify.annotations.NullMarked;
