package dev.rouse.dispatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Says whether a carrier may be waiting in its poller, so that exactly one of those who enter something wakes it.
///
/// | from | to | by | when |
/// |---|---|---|---|
/// | AWAKE | PARKED | carrier, [#park] | its run queue is empty; before the last look at the lane |
/// | PARKED | AWAKE | any thread, [#wake] | it has entered something; the winner wakes the poller |
/// | PARKED | AWAKE | carrier, [#unpark] | the poll has returned |
///
/// A carrier writes PARKED and then reads the lane; a sender writes the lane, passes the full fence in [Shard#enter]
/// and then reads the state. The state and the carrier's read are volatile; the sender's write is an ordered store,
/// which is why it needs the fence. So at least one of the two sees the other: no wake-up is lost. The winner of one
/// wait may call the poller as late as in the next one, which then ends early; that is harmless.
final class WakeGate {
    private static final int AWAKE = 0;
    private static final int PARKED = 1;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(WakeGate.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through STATE
    private volatile int state = AWAKE;

    /// Carrier only: from here on somebody must [#wake] it.
    void park() {
        STATE.setVolatile(this, PARKED);
    }

    /// Carrier only: it looks by itself again.
    void unpark() {
        STATE.setVolatile(this, AWAKE);
    }

    /// Any thread: whether the caller is the one who must wake the poller. A plain read where nobody waits.
    boolean wake() {
        return (int) STATE.getVolatile(this) == PARKED && STATE.compareAndSet(this, PARKED, AWAKE);
    }
}
