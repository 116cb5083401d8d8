package dev.rouse.actor;

/// A plain thread that waits for something of a system, at its edge.
interface BlockedThread {
    /// The system has terminated: what has not come by now never comes. Any thread.
    void onSystemClosed();
}
