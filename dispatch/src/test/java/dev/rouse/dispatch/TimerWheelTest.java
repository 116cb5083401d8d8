package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerWheelTest {
    private static final long TICK = TimerWheel.TICK_NANOS;
    private static final long DAY = 86_400_000_000_000L;

    private static final class Probe extends Timer {
        final long deadline;
        final Runnable action;
        int fired;

        Probe(long deadline) {
            this(deadline, () -> {});
        }

        Probe(long deadline, Runnable action) {
            this.deadline = deadline;
            this.action = action;
        }

        @Override
        protected void onExpiry() {
            fired++;
            action.run();
        }
    }

    /// A wheel whose sleeper does as the carrier does: it waits as long as the wheel says, then fires.
    private static void runUntil(TimerWheel wheel, long from, long until) {
        long now = from;
        while (true) {
            long delay = wheel.delayNanos(now);
            if (delay == Long.MAX_VALUE || delay > until - now) {
                return;
            }
            now += delay;
            wheel.fire(now, Integer.MAX_VALUE);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 123_456_789_012_345L, -123_456_789_012_345L})
    void eachDeadlineAroundEachLevelIsMetNeverEarlyAndAtMostATickLate(long origin) {
        for (long startTick :
                new long[] {0, 1, 62, 63, 64, 65, 4_095, 4_096, 262_143, (1L << 30) - 1, (1L << 36) - 2}) {
            for (int bit = 0; bit <= 37; bit++) {
                for (long offset : new long[] {-TICK - 1, -TICK, -1, 0, 1, TICK - 1, TICK, TICK + 1}) {
                    TimerWheel wheel = new TimerWheel(origin);
                    long start = origin + startTick * TICK;
                    wheel.fire(start, 1);
                    long deadline = start + (TICK << bit) + offset;
                    long[] now = {start};
                    long[] firedAt = {-1};
                    Probe probe = new Probe(deadline, () -> firedAt[0] = now[0]);
                    wheel.schedule(probe, deadline);
                    for (int wakes = 0; probe.fired == 0; wakes++) {
                        assertThat(wakes).as("wake-ups for one timer").isLessThan(20);
                        long delay = wheel.delayNanos(now[0]);
                        now[0] += delay;
                        wheel.fire(now[0], 1);
                    }
                    assertThat(firedAt[0] - Math.max(deadline, start))
                            .as("startTick=%d, bit=%d, offset=%d", startTick, bit, offset)
                            .isBetween(0L, TICK - 1);
                    assertThat(wheel.size()).isZero();
                    assertThat(wheel.delayNanos(now[0])).isEqualTo(Long.MAX_VALUE);
                }
            }
        }
    }

    @Test
    void agreesWithASortedListUnderRandomUse() {
        for (int round = 0; round < 60; round++) {
            long seed = System.nanoTime() + round;
            agreesWithASortedList(new Random(seed), "seed=" + seed);
        }
    }

    private static void agreesWithASortedList(Random random, String seed) {
        long origin = random.nextLong() >> 2;
        TimerWheel wheel = new TimerWheel(origin);
        long now = origin;
        List<Probe> waiting = new ArrayList<>();
        for (int step = 0; step < 1_000; step++) {
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    Probe probe = new Probe(now + span(random) - (random.nextInt(20) == 0 ? 5 * TICK : 0));
                    wheel.schedule(probe, probe.deadline);
                    waiting.add(probe);
                }
                case 4, 5 -> {
                    if (!waiting.isEmpty()) {
                        Probe cancelled = waiting.remove(random.nextInt(waiting.size()));
                        wheel.cancel(cancelled);
                        wheel.cancel(cancelled);
                        assertThat(cancelled.isScheduled()).isFalse();
                    }
                }
                case 6 -> {
                    long delay = wheel.delayNanos(now);
                    now += delay == Long.MAX_VALUE ? TICK : delay;
                }
                default -> now += span(random) >>> random.nextInt(20);
            }
            long first =
                    waiting.stream().mapToLong(p -> p.deadline - origin).min().orElse(Long.MAX_VALUE);
            long delay = wheel.delayNanos(now);
            if (waiting.isEmpty()) {
                assertThat(delay).as(seed).isEqualTo(Long.MAX_VALUE);
            } else {
                // rounded up to a tick, but never past it
                assertThat(delay).as(seed).isBetween(0L, Math.max(0, first - (now - origin)) + TICK);
            }
            if (random.nextInt(3) > 0) {
                continue;
            }
            wheel.fire(now, Integer.MAX_VALUE);
            long at = now;
            waiting.removeIf(probe -> {
                assertThat(probe.fired).as(seed).isLessThanOrEqualTo(1);
                if (probe.fired == 1) {
                    assertThat(probe.deadline - at).as("early, " + seed).isLessThanOrEqualTo(0);
                    assertThat(probe.isScheduled()).isFalse();
                } else {
                    assertThat(at - probe.deadline).as("late, " + seed).isLessThan(TICK);
                }
                return probe.fired == 1;
            });
            assertThat(wheel.size()).as(seed).isEqualTo(waiting.size());
        }
        runUntil(wheel, now, Long.MAX_VALUE / 2);
    }

    private static long span(Random random) {
        return random.nextLong() >>> (10 + random.nextInt(50));
    }

    @Test
    void timersFireInTheOrderOfTheirTicksAcrossAllLevels() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TimerWheel wheel = new TimerWheel(0);
        List<Long> fired = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            long deadline = (random.nextLong() >>> (27 + random.nextInt(37))) * TICK;
            wheel.schedule(new Probe(deadline, () -> fired.add(deadline)), deadline);
        }
        runUntil(wheel, 0, 2_000 * DAY);
        assertThat(fired).as("seed=%d", seed).hasSize(5_000).isSorted();
    }

    @Test
    void aJumpPastEverythingFiresEverythingInOrder() {
        TimerWheel wheel = new TimerWheel(0);
        List<Integer> fired = new ArrayList<>();
        for (int bit = 40; bit >= 0; bit--) {
            int level = bit;
            wheel.schedule(new Probe(0, () -> fired.add(level)), TICK << bit);
        }
        wheel.fire(TICK << 41, Integer.MAX_VALUE);
        assertThat(fired).hasSize(41).isSorted();
    }

    @Test
    void deadlinesBeyondTheReachOf834DaysAreKept() {
        TimerWheel wheel = new TimerWheel(5);
        for (long days : new long[] {833, 834, 835, 2_000, 30_000}) {
            Probe probe = new Probe(5 + days * DAY);
            wheel.schedule(probe, probe.deadline);
            runUntil(wheel, 5, probe.deadline - 1);
            assertThat(probe.fired).as("days=%d", days).isZero();
            runUntil(wheel, probe.deadline - 1, probe.deadline + TICK);
            assertThat(probe.fired).as("days=%d", days).isEqualTo(1);
            wheel = new TimerWheel(5);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 1L << 61, -(1L << 62)})
    void theFarthestDeadlineIsNever(long origin) {
        TimerWheel wheel = new TimerWheel(origin);
        Probe never = new Probe(Long.MAX_VALUE);
        wheel.schedule(never, Long.MAX_VALUE);
        runUntil(wheel, origin, origin + 36_500 * DAY);
        assertThat(never.fired).isZero();
        assertThat(wheel.size()).isEqualTo(1);
        wheel.cancel(never);
        assertThat(wheel.size()).isZero();
        assertThat(wheel.delayNanos(origin + 36_500 * DAY)).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE / 2})
    void aDeadlineInThePastFiresAtTheNextLook(long deadline) {
        TimerWheel wheel = new TimerWheel(0);
        wheel.fire(10 * TICK, 1);
        Probe probe = new Probe(deadline);
        wheel.schedule(probe, deadline);
        assertThat(wheel.delayNanos(10 * TICK)).isZero();
        assertThat(wheel.fire(10 * TICK, 1)).isEqualTo(1);
        assertThat(probe.fired).isEqualTo(1);
    }

    @Test
    void aTimerCanBeCancelledWhileItIsDue() {
        TimerWheel wheel = new TimerWheel(0);
        Probe[] probes = {new Probe(TICK), new Probe(TICK), new Probe(TICK)};
        for (Probe probe : probes) {
            wheel.schedule(probe, TICK);
        }
        wheel.fire(TICK, 1); // the other two are due, and the limit is reached
        wheel.cancel(probes[1]);
        assertThat(wheel.fire(TICK, 10)).isEqualTo(1);
        assertThat(probes).extracting(probe -> probe.fired).containsExactly(1, 0, 1);
        assertThat(wheel.size()).isZero();
    }

    @Test
    void anExpiryMayCancelItsNeighboursAndStartOthersAndItself() {
        TimerWheel wheel = new TimerWheel(0);
        List<String> fired = new ArrayList<>();
        Probe cancelled = new Probe(TICK, () -> fired.add("cancelled"));
        Probe started = new Probe(0, () -> fired.add("started"));
        Probe[] again = new Probe[1];
        again[0] = new Probe(TICK, () -> {
            fired.add("again");
            wheel.cancel(cancelled);
            if (again[0].fired == 1) {
                wheel.schedule(started, 0);
                wheel.schedule(again[0], 3 * TICK);
            }
        });
        wheel.schedule(again[0], TICK);
        wheel.schedule(cancelled, TICK);
        wheel.fire(2 * TICK, 10);
        assertThat(fired).containsExactly("again", "started");
        wheel.fire(3 * TICK, 10);
        assertThat(fired).containsExactly("again", "started", "again");
        assertThat(wheel.size()).isZero();
    }

    @Test
    void aTimerThatStartsItselfInThePastIsBoundedByTheLimit() {
        TimerWheel wheel = new TimerWheel(0);
        Probe[] probe = new Probe[1];
        probe[0] = new Probe(0, () -> wheel.schedule(probe[0], 0));
        wheel.schedule(probe[0], 0);
        assertThat(wheel.fire(TICK, 100)).isEqualTo(100);
        assertThat(wheel.size()).isEqualTo(1);
    }

    @Test
    void anExpiryThatThrowsLosesNoOtherTimer() {
        TimerWheel wheel = new TimerWheel(0);
        Probe bad = new Probe(TICK, () -> {
            throw new IllegalStateException("bad");
        });
        Probe good = new Probe(TICK);
        wheel.schedule(bad, TICK);
        wheel.schedule(good, TICK);
        try {
            wheel.fire(TICK, 10);
        } catch (IllegalStateException _) {
            // it is the shard that reports it
        }
        assertThat(wheel.size()).isEqualTo(1);
        wheel.fire(TICK, 10);
        assertThat(good.fired).isEqualTo(1);
        assertThat(wheel.size()).isZero();
    }

    @Test
    void aClockThatStandsOrGoesBackFiresNothingEarly() {
        TimerWheel wheel = new TimerWheel(0);
        wheel.fire(100 * TICK, 1);
        Probe probe = new Probe(101 * TICK);
        wheel.schedule(probe, probe.deadline);
        wheel.fire(50 * TICK, 10);
        wheel.fire(100 * TICK, 10);
        wheel.fire(101 * TICK - 1, 10);
        assertThat(probe.fired).isZero();
        wheel.fire(101 * TICK, 10);
        assertThat(probe.fired).isEqualTo(1);
    }

    @Test
    void aCancelledTimerIsReferredToByNothing() {
        TimerWheel wheel = new TimerWheel(0);
        List<Probe> neighbours = new ArrayList<>();
        List<WeakReference<Probe>> cancelled = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Probe probe = new Probe(i % 7 * 1_000L * TICK);
            wheel.schedule(probe, probe.deadline);
            neighbours.add(probe);
        }
        for (int i = 0; i < 300; i += 2) {
            Probe probe = neighbours.get(i);
            wheel.cancel(probe);
            cancelled.add(new WeakReference<>(probe));
        }
        neighbours.removeIf(probe -> !probe.isScheduled());
        Patience.until("cancelled timers to be collected", () -> {
            System.gc();
            return cancelled.stream().allMatch(reference -> reference.get() == null);
        });
        assertThat(neighbours).hasSize(150);
    }
}
