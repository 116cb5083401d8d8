package dev.rouse.actor;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;

/// Tells an ask that nobody can answer it any more, since its [ReplyHandle] has become unreachable.
///
/// Held by its ask only: one that has ended drops it, and costs the garbage collector nothing. One daemon thread of the
/// JVM waits for what the collector finds, and passes it on to the asker's shard.
final class DroppedReply extends PhantomReference<ReplyHandle<?>> {
    private static final ReferenceQueue<ReplyHandle<?>> FOUND = new ReferenceQueue<>();

    static {
        Thread finder = new Thread(null, DroppedReply::tellAsks, "rouse-dropped-replies", 0, false);
        finder.setDaemon(true);
        finder.setContextClassLoader(null); // it must not keep the one of whoever came first
        finder.start();
    }

    private final Ask<?> ask;

    DroppedReply(ReplyHandle<?> handle, Ask<?> ask) {
        super(handle, FOUND);
        this.ask = ask;
    }

    /// Starts the thread, where that may take its time.
    static void prepare() {}

    private static void tellAsks() {
        while (true) {
            try {
                Reference<?> found = FOUND.remove();
                ((DroppedReply) found).ask.onReplyDropped();
            } catch (InterruptedException _) {
                // nobody has a reason to end this thread
            }
        }
    }
}
