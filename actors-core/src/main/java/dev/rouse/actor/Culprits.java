package dev.rouse.actor;

import java.util.concurrent.atomic.AtomicReferenceArray;

/// Who has been reported already: a set that only grows, up to a bound. Any thread; without a lock, since a carrier
/// asks it too.
final class Culprits {
    /// A guess: who has not found the mistake by then will not find it in the next line of the log either.
    static final int MOST = 256;

    private final AtomicReferenceArray<String> known = new AtomicReferenceArray<>(MOST);

    /// Whether this is the first time; never again once there are [#MOST].
    boolean isNew(String culprit) {
        int start = Math.floorMod(culprit.hashCode(), MOST);
        for (int i = 0; i < MOST; i++) {
            int slot = (start + i) % MOST;
            String present = known.get(slot);
            if (present == null) {
                present = known.compareAndExchange(slot, null, culprit);
                if (present == null) {
                    return true;
                }
            }
            if (present.equals(culprit)) {
                return false;
            }
        }
        return false;
    }
}
