package mayfly.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.base.TaskId;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.StoreException.Kind;
import mayfly.store.TaskRecord;
import mayfly.store.TestEngine;
import mayfly.store.sql.Dialect.Trouble;
import mayfly.store.sql.FaultyDialect.Point;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of trouble at every step of a commit: whoever is told yes finds it, whoever is told no can go on. */
final class WriterTest {
    private final Ids ids = Ids.system();
    private TestEngine engine;
    private FaultyDialect faulty;
    private Store store;

    @BeforeEach
    void open() throws Exception {
        engine = TestEngine.sqlite();
        faulty = new FaultyDialect(engine.dialect());
        store = SqlStore.open(faulty, Duration.ofSeconds(2));
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        engine.close();
    }

    private TaskRecord task(TaskId id, long version) {
        Instant now = Clock.system().now();
        return new TaskRecord(id, "t", "{}", "running", 1, null, null, "", now, now, null, version);
    }

    /** Null for success. */
    private static Kind outcome(CompletableFuture<?> future) throws Exception {
        try {
            future.get(60, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return ((StoreException) e.getCause()).kind();
        }
    }

    private static Stream<Arguments> troubles() {
        return Arrays.stream(Point.values())
                .flatMap(point -> Arrays.stream(Trouble.values()).map(trouble -> Arguments.of(point, trouble)));
    }

    @ParameterizedTest
    @MethodSource("troubles")
    void nobodyIsToldALie(Point point, Trouble trouble) throws Exception {
        TaskId before = ids.task();
        assertThat(outcome(store.putTask(task(before, 1)))).isNull();
        if (point == Point.CONNECT) {
            // The writer has to lose its session first, to connect again.
            faulty.plant(Point.BEGIN, Trouble.BROKEN, 1);
            assertThat(outcome(store.deleteTask(ids.task()))).isEqualTo(Kind.FAILED);
        }
        faulty.plant(point, trouble, 1);
        List<TaskId> put = new ArrayList<>();
        List<CompletableFuture<?>> told = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            put.add(ids.task());
            told.add(store.putTask(task(put.get(i), 1)));
        }
        CompletableFuture<Boolean> deleted = store.deleteTask(before);
        for (int i = 0; i < put.size(); i++) {
            Kind failed = outcome(told.get(i));
            boolean there = store.task(put.get(i)).isPresent();
            if (failed == null) {
                assertThat(there).isTrue();
            } else if (point != Point.COMMITTED) {
                assertThat(there).isFalse();
            }
            if (trouble == Trouble.LOST) {
                assertThat(failed).as("puts can be repeated").isNull();
            }
        }
        Kind deletion = outcome(deleted);
        assertThat(store.task(before).isPresent()).isEqualTo(deletion != null && point != Point.COMMITTED);
        assertThat(faulty.isHealed()).isTrue();
        // And it goes on.
        assertThat(outcome(store.putTask(task(before, 2)))).isNull();
        assertThat(store.task(before)).isPresent();
    }

    @Test
    void eachTroubleHasItsName() throws Exception {
        faulty.plant(Point.UPSERT, Trouble.FULL, 1);
        assertThat(outcome(store.putTask(task(ids.task(), 1)))).isEqualTo(Kind.FULL);
        faulty.plant(Point.BEGIN, Trouble.LOCKED, 1);
        assertThat(outcome(store.putTask(task(ids.task(), 1)))).isEqualTo(Kind.LOCKED);
        faulty.plant(Point.COMMIT, Trouble.BROKEN, 1);
        assertThat(outcome(store.putTask(task(ids.task(), 1)))).isEqualTo(Kind.FAILED);
    }

    @Test
    void aLostAnswerIsNotGuessed() throws Exception {
        TaskId id = ids.task();
        outcome(store.putTask(task(id, 1)));
        faulty.plant(Point.COMMITTED, Trouble.LOST, 1);
        CompletableFuture<Boolean> deleted = store.deleteTask(id);
        assertThat(outcome(deleted)).isEqualTo(Kind.FAILED);
        assertThat(deleted.exceptionNow()).hasMessageContaining("whether this write happened is unknown");
        // Before the commit was asked for, there is nothing to guess.
        outcome(store.putTask(task(id, 1)));
        faulty.plant(Point.BEGIN, Trouble.LOST, 3);
        assertThat(store.deleteTask(id).get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aDatabaseThatIsDownForGoodFailsWrites() throws Exception {
        faulty.plant(Point.BEGIN, Trouble.LOST, Integer.MAX_VALUE);
        assertThat(outcome(store.putTask(task(ids.task(), 1)))).isEqualTo(Kind.FAILED);
        // Only the first one waits for it to come back.
        for (int i = 0; i < 100; i++) {
            assertThat(outcome(store.putTask(task(ids.task(), 1)))).isEqualTo(Kind.FAILED);
        }
        faulty.plant(Point.BEGIN, Trouble.LOST, 0);
        assertThat(outcome(store.putTask(task(ids.task(), 1)))).isNull();
    }

    @Test
    void answersComeInOrder() throws Exception {
        List<Integer> order = java.util.Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            int number = i;
            all.add(store.putTask(task(ids.task(), 1)).thenRun(() -> order.add(number)));
        }
        for (CompletableFuture<?> future : all) {
            future.get(60, TimeUnit.SECONDS);
        }
        assertThat(order).isSorted();
    }
}
