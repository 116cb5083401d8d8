package dev.rouse.actor;

import static dev.rouse.actor.Model.join;
import static dev.rouse.actor.Model.require;
import static dev.rouse.actor.Model.start;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final List<Waiting> waiting = new ArrayList<>();
    private final AtomicInteger sentElsewhere = new AtomicInteger();
    private int sentHere;
    private int received;

    /// Lincheck makes one for each interleaving.
    public MailboxModelTest() {}

    /// Stands for a suspended function or a blocked thread.
    private static final class Waiting implements WaitingSender {
        private boolean accepted;

        @Override
        public Object message() {
            return 1;
        }

        @Override
        public void accepted() {
            accepted = true;
        }

        @Override
        public void stopped() {
            throw new AssertionError("nobody stops this mailbox");
        }
    }

    @Operation
    public void send() {
        if (mailbox.admit()) {
            lane.add(1);
            sentElsewhere.incrementAndGet();
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

    @Operation(nonParallelGroup = "owner")
    public void sendHereOrWait() {
        if (mailbox.offer(1)) {
            sentHere++;
        } else {
            Waiting sender = new Waiting();
            waiting.add(sender);
            mailbox.enqueue(sender);
        }
    }

    @Validate
    public void losesNothingAndLeavesNobodyWaiting() {
        int onTheirWay = lane.size();
        for (int i = 0; i < onTheirWay; i++) {
            lane.poll();
            mailbox.arrive(1);
        }
        int limit = 100; // far more than can be in it
        while (mailbox.poll() != null && limit > 0) {
            limit--;
            received++;
        }
        if (mailbox.depth() != 0 || limit == 0) {
            throw new IllegalStateException("slots leaked: depth=" + mailbox.depth());
        }
        for (Waiting sender : waiting) {
            if (!sender.accepted) {
                throw new IllegalStateException("a sender waits before an empty mailbox: waiting=" + waiting.size());
            }
        }
        int sent = sentHere + sentElsewhere.get() + waiting.size();
        if (received != sent) {
            throw new IllegalStateException("messages were lost or doubled: received=" + received + ", sent=" + sent);
        }
    }

    @Test
    void everyInterleavingKeepsItsAccount() {
        new ModelCheckingOptions()
                .iterations(5)
                .invocationsPerIteration(1_000)
                .threads(3)
                .actorsPerThread(2)
                .actorsBefore(2)
                .actorsAfter(1)
                .check(MailboxModelTest.class);
    }

    /// Outside senders alone: then the bound is exact.
    @Test
    void twoThreadsNeverTakeMoreSlotsThanThereAre() {
        Model.check(() -> {
            Mailbox two = new Mailbox(2);
            ConcurrentLinkedQueue<Integer> admitted = new ConcurrentLinkedQueue<>();
            Runnable body = () -> {
                for (int i = 0; i < 2; i++) {
                    if (two.admit()) {
                        admitted.add(i);
                    }
                }
            };
            Thread first = start(body);
            Thread second = start(body);
            join(first);
            join(second);
            require(admitted.size() == 2);
        });
    }

    /// The owner lets a waiting sender in while another thread tries: whatever that one sees in between, the slot
    /// is not its own.
    @Test
    void theSlotOfAWaitingSenderIsNeverForAnother() {
        Model.check(() -> {
            Mailbox one = new Mailbox(1);
            one.offer(1);
            one.enqueue(new Waiting());
            boolean[] admitted = new boolean[1];
            Thread other = start(() -> admitted[0] = one.admit());
            one.poll();
            join(other);
            require(!admitted[0]);
        });
    }

    @Test
    void theModelCheckerSeesASlotThatIsFreeForAMoment() {
        // The same with the sender taken out before its message is in: proof that the test above can fail.
        Model.findsTheDefectIn(() -> {
            Mailbox one = new Mailbox(1);
            one.offer(1);
            one.enqueue(new Waiting());
            boolean[] admitted = new boolean[1];
            Thread other = start(() -> admitted[0] = one.admit());
            WaitingSender sender = one.pollSender();
            one.poll();
            one.offer(sender == null ? 0 : sender.message());
            join(other);
            require(!admitted[0]);
        });
    }

    /// After the end of its shard any number of threads give back what they find refused.
    @Test
    void slotsThatSeveralThreadsGiveBackAreAllGivenBack() {
        Model.check(() -> {
            Mailbox three = new Mailbox(3);
            for (int i = 0; i < 3; i++) {
                three.admit();
            }
            Thread first = start(three::giveBack);
            Thread second = start(three::giveBack);
            three.giveBack();
            join(first);
            join(second);
            require(three.depth() == 0);
        });
    }

    @Test
    void aMailboxThatDropsItsOldestTakesWhatIsOnItsWayAsideOfWhatItHolds() {
        Model.check(() -> {
            Mailbox one = new Mailbox(1);
            one.offer(1);
            int[] admitted = new int[2];
            Thread first = start(() -> admitted[0] = one.admitAside() ? 1 : 0);
            Thread second = start(() -> admitted[1] = one.admitAside() ? 1 : 0);
            join(first);
            join(second);
            require(admitted[0] + admitted[1] == 1);
        });
    }
}
