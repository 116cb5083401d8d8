package dev.rouse.actor;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.suspend;
import static dev.rouse.actor.Rouse.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Functions that nothing can wake any more, since nobody holds what is to wake them; and those that only seem so.
class WakerDroppedTest extends SystemTest {
    private static final String AT = "at=WakerDroppedTest\\.\\S+\\(WakerDroppedTest\\.java:\\d+\\)";
    private static final String REMEDY =
            "; keep the waker or the future where its source finds it, and use it on every" + " path, if only to fail";

    private static void collectUntil(BooleanSupplier condition) {
        Awaitility.await().until(() -> {
            System.gc();
            return condition.getAsBoolean();
        });
    }

    /// Long enough for the collector to find what it is to find.
    private static void collectLong() {
        long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
        while (System.nanoTime() - endNanos < 0) {
            System.gc();
        }
    }

    private ActorSystem with(ViolationPolicy policy) {
        return opened(ActorSystem.builder().name("test").shards(1).onViolation(Violation.WAKER_DROPPED, policy));
    }

    private static String forget() {
        return suspend(_ -> {});
    }

    @Test
    void aFunctionWhoseWakerWasDroppedIsReportedOnceWithItsStack() {
        try (RecordedLog log = new RecordedLog()) {
            Task<String> task = system.spawn(WakerDroppedTest::forget);
            collectUntil(() -> !log.messages().isEmpty());
            collectLong();
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .matches("ROUSE-V11 a function waits for what nobody holds any more:"
                            + " path=/WakerDroppedTest-function, waits"
                            + " for=waker,"
                            + " for=\\d+ms,"
                            + " " + AT + REMEDY + ": shard=test-shard-0");
            assertThat(log.records().getFirst().getThrown().getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("forget"));
            assertThat(system.violations(Violation.WAKER_DROPPED)).isEqualTo(1);
            assertThat(task.isDone()).isFalse();
            task.cancel();
            assertThatThrownBy(task::join).isInstanceOf(CancelledException.class);
        }
    }

    @Test
    void itFailsIfThePolicySaysSo() {
        ActorSystem strict = with(ViolationPolicy.FAIL);
        Task<String> task = strict.spawn(WakerDroppedTest::forget);
        collectUntil(task::isDone);
        ViolationException failed = catchThrowableOfType(ViolationException.class, task::join);
        assertThat(failed.violation()).isEqualTo(Violation.WAKER_DROPPED);
        assertThat(failed.getMessage())
                .matches("ROUSE-V11 a function waits for what nobody holds any more: path=/WakerDroppedTest-function,"
                        + " waits for=waker, for=\\d+ms, " + AT + REMEDY);
        assertThat(failed.getStackTrace())
                .as("the stack of the function")
                .anyMatch(frame -> frame.getMethodName().equals("forget"));
        assertThat(strict.violations(Violation.WAKER_DROPPED)).isEqualTo(1);
    }

    @Test
    void aStageThatNobodyHoldsIsFoundToo() {
        ActorSystem strict = with(ViolationPolicy.FAIL);
        Task<String> task = strict.spawn(() -> await(new CompletableFuture<String>()));
        collectUntil(task::isDone);
        assertThatThrownBy(task::join)
                .isInstanceOf(ViolationException.class)
                .hasMessageStartingWith("ROUSE-V11 a function waits for what nobody holds any more:"
                        + " path=/WakerDroppedTest-function, waits for=completion stage, for=");
    }

    /// The stage that is awaited is held by the one that it depends on.
    @Test
    void aStageIsHeldByWhatCompletesIt() {
        CompletableFuture<String> source = new CompletableFuture<>();
        ActorSystem strict = with(ViolationPolicy.FAIL);
        Task<String> task = strict.spawn(() -> await(upperCase(source)));
        collectLong();
        source.complete("there");
        assertThat(task.join()).isEqualTo("THERE");
        assertThat(strict.violations(Violation.WAKER_DROPPED)).isZero();
    }

    private static CompletionStage<String> upperCase(CompletableFuture<String> source) {
        return source.thenApply(text -> text.toUpperCase(Locale.ROOT));
    }

    @Test
    void aWakerThatIsHeldCanWakeAfterAnyNumberOfCollections() {
        ActorSystem strict = with(ViolationPolicy.FAIL);
        List<Waker<String>> held = new CopyOnWriteArrayList<>();
        Task<String> task = strict.spawn(() -> suspend(held::add));
        Awaitility.await().until(() -> !held.isEmpty());
        collectLong();
        assertThat(held.removeFirst().wake("there")).isTrue();
        assertThat(task.join()).isEqualTo("there");
        collectLong();
        assertThat(strict.violations(Violation.WAKER_DROPPED)).isZero();
    }

    @Test
    void aWakerThatIsDroppedAfterItsUseIsNone() {
        ActorSystem strict = with(ViolationPolicy.FAIL);
        for (int i = 0; i < 100; i++) {
            Task<String> used = strict.spawn(() -> suspend(waker -> waker.wake("at once")));
            assertThat(used.join()).isEqualTo("at once");
        }
        assertThatThrownBy(() -> strict.spawn(() -> withTimeout(Duration.ofMillis(1), WakerDroppedTest::forget))
                        .join())
                .isInstanceOf(DeadlineExceededException.class);
        collectLong();
        assertThat(strict.violations(Violation.WAKER_DROPPED)).isZero();
    }

    @Test
    void theProcessIsHaltedIfThePolicySaysSo() {
        CompletableFuture<Integer> halted = new CompletableFuture<>();
        ActorSystem strict = opened(ActorSystem.builder()
                .shards(1)
                .onViolation(Violation.WAKER_DROPPED, ViolationPolicy.HALT)
                .halt(halted::complete));
        try (RecordedLog log = new RecordedLog()) {
            Task<String> task = strict.spawn(WakerDroppedTest::forget);
            collectUntil(halted::isDone);
            assertThat(halted.join()).isEqualTo(Rules.HALT_STATUS);
            collectUntil(task::isDone);
            assertThat(log.messages()).isNotEmpty();
        }
    }
}
