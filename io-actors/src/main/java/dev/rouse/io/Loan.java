package dev.rouse.io;

import dev.rouse.dispatch.Driver;
import dev.rouse.dispatch.Turn;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// The buffer that a shard has lent to the reader of one stream, until the next read or the end of the stream. Owning
/// shard only.
///
/// Apart from its stream, since what is lent has to be given up also when the stream was dropped: see [Endpoint].
final class Loan implements Endpoint.Holdings {
    private @Nullable ByteBuffer buffer;

    /// The function, or actor, that took the loan. Not its thread, which goes to others after it.
    private @Nullable Turn borrower;

    /// Whether the remaining bytes are still to be handed out.
    private boolean unread;

    /// It is being written to another stream.
    private boolean transferring;

    void begin(ByteBuffer lent) {
        buffer = lent;
        borrower = currentTurn();
    }

    /// The buffer as long as there are bytes in it that are to be handed out.
    @Nullable
    ByteBuffer unread() {
        ByteBuffer present = buffer;
        return unread && present != null && present.hasRemaining() ? present : null;
    }

    void keepUnread() {
        unread = true;
    }

    void handOut() {
        unread = false;
    }

    boolean isTransferring() {
        return transferring;
    }

    void beginTransfer() {
        transferring = true;
    }

    void endTransfer() {
        transferring = false;
    }

    /// With the next read, by which its borrower says that it needs the buffer no longer.
    void end(Registration here) {
        unread = false;
        ByteBuffer lent = take();
        if (lent != null) {
            here.takeBack(lent);
        }
    }

    private @Nullable ByteBuffer take() {
        ByteBuffer lent = buffer;
        buffer = null;
        borrower = null;
        return lent;
    }

    /// The one who closes may be another function than the one that still looks at the loan, and that one must
    /// never see another stream's bytes: only in the borrower's own turn does the buffer go back to the pool.
    @Override
    public void giveUp(Registration here) {
        boolean byBorrower = borrower != null && borrower.equals(currentTurn());
        ByteBuffer lent = take();
        if (lent == null) {
            return;
        }
        if (byBorrower) {
            here.takeBack(lent);
        } else {
            here.abandon(lent);
        }
    }

    /// Null when the shard closes the stream between turns.
    private static @Nullable Turn currentTurn() {
        Driver driver = Driver.current();
        return driver == null ? null : driver.turn();
    }
}
