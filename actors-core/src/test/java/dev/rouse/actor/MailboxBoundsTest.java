package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The bound of a mailbox while its owner and other threads use it at the same time. The test's own thread is the
/// owner; a queue stands for the inbox lane.
@Timeout(60)
class MailboxBoundsTest {
    private static final int ROUNDS = 20_000;

    @Test
    void otherThreadsTakeEachSlotOnceAndNeverMoreThanThereAre() {
        int capacity = 7;
        Mailbox mailbox = new Mailbox(capacity);
        ConcurrentLinkedQueue<Integer> lane = new ConcurrentLinkedQueue<>();
        AtomicInteger accepted = new AtomicInteger();
        AtomicInteger running = new AtomicInteger(3);
        List<Thread> senders = IntStream.range(0, 3)
                .mapToObj(_ -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        if (mailbox.admit()) {
                            accepted.incrementAndGet();
                            lane.add(i);
                        }
                    }
                    running.decrementAndGet();
                }))
                .toList();
        int received = 0;
        int deepest = 0;
        Random random = new Random(1);
        while (running.get() > 0 || !lane.isEmpty() || !mailbox.isEmpty()) {
            Integer arrived = lane.poll();
            if (arrived != null) {
                mailbox.arrive(arrived);
            }
            // What waits and what is in the lane; a message between the two may be counted twice, so count
            // here.
            deepest = Math.max(deepest, mailbox.depth());
            if (random.nextBoolean() && mailbox.poll() != null) {
                received++;
            }
        }
        assertThat(received).isEqualTo(accepted.get());
        assertThat(deepest).isLessThanOrEqualTo(capacity);
        assertThat(mailbox.depth()).isZero();
        assertThat(senders).hasSize(3);
    }

    /// The defect: a try that took a slot and gave it back hid the room from the last poll, and a sender waited on
    /// before an empty mailbox.
    @Test
    void aTryOfAnotherThreadNeverHidesTheRoomFromAWaitingSender() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(2);
        Mailbox[] shared = new Mailbox[1];
        AtomicInteger admitted = new AtomicInteger();
        Thread trying = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    barrier.await();
                    for (int n = 0; n < 20; n++) {
                        if (shared[0].admit()) {
                            admitted.incrementAndGet();
                        }
                    }
                    barrier.await();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        try (ActorSystem system = ActorSystem.builder().shards(1).build()) {
            ActorCell<String> target = (ActorCell<String>) system.<String>spawnActor("target", () -> (_, _) -> {});
            for (int i = 0; i < ROUNDS; i++) {
                Mailbox mailbox = new Mailbox(1);
                assertThat(mailbox.offer("first")).isTrue();
                PendingSend waiting = new PendingSend(target, "waited", null);
                mailbox.enqueue(waiting);
                shared[0] = mailbox;
                barrier.await();
                assertThat(mailbox.poll()).isEqualTo("first");
                barrier.await();
                // Nothing else is in the mailbox or on its way to it: the sender must have been let in.
                assertThat(mailbox.poll()).as("round %d", i).isEqualTo("waited");
            }
        }
        trying.join();
        assertThat(admitted).hasValue(0); // the slot was the waiting sender's
    }

    @Test
    void theBoundIsExactWhileOnlyTheOwnerSends() {
        for (int capacity = 1; capacity <= 65; capacity++) {
            Mailbox mailbox = new Mailbox(capacity);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < capacity; i++) {
                    assertThat(mailbox.offer(i)).isTrue();
                }
                assertThat(mailbox.offer("one more")).isFalse();
                List<Object> polled = new ArrayList<>();
                for (Object message = mailbox.poll(); message != null; message = mailbox.poll()) {
                    polled.add(message);
                }
                assertThat(polled)
                        .isEqualTo(IntStream.range(0, capacity).boxed().toList());
                mailbox.trim();
            }
        }
    }

    @Test
    void slotsThatWereAdmittedCountAgainstTheOwner() {
        Mailbox mailbox = new Mailbox(2);
        assertThat(mailbox.admit()).isTrue();
        assertThat(mailbox.offer("a")).isTrue();
        assertThat(mailbox.offer("b")).isFalse();
        assertThat(mailbox.admit()).isFalse();
        mailbox.giveBack();
        assertThat(mailbox.offer("b")).isTrue();
        assertThat(mailbox.depth()).isEqualTo(2);
    }
}
