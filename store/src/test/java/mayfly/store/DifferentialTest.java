package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/**
 * The same random writes, handed in by bursts so that they meet in batches, to the model and to every engine here: all
 * must answer and then hold the same. {@code -Dmayfly.seed=N} repeats one run, {@code -Dmayfly.soak=true} does many.
 */
final class DifferentialTest {
    private static final List<String> INVOCATION_STATUSES =
            List.of("pending", "running", "pending", "running", "success", "error", "timeout", "cancelled");
    private static final List<String> TASK_STATUSES = List.of("pending", "running", "succeeded", "failed", "lost");
    private static final List<String> NAMES = List.of("a", "ab", "B", "z\uffee", "z\ud83d\ude00", "a_b", "\u00e9");
    private static final List<String> TAGS = List.of("x", "xy", "", "\n", "\\n", "\\", "%");

    /** One burst of writes and reads, the same for every store. */
    private interface Step extends Function<Store, CompletableFuture<?>> {}

    @Test
    void everyEngineDoesWhatTheModelDoes() throws Exception {
        Long given = Long.getLong("mayfly.seed");
        int runs = given != null ? 1 : Boolean.getBoolean("mayfly.soak") ? 40 : 2;
        for (int run = 0; run < runs; run++) {
            long seed = given != null ? given : run == 0 ? 1 : System.nanoTime();
            System.out.println("differential test: -Dmayfly.seed=" + seed);
            try (TestEngine sqlite = TestEngine.sqlite()) {
                List<TestEngine> engines = new ArrayList<>(List.of(sqlite));
                try {
                    engines.add(TestEngine.postgres());
                } catch (TestAbortedException e) {
                    System.out.println("differential test without PostgreSQL: " + e.getMessage());
                }
                new Run(seed, engines).go();
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final Records records;
        private final List<TestEngine> engines;
        private final ModelStore model = new ModelStore();
        private List<Store> stores;
        private final List<FunctionRecord> functions = new ArrayList<>();
        private final List<InvocationId> invocations = new ArrayList<>();
        private final List<TaskId> tasks = new ArrayList<>();
        private final List<ServiceId> services = new ArrayList<>();

        Run(long seed, List<TestEngine> engines) {
            this.random = new Random(seed);
            this.records = new Records(seed);
            this.engines = engines;
            this.stores = engines.stream().map(TestEngine::open).toList();
            for (int i = 0; i < 12; i++) {
                invocations.add(records.invocationId());
                tasks.add(records.taskId());
                services.add(records.serviceId());
                functions.add(records.function(pick(NAMES), pick(TAGS), pick(TAGS)));
            }
        }

        void go() throws Exception {
            for (int burst = 0; burst < 100; burst++) {
                List<Step> steps = new ArrayList<>();
                for (int n = 1 + random.nextInt(random.nextBoolean() ? 3 : 60); n > 0; n--) {
                    steps.add(write());
                }
                sameAnswers(steps);
                if (random.nextInt(30) == 0) {
                    stores.forEach(Store::close);
                    stores = engines.stream().map(TestEngine::open).toList();
                }
                sameReads();
            }
            stores.forEach(Store::close);
        }

        private <T> T pick(List<T> from) {
            return from.get(random.nextInt(from.size()));
        }

        private Instant someTime() {
            return Records.START.plusMillis(random.nextInt(2000));
        }

        private Step write() {
            return switch (random.nextInt(24)) {
                case 0 -> {
                    String hash = "%064x".formatted(random.nextInt(2));
                    byte[] bytes = {(byte) random.nextInt(3)};
                    boolean prune = random.nextInt(8) == 0;
                    yield store -> prune ? store.pruneArtifacts(10) : store.putArtifact(hash, bytes);
                }
                case 1, 2 -> {
                    FunctionRecord function = pick(functions);
                    VersionRecord version = version(function.id(), 1);
                    yield store -> store.createFunction(function, version);
                }
                case 3, 4 -> {
                    VersionRecord version = version(pick(functions).id(), 1 + random.nextInt(4));
                    Instant now = someTime();
                    yield store -> store.addVersion(version, now);
                }
                case 5 -> {
                    FunctionId id = pick(functions).id();
                    Instant now = someTime();
                    yield store -> store.deleteFunction(id, now);
                }
                case 6 -> {
                    Instant before = someTime();
                    int limit = 1 + random.nextInt(5);
                    // Of equally old ones any may go, so all times differ.
                    yield store -> store.pruneInvocations(before, limit);
                }
                case 7 -> {
                    TaskId id = pick(tasks);
                    yield store -> store.deleteTask(id);
                }
                case 20, 21, 22, 23 -> {
                    ServiceRecord first = records.service(pick(services), pick(NAMES), 1);
                    ServiceRecord next = records.service(pick(services), pick(NAMES), 2 + random.nextInt(2));
                    int what = random.nextInt(5);
                    yield store -> what == 0
                            ? store.deleteService(first.id())
                            : what < 3 ? store.createService(first) : store.replaceService(next);
                }
                case 8, 9, 10, 11, 12 -> {
                    TaskRecord task = records.task(
                            pick(tasks), pick(NAMES), pick(TASK_STATUSES), 1 + random.nextInt(9), random.nextInt(3));
                    yield store -> store.putTask(task);
                }
                default -> {
                    int which = random.nextInt(invocations.size());
                    if (random.nextInt(10) == 0) {
                        invocations.set(which, records.invocationId());
                    }
                    InvocationRecord invocation = records.invocation(
                            invocations.get(which),
                            random.nextBoolean() ? "sync" : "async",
                            pick(INVOCATION_STATUSES),
                            records.time(),
                            random.nextInt(4));
                    yield store -> store.putInvocation(invocation);
                }
            };
        }

        private VersionRecord version(FunctionId id, int version) {
            String artifact = "%064x".formatted(random.nextInt(3));
            List<String> tags = List.of(pick(TAGS));
            return new VersionRecord(id, version, pick(List.of("node", "c")), tags, "{}", artifact, someTime());
        }

        private void sameAnswers(List<Step> steps) throws Exception {
            List<CompletableFuture<?>> expected = steps.stream()
                    .<CompletableFuture<?>>map(step -> step.apply(model))
                    .toList();
            for (Store store : stores) {
                List<CompletableFuture<?>> actual = new ArrayList<>();
                steps.forEach(step -> actual.add(step.apply(store)));
                for (int i = 0; i < steps.size(); i++) {
                    assertThat(answer(actual.get(i))).as(store.engine()).isEqualTo(answer(expected.get(i)));
                }
            }
        }

        private static Object answer(CompletableFuture<?> future) throws Exception {
            try {
                return future.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                return ((StoreException) e.getCause()).kind();
            }
        }

        private void sameReads() {
            int limit = 1 + random.nextInt(12);
            String name = random.nextBoolean() ? null : pick(NAMES);
            String tag = random.nextBoolean() ? null : pick(TAGS);
            InvocationId id = pick(invocations);
            InvocationId beforeInvocation = random.nextBoolean() ? null : id;
            String invocationStatus = random.nextBoolean() ? null : pick(INVOCATION_STATUSES);
            TaskId task = pick(tasks);
            TaskId beforeTask = random.nextBoolean() ? null : task;
            String taskStatus = random.nextBoolean() ? null : pick(TASK_STATUSES);
            boolean unfinished = random.nextBoolean();
            FunctionRecord function = pick(functions);
            int version = 1 + random.nextInt(4);
            sameRead(store -> store.artifact("%064x".formatted(limit % 3)));
            sameRead(store -> store.function(function.name()));
            sameRead(store -> store.version(function.id(), version));
            sameRead(store -> store.functions(new FunctionFilter(name, null, tag, null, limit)));
            sameRead(store -> store.functions(new FunctionFilter(null, "node", null, name, limit)));
            sameRead(store -> store.invocation(id));
            sameRead(store -> store.invocations(new InvocationFilter(null, invocationStatus, beforeInvocation, limit)));
            sameRead(store -> store.invocations(new InvocationFilter("hello", null, null, 1000)));
            sameRead(store -> store.unfinishedAsync(limit));
            sameRead(store -> store.services(new ServiceFilter(name, null, limit)));
            sameRead(store -> store.services(new ServiceFilter(null, name, 1000)));
            sameRead(store -> store.service(function.name()));
            sameRead(store -> store.task(task));
            sameRead(store -> store.tasks(new TaskFilter(name, taskStatus, unfinished, beforeTask, limit)));
            sameRead(store -> store.tasks(new TaskFilter(null, null, false, null, 1000)));
        }

        private void sameRead(Function<Store, Object> read) {
            Object expected = read.apply(model);
            for (Store store : stores) {
                assertThat(read.apply(store))
                        .as(store.engine())
                        .usingRecursiveComparison()
                        .isEqualTo(expected);
            }
        }
    }
}
