package dev.rouse.testkit;

import java.util.PriorityQueue;

/// The time of a simulation, and what comes about in it without a thread.
///
/// Only the running thread moves it; any thread may read it.
final class Timeline {
    /// Later than anything.
    static final long FOREVER = Long.MAX_VALUE;

    /// One for each delivery under way, which windows bound, and each timer of TCP. Datagrams are no more than go
    /// through within a latency and wait in the queue of a link, which has a bound in bytes, their headers
    /// included.
    private final PriorityQueue<Event> events = new PriorityQueue<>();

    private volatile long nowNanos;
    private long made;

    /// Those of one moment in the order in which they were made.
    private record Event(long atNanos, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    long nanoTime() {
        return nowNanos;
    }

    /// So long from now, or for ever.
    long after(long nanos) {
        return nanos >= FOREVER - nowNanos ? FOREVER : nowNanos + nanos;
    }

    /// Time goes on to there; never back.
    void reach(long nanos) {
        nowNanos = Math.max(nowNanos, nanos);
    }

    /// Has something come about then.
    void at(long nanos, Runnable action) {
        events.add(new Event(nanos, made++, action));
    }

    /// When the next of that is.
    long nextNanos() {
        Event next = events.peek();
        return next == null ? FOREVER : next.atNanos;
    }

    void fireDue() {
        for (Event next = events.peek(); next != null && nowNanos >= next.atNanos; next = events.peek()) {
            events.remove();
            next.action.run();
        }
    }
}
