package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest extends SystemTest {
    @TempDir
    Path directory;

    @Test
    void aSpawnAndAStopAreEventsWithPathAndShardWhereTheyAreSwitchedOn() {
        List<RecordedEvent> events = record(
                List.of("dev.rouse.Spawn", "dev.rouse.Stop"),
                () -> system.spawn(() -> await(spawn(() -> 1))).join());
        assertThat(events)
                .filteredOn(event -> name(event).equals("Spawn"))
                .extracting(event -> event.getString("path"))
                .containsExactly("/EventsTest-function", "/EventsTest-function/EventsTest-function");
        assertThat(events)
                .filteredOn(event -> name(event).equals("Stop"))
                .hasSize(2)
                .allSatisfy(event -> {
                    assertThat(event.getString("shard")).isEqualTo("test-shard-0");
                    assertThat(event.getClass("failure")).isNull();
                });
    }

    @Test
    void whatCanComeInMillionsIsOffAndTroubleIsLimited() {
        system.spawn(() -> 1).join(); // so that the events are registered
        List<EventType> types = FlightRecorder.getFlightRecorder().getEventTypes().stream()
                .filter(type -> type.getName().startsWith("dev.rouse."))
                .toList();
        assertThat(types)
                .hasSize(7)
                .allSatisfy(type -> assertThat(type.getCategoryNames()).containsExactly("Rouse"))
                .allSatisfy(type -> assertThat(setting(type, "stackTrace"))
                        .isEqualTo(String.valueOf(type.getLabel().equals("Violation"))));
        assertThat(types)
                .filteredOn(type -> setting(type, "enabled").equals("false"))
                .extracting(EventType::getLabel)
                .containsExactlyInAnyOrder("Spawn", "Stop");
        assertThat(types)
                .filteredOn(type -> setting(type, "enabled").equals("true"))
                .allSatisfy(type -> assertThat(setting(type, "throttle")).isEqualTo("1000/s"));
    }

    private static String setting(EventType type, String name) {
        return type.getSettingDescriptors().stream()
                .filter(setting -> setting.getName().equals(name))
                .findFirst()
                .orElseThrow()
                .getDefaultValue();
    }

    @Test
    void spawnAndStopAreOffUnlessSwitchedOn() {
        assertThat(record(List.of(), () -> system.spawn(() -> 1).join())).isEmpty();
    }

    @Test
    void aFailureOfAFunctionIsAnEventWithItsPathShardAndMessage() {
        List<RecordedEvent> events = record(
                List.of(),
                () -> assertThatThrownBy(() -> system.spawn(() -> {
                                    throw new IllegalStateException("broken");
                                })
                                .join())
                        .hasMessage("broken"));
        assertThat(failures(events)).singleElement().satisfies(event -> {
            assertThat(event.getString("path")).isEqualTo("/EventsTest-function");
            assertThat(event.getString("shard")).isEqualTo("test-shard-0");
            assertThat(event.<RecordedClass>getValue("failure").getName())
                    .isEqualTo(IllegalStateException.class.getName());
            assertThat(event.getString("message")).isEqualTo("broken");
        });
    }

    @Test
    void theFailureOfAnExceptionWhoseMessageThrowsIsAnEventToo() {
        final class Evil extends RuntimeException {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
                throw new IllegalStateException();
            }
        }
        List<RecordedEvent> events = record(
                List.of(),
                () -> assertThatThrownBy(() -> system.spawn(() -> {
                                    throw new Evil();
                                })
                                .join())
                        .isInstanceOf(Evil.class));
        assertThat(failures(events))
                .singleElement()
                .satisfies(event -> assertThat(event.getString("message"))
                        .isEqualTo("getMessage() threw java.lang.IllegalStateException"));
    }

    private static List<RecordedEvent> failures(List<RecordedEvent> events) {
        return events.stream().filter(event -> name(event).equals("Failure")).toList();
    }

    @Test
    void aCancellationIsNoFailure() {
        Gate never = new Gate();
        List<RecordedEvent> events = record(List.of(), () -> {
            Task<Void> task = system.spawn(never::await);
            task.cancel();
            assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        });
        assertThat(events).isEmpty();
    }

    @Test
    void aViolationIsAnEventWithItsCodeAndWhoHasBrokenTheRule() {
        List<RecordedEvent> events = record(
                List.of(),
                () -> assertThatThrownBy(() ->
                                system.spawn(() -> system.spawn(() -> 1).join()).join())
                        .isInstanceOf(ViolationException.class));
        assertThat(events)
                .filteredOn(event -> name(event).equals("Violation"))
                .first()
                .satisfies(event -> {
                    assertThat(event.getString("code")).isEqualTo("ROUSE-V04");
                    assertThat(event.getString("path")).isEqualTo("/EventsTest-function");
                    assertThat(event.getString("message")).startsWith("join would hold up a shard");
                });
    }

    @Test
    void aDeadLetterIsAnEvent() {
        ActorRef<String> actor = system.spawnActor("gone", () -> (_, _) -> {});
        actor.stop();
        actor.terminated().join();
        List<RecordedEvent> events = record(List.of(), () -> {
            actor.tell("anybody there?");
            system.spawn(() -> 1).join(); // on the same shard, after it
        });
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(name(event)).isEqualTo("DeadLetter");
            assertThat(event.getString("path")).isEqualTo("/gone");
            assertThat(event.getString("message")).isEqualTo("java.lang.String");
        });
    }

    @Test
    void aLimitThatRefusesIsAnEvent() {
        ActorSystem small = open(limits -> limits.withFunctionsPerShard(1));
        List<RecordedEvent> events = record(
                List.of(),
                () -> assertThatThrownBy(() -> small.spawn(() -> spawn(() -> 1)).join())
                        .isInstanceOf(LimitExceededException.class));
        assertThat(events)
                .filteredOn(event -> name(event).equals("Overload"))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getString("path")).isEqualTo("/EventsTest-function");
                    assertThat(event.getString("limit")).isEqualTo("functionsPerShard");
                    assertThat(event.getLong("value")).isEqualTo(1);
                });
    }

    private static String name(RecordedEvent event) {
        return event.getEventType().getName().substring("dev.rouse.".length());
    }

    /// The events of Rouse while the body runs, in the order of their time.
    private List<RecordedEvent> record(List<String> switchedOn, Runnable body) {
        Path file = directory.resolve("events.jfr");
        try (Recording recording = new Recording()) {
            switchedOn.forEach(recording::enable);
            recording.start();
            body.run();
            recording.stop();
            recording.dump(file);
            List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("dev.rouse."))
                    .sorted((a, b) -> a.getStartTime().compareTo(b.getStartTime()))
                    .toList();
            Files.delete(file);
            return events;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aLongTurnIsAnEventWithItsPathPlaceAndTime() {
        ActorSystem watched = open(limits -> limits.withLongTurn(Duration.ofMillis(10)));
        List<RecordedEvent> events = record(
                List.of(),
                () -> watched.spawn(() -> {
                            while (watched.violations(dev.rouse.actor.Violation.LONG_TURN) == 0) {
                                Thread.onSpinWait();
                            }
                        })
                        .join());
        assertThat(events)
                .filteredOn(event -> name(event).equals("LongTurn"))
                .first()
                .satisfies(event -> {
                    assertThat(event.getString("path")).isEqualTo("/EventsTest-function");
                    assertThat(event.getString("shard")).isEqualTo("test-shard-0");
                    assertThat(event.getDuration("time")).isGreaterThanOrEqualTo(Duration.ofMillis(10));
                    assertThat(event.getString("where")).contains("EventsTest.java:");
                });
    }
}
