package dev.rouse.dispatch;

/// Unwinds a pinned turn that was still suspended when its shard ended, so that its carrier thread can end. An error,
/// so that what catches exceptions to try again does not.
final class ShardEnded extends Error {
    private static final long serialVersionUID = 1L;

    ShardEnded(String shard) {
        super("the shard ended while a pinned turn was suspended: shard=" + shard);
    }
}
