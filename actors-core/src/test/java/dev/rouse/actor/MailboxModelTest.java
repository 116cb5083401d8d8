package dev.rouse.actor;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/// Explores the interleavings of a mailbox's owner with other threads, by Lincheck.
///
/// What an operation returns is not compared with a sequential run: a `FULL` may be spurious while a message is between
/// lane and ring. What must hold in every interleaving is the account at the end.
public class MailboxModelTest {
    private static final int CAPACITY = 2;

    private final Mailbox mailbox = new Mailbox(CAPACITY);
    private final ConcurrentLinkedQueue<Integer> lane = new ConcurrentLinkedQueue<>();
    private int received;

    /// Lincheck makes one for each interleaving.
    public MailboxModelTest() {}

    @Operation
    public void send() {
        if (mailbox.admit()) {
            lane.add(1);
        }
    }

    @Operation(nonParallelGroup = "owner")
    public void arrive() {
        Integer message = lane.poll();
        if (message != null) {
            mailbox.arrive(message);
        }
    }

    @Operation(nonParallelGroup = "owner")
    public void poll() {
        if (mailbox.poll() != null) {
            received++;
        }
    }

    @Validate
    public void holdsNoMoreThanItsCapacityAndLosesNothing() {
        int onTheirWay = lane.size();
        if (mailbox.depth() > CAPACITY) {
            throw new IllegalStateException("past its capacity: depth=" + mailbox.depth());
        }
        int drained = 0;
        for (int i = 0; i < onTheirWay; i++) {
            mailbox.arrive(1);
            lane.poll();
        }
        while (mailbox.poll() != null) {
            drained++;
        }
        if (mailbox.depth() != 0) {
            throw new IllegalStateException(
                    "slots leaked: depth=" + mailbox.depth() + ", received=" + received + ", drained=" + drained);
        }
    }

    @Test
    void everyInterleavingKeepsTheBound() {
        new ModelCheckingOptions()
                .iterations(10)
                .invocationsPerIteration(500)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(MailboxModelTest.class);
    }
}
