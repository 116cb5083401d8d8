package dev.rouse.actor;

/// Where the answer to an ask goes. Any thread may use it, once; what comes after the asker has given up becomes a dead
/// letter.
///
/// Answer on every path, if only with [#fail]. A `ReplyTo` that nobody holds any more cannot answer: once the garbage
/// collector has found that out, the ask fails with a [ReplyDroppedException]; until then, or when it never does, the
/// ask waits for its deadline.
public sealed interface ReplyTo<R> permits ReplyHandle, FaultyReply {
    /// @throws ViolationException if it has answered before and [Violation#REPLIED_TWICE] is to fail
    void reply(R value);

    /// Answers with a failure, which is thrown where the reply is awaited.
    ///
    /// @throws ViolationException if it has answered before and [Violation#REPLIED_TWICE] is to fail
    void fail(Throwable cause);
}
