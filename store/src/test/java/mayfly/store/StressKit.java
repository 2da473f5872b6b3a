package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import mayfly.base.InvocationId;
import mayfly.base.TaskId;
import org.junit.jupiter.api.Test;

/** Strange values, and many threads at once. */
abstract class StressKit extends EngineTest {
    private static final List<String> STRANGE = List.of(
            "",
            " ",
            "\0",
            "a\0b\0",
            "\ud83d",
            "\ude00",
            "\ude00\ud83d",
            "x\ud83d\ud83d\ude00\ude00y",
            "\ud83d\ude00",
            "\uffff\ufffe",
            "\ufeffbom",
            "e\u0301 \u00e9",
            "\u202egnirts",
            "'; DROP TABLE tasks; --",
            "\\",
            "\\N",
            "\\000",
            "{\"a\",NULL,b}",
            "NULL",
            "null",
            "%_",
            "\r\n\t\u0001\u001b[31m",
            "\"",
            "$1 ? ?? :name ::text");

    /** What the store promises to give back. */
    private static String kept(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> out.appendCodePoint(c == 0 || (c >= 0xD800 && c <= 0xDFFF) ? 0xFFFD : c));
        return out.toString();
    }

    private TaskRecord strangeTask(String text) {
        return new TaskRecord(
                records.taskId(), text, text, text, -1, Integer.MIN_VALUE, 64, text, Instant.EPOCH, null, null, 1);
    }

    private void comesBack(TaskRecord put) throws Exception {
        done(store.putTask(put));
        TaskRecord got = store.task(put.id()).orElseThrow();
        String text = kept(put.name());
        same(
                got,
                new TaskRecord(
                        put.id(), text, text, text, -1, Integer.MIN_VALUE, 64, text, Instant.EPOCH, null, null, 1));
        assertThat(store.tasks(new TaskFilter(put.name(), put.status(), false, null, 1)))
                .extracting(TaskRecord::id)
                .containsExactly(put.id());
    }

    @Test
    void strangeTextComesBackCleaned() throws Exception {
        for (String text : STRANGE) {
            comesBack(strangeTask(text));
        }
        long seed = System.nanoTime();
        System.out.println("strange text on " + store.engine() + ": seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(40); length > 0; length--) {
                text.append((char) (random.nextBoolean() ? random.nextInt(0x10000) : 0xD7F0 + random.nextInt(0x820)));
            }
            comesBack(strangeTask(text.toString()));
        }
    }

    @Test
    void strangeTextInInvocationsAndFunctions() throws Exception {
        done(store.putArtifact(Records.CODE, new byte[1]));
        for (String text : STRANGE) {
            InvocationRecord made = records.invocation("error");
            InvocationRecord put = new InvocationRecord(
                    made.id(),
                    made.function(),
                    text,
                    Integer.MAX_VALUE,
                    text,
                    text,
                    text.getBytes(StandardCharsets.UTF_16),
                    false,
                    new byte[0],
                    true,
                    text,
                    text,
                    text,
                    made.queuedAt(),
                    null,
                    made.endedAt(),
                    Long.MIN_VALUE,
                    text,
                    Integer.MIN_VALUE);
            done(store.putInvocation(put));
            InvocationRecord got = store.invocation(put.id()).orElseThrow();
            assertThat(got.payload()).isEqualTo(put.payload());
            assertThat(got.result()).isEmpty();
            assertThat(List.of(got.functionName(), got.mode(), got.status(), got.error(), got.logs(), got.start()))
                    .containsOnly(kept(text));
            assertThat(store.invocations(new InvocationFilter(text, text, null, 1)))
                    .hasSize(1);

            FunctionRecord function = records.function("f" + text, text, text + text);
            assertThat(done(store.createFunction(function, records.version(function, 1))))
                    .isTrue();
            assertThat(store.function("f" + text).orElseThrow().tags()).containsExactly(kept(text), kept(text + text));
            assertThat(store.functions(new FunctionFilter("f" + text, null, text, null, 100)))
                    .extracting(FunctionRecord::name)
                    .contains(kept("f" + text));
            done(store.deleteFunction(function.id(), records.time()));
        }
    }

    @Test
    void timesAreKeptToTheNanosecondAndClamped() throws Exception {
        Instant lowest = Instant.ofEpochSecond(Long.MIN_VALUE / 1_000_000_000 - 1, 145_224_192);
        Instant highest = Instant.ofEpochSecond(Long.MAX_VALUE / 1_000_000_000, 854_775_807);
        Map<Instant, Instant> expected = Map.of(
                Instant.EPOCH.minusNanos(1),
                Instant.EPOCH.minusNanos(1),
                Records.START,
                Records.START,
                lowest,
                lowest,
                lowest.plusNanos(1),
                lowest.plusNanos(1),
                highest,
                highest,
                highest.plusNanos(1),
                highest,
                lowest.minusNanos(1),
                lowest,
                Instant.MIN,
                lowest,
                Instant.MAX,
                highest);
        for (var entry : expected.entrySet()) {
            InvocationId id = records.invocationId();
            done(store.putInvocation(records.invocation(id, "sync", "pending", entry.getKey(), 1)));
            assertThat(store.invocation(id).orElseThrow().queuedAt()).isEqualTo(entry.getValue());
        }
    }

    @Test
    void everyCompletedWriteIsSeenByEveryThread() throws Exception {
        Map<InvocationId, String> told = new ConcurrentHashMap<>();
        int writers = 16;
        List<Future<?>> threads = new ArrayList<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int w = 0; w < writers; w++) {
                Records own = new Records(1000 + w);
                threads.add(pool.submit(() -> {
                    for (int i = 0; i < 30; i++) {
                        InvocationId id = own.invocationId();
                        for (String status : List.of("pending", "running", "success")) {
                            done(store.putInvocation(own.invocation(id, "async", status, own.time(), 1)));
                            told.put(id, status);
                            assertThat(store.invocation(id).orElseThrow().status())
                                    .isEqualTo(status);
                        }
                    }
                    return null;
                }));
            }
            for (int r = 0; r < 4; r++) {
                threads.add(pool.submit(() -> {
                    while (told.size() < writers * 30) {
                        for (var entry : told.entrySet()) {
                            String status = store.invocation(entry.getKey())
                                    .orElseThrow()
                                    .status();
                            if (entry.getValue().equals("success")) {
                                assertThat(status).isEqualTo("success");
                            }
                        }
                        assertThat(store.invocations(new InvocationFilter("hello", null, null, 50)))
                                .hasSizeLessThanOrEqualTo(50);
                    }
                    return null;
                }));
            }
            for (Future<?> thread : threads) {
                thread.get(120, TimeUnit.SECONDS);
            }
        }
        assertThat(store.invocations(new InvocationFilter("hello", "success", null, 1000)))
                .hasSize(writers * 30);
    }

    @Test
    void racingWritersOfOneTaskLeaveTheNewestVersion() throws Exception {
        TaskId id = records.taskId();
        List<Future<?>> threads = new ArrayList<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int w = 0; w < 8; w++) {
                Random random = new Random(w);
                threads.add(pool.submit(() -> {
                    for (int i = 0; i < 100; i++) {
                        done(store.putTask(records.task(id, "t", "running", 1 + random.nextInt(1000), null)));
                    }
                    return done(store.putTask(records.task(id, "t", "killed", 2000, null)));
                }));
            }
            for (Future<?> thread : threads) {
                thread.get(120, TimeUnit.SECONDS);
            }
        }
        assertThat(store.task(id).orElseThrow().version()).isEqualTo(2000);
    }

    @Test
    void closingInTheMiddleTellsEveryWriterTheTruth() throws Exception {
        Map<InvocationId, Boolean> told = new ConcurrentHashMap<>();
        List<Future<?>> threads = new ArrayList<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int w = 0; w < 8; w++) {
                Records own = new Records(3000 + w);
                threads.add(pool.submit(() -> {
                    for (boolean open = true; open; ) {
                        InvocationRecord record = own.invocation("success");
                        open = store.putInvocation(record)
                                .handle((_, failure) -> failure == null)
                                .get(60, TimeUnit.SECONDS);
                        told.put(record.id(), open);
                    }
                    return null;
                }));
            }
            org.awaitility.Awaitility.await().until(() -> told.size() > 200);
            store.close();
            for (Future<?> thread : threads) {
                thread.get(60, TimeUnit.SECONDS);
            }
        }
        store = engine.open();
        told.forEach((id, kept) -> assertThat(store.invocation(id).isPresent()).isEqualTo(kept));
    }
}
