package dev.rouse.examples.chat;

/// What a channel is about, who said so, and when. An empty text means there is no topic.
record Topic(String text, String setBy, long setAtSeconds) {
    static final Topic NONE = new Topic("", "", 0);

    boolean isSet() {
        return !text.isEmpty();
    }
}
