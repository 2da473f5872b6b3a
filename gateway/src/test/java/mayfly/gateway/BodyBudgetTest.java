package mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Room;
import org.junit.jupiter.api.Test;

class BodyBudgetTest {
    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofSeconds(60);

    @Test
    void whatIsOverTheBudgetIsRefusedByNameAndRoomComesBack() throws RefusedException {
        BodyBudget budget = new BodyBudget(10 * Limits.MIB, SOON);
        try (Room.Held _ = budget.hold(4 * Limits.MIB, 2)) {
            assertThat(budget.freeBytes()).isEqualTo(2 * Limits.MIB);
            assertThatThrownBy(() -> budget.hold(3 * Limits.MIB, 1))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LIMIT_REACHED))
                    .hasMessageContaining("large requests");
            budget.hold(2 * Limits.MIB, 1).close();
        }
        assertThat(budget.freeBytes()).isEqualTo(10 * Limits.MIB);
    }

    @Test
    void smallBodiesPassWhenNothingIsFree() throws RefusedException {
        BodyBudget budget = new BodyBudget(Limits.MIB, SOON);
        try (Room.Held _ = budget.hold(Limits.MIB, 1);
                Room.Held _ = budget.hold(64 * Limits.KIB, 3);
                Room.Held _ = budget.hold(0, 3)) {
            assertThat(budget.freeBytes()).isZero();
        }
        assertThat(budget.freeBytes()).isEqualTo(Limits.MIB);
    }

    /** One that alone is larger than the budget gets all of it, when nobody else has any: it is not refused for ever. */
    @Test
    void theLargestIsServedAlone() throws RefusedException {
        BodyBudget budget = new BodyBudget(Limits.MIB, SOON);
        try (Room.Held _ = budget.hold(100 * Limits.MIB, 3)) {
            assertThat(budget.freeBytes()).isZero();
        }
        assertThat(budget.freeBytes()).isEqualTo(Limits.MIB);
    }

    @Test
    void whoWaitsIsServedWhenRoomComesBack() throws Exception {
        BodyBudget budget = new BodyBudget(Limits.MIB, LONG);
        Room.Held first = budget.hold(Limits.MIB, 1);
        List<RefusedException> refused = new ArrayList<>();
        Thread second = Thread.ofVirtual().start(() -> {
            try {
                budget.hold(Limits.MIB, 1).close();
            } catch (RefusedException e) {
                refused.add(e);
            }
        });
        await().until(() -> second.getState() == Thread.State.TIMED_WAITING);
        first.close();
        second.join();
        assertThat(refused).isEmpty();
        assertThat(budget.freeBytes()).isEqualTo(Limits.MIB);
    }

    @Test
    void neverMoreIsHeldThanThereIs() throws Exception {
        long seed = Long.getLong("mayfly.seed", new Random().nextLong());
        BodyBudget budget = new BodyBudget(8 * Limits.MIB, LONG);
        AtomicLong held = new AtomicLong();
        AtomicLong most = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            Random random = new Random(seed + t);
            threads.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 300; i++) {
                    int bytes = 65 * Limits.KIB + random.nextInt(3 * Limits.MIB);
                    try (Room.Held _ = budget.hold(bytes, 2)) {
                        most.accumulateAndGet(held.addAndGet(bytes * 2L), Math::max);
                        Thread.onSpinWait();
                        held.addAndGet(-bytes * 2L);
                    } catch (RefusedException e) {
                        throw new AssertionError(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most.get()).as("seed %s", seed).isBetween(1L, 8L * Limits.MIB + 8 * Limits.KIB);
        assertThat(budget.freeBytes()).isEqualTo(8 * Limits.MIB);
    }
}
