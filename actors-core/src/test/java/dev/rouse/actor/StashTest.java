package dev.rouse.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class StashTest extends SystemTest {
    private final List<String> seen = new CopyOnWriteArrayList<>();

    /// Stashes all but commands until it is told "open".
    private final class Door implements Actor<String> {
        private boolean open;

        @Override
        public void receive(String message, ActorContext<String> context) {
            switch (message) {
                case "open" -> {
                    open = true;
                    context.unstashAll();
                }
                case "close" -> open = false;
                case "stop" -> context.stop();
                default -> {
                    if (open) {
                        seen.add(message);
                    } else {
                        context.stash(message);
                    }
                }
            }
        }
    }

    private void tellAtOnce(ActorRef<String> actor, String... messages) {
        system.spawn(() -> {
                    for (String message : messages) {
                        actor.tell(message);
                    }
                })
                .join();
    }

    @Test
    void whatIsUnstashedGoesInItsOrderBeforeWhatIsInTheMailbox() {
        ActorRef<String> actor = system.spawnActor("door", Door::new);
        tellAtOnce(actor, "a", "b", "open", "c", "d");
        Awaitility.await().until(() -> seen.size() == 4);
        assertThat(seen).containsExactly("a", "b", "c", "d");
    }

    @Test
    void whatIsStashedAgainKeepsItsPlaceBeforeWhatWasUnstashedWithIt() {
        ActorRef<String> actor = system.spawnActor("actor", () -> new Actor<>() {
            private int passes;

            @Override
            public void receive(String message, ActorContext<String> context) {
                if (message.equals("open")) {
                    context.unstashAll();
                } else if (passes++ < 4) { // a, b, c are stashed, then a again
                    context.stash(message);
                } else {
                    seen.add(message);
                    context.unstashAll();
                }
            }
        });
        tellAtOnce(actor, "a", "b", "c", "open", "d");
        Awaitility.await().until(() -> seen.size() == 4);
        assertThat(seen).containsExactly("b", "a", "c", "d");
    }

    @Test
    void aFullStashRefusesTheMessageAndHandsItBack() {
        AtomicReference<StashFullException> refused = new AtomicReference<>();
        ActorOptions options = ActorOptions.defaults().withStash(2);
        ActorRef<String> actor = system.spawnActor("actor", options, () -> (message, context) -> {
            try {
                context.stash(message);
            } catch (StashFullException e) {
                refused.set(e);
            }
        });
        tellAtOnce(actor, "a", "b", "c");
        Awaitility.await().until(() -> refused.get() != null);
        assertThat(refused.get())
                .hasMessage("stash is full: actor=/actor, message=String, limit=2; unstash sooner, refuse the message,"
                        + " or raise ActorOptions.stash");
        assertThat(refused.get().unstashed()).isEqualTo("c");
    }

    @Test
    void whatWasUnstashedAndWaitsStillCountsAgainstTheCapacity() {
        ActorOptions options = ActorOptions.defaults().withStash(2);
        ActorRef<String> actor = system.spawnActor("actor", options, () -> (message, context) -> {
            if (message.equals("go")) {
                context.stash("a");
                context.stash("b");
                context.unstashAll();
                try {
                    context.stash("c");
                } catch (StashFullException e) {
                    seen.add("full");
                }
            } else {
                seen.add(message);
            }
        });
        tellAtOnce(actor, "go", "last");
        Awaitility.await().until(() -> seen.size() == 4);
        assertThat(seen).containsExactly("full", "a", "b", "last");
    }

    @Test
    void theStashOfAnActorThatStopsBecomesDeadLetters() {
        ActorRef<String> actor = system.spawnActor("door", Door::new);
        tellAtOnce(actor, "a", "b", "stop");
        actor.terminated().join();
        assertThat(system.deadLetters()).isEqualTo(2);
    }

    @Test
    void theDefaultCapacityIsThatOfTheLimitsForMailboxes() {
        ActorSystem small = open(limits -> limits.withMailbox(3));
        ActorRef<String> actor = small.spawnActor("actor", () -> (_, context) -> {
            for (int i = 0; i < 3; i++) {
                context.stash("" + i);
            }
            assertThatThrownBy(() -> context.stash("one more"))
                    .isInstanceOf(StashFullException.class)
                    .hasMessageContaining("limit=3");
            seen.add("refused");
        });
        actor.tell("go");
        Awaitility.await().until(() -> seen.size() == 1);
    }

    @Test
    void aStashIsForItsOwnActorOnly() {
        AtomicReference<ActorContext<String>> leaked = new AtomicReference<>();
        ActorRef<String> actor = system.spawnActor("actor", () -> (_, context) -> leaked.set(context));
        actor.tell("go");
        Awaitility.await().until(() -> leaked.get() != null);
        assertThatThrownBy(() -> leaked.get().stash("foreign"))
                .hasMessage(Violation.FOREIGN_TOUCH.message("a stash was used by another: actor=/actor"));
        assertThatThrownBy(() -> leaked.get().unstashAll()).isInstanceOf(ViolationException.class);
    }

    @Test
    void whatIsStashedWhenAnActorIsRestartedIsADeadLetterThatSaysSo() {
        List<DeadLetter> letters = new CopyOnWriteArrayList<>();
        ActorSystem listening =
                opened(ActorSystem.builder().name("test").shards(1).deadLetterListener(letters::add));
        ActorRef<String> actor = listening.spawnActor(
                "actor", ActorOptions.defaults().withSupervision(Supervision.restart()), () -> (message, context) -> {
                    if (message.equals("fail")) {
                        throw new IllegalStateException("on purpose");
                    }
                    context.stash(message);
                });
        actor.tell("put aside");
        actor.tell("fail");
        Awaitility.await().until(() -> letters.size() == 1);
        assertThat(letters.getFirst().message()).isEqualTo("put aside");
        assertThat(letters.getFirst().reason()).isEqualTo(DeadLetter.Reason.RESTARTED);
    }
}
