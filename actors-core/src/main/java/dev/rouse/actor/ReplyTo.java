package dev.rouse.actor;

/// Where the answer to an ask goes. Any thread may use it, once; what comes after the first answer, or after the asker
/// has given up, becomes a dead letter.
public sealed interface ReplyTo<R> permits Ask {
    void reply(R value);

    /// Answers with a failure, which is thrown where the reply is awaited.
    void fail(Throwable cause);
}
