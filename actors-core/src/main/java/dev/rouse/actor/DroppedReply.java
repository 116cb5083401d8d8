package dev.rouse.actor;

/// Tells an ask that nobody can answer it any more, since its [ReplyHandle] has become unreachable.
final class DroppedReply extends Dropped {
    private final Ask<?> ask;

    DroppedReply(ReplyHandle<?> handle, Ask<?> ask) {
        super(handle);
        this.ask = ask;
    }

    @Override
    protected void onDropped() {
        ask.onReplyDropped();
    }
}
