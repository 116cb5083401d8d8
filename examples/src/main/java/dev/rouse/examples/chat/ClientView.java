package dev.rouse.examples.chat;

import java.util.List;

/// A client as it described itself at one moment.
record ClientView(Profile profile, List<ChannelRoute> channels, long idleSeconds) {
    ClientView {
        channels = List.copyOf(channels);
    }
}
