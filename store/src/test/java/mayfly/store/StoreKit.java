package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import mayfly.base.Limits;
import mayfly.store.StoreException.Kind;
import org.junit.jupiter.api.Test;

/** What every engine promises, through the contract alone. */
abstract class StoreKit extends ServiceKit {
    private FunctionRecord created(String name, String... tags) throws Exception {
        FunctionRecord function = records.function(name, tags);
        done(store.putArtifact(Records.CODE, new byte[] {1, 2, 3}));
        assertThat(done(store.createFunction(function, records.version(function, 1))))
                .isTrue();
        return function;
    }

    private List<String> names(FunctionFilter filter) {
        return store.functions(filter).stream().map(FunctionRecord::name).toList();
    }

    // Functions -------------------------------------------------------------------------------------------------

    @Test
    void artifactsAreKeptOnce() throws Exception {
        byte[] bytes = new byte[300_000];
        Arrays.fill(bytes, (byte) 0x80);
        assertThat(store.artifact(Records.CODE)).isEmpty();
        done(store.putArtifact(Records.CODE, bytes));
        done(store.putArtifact(Records.CODE, bytes));
        reopen();
        assertThat(store.artifact(Records.CODE)).get().isEqualTo(bytes);
        assertThatThrownBy(() -> store.putArtifact("0".repeat(64), new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.putArtifact("../etc", bytes)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onlyTheCodeOfLatestVersionsOutlivesPruning() throws Exception {
        String unnamed = "1".repeat(64);
        String replaced = "2".repeat(64);
        String deleted = "3".repeat(64);
        for (String artifact : List.of(unnamed, replaced, deleted)) {
            done(store.putArtifact(artifact, new byte[] {7}));
        }
        FunctionRecord kept = records.function("kept");
        done(store.createFunction(kept, versionOf(kept, 1, replaced)));
        done(store.putArtifact(Records.CODE, new byte[] {1}));
        done(store.addVersion(versionOf(kept, 2, Records.CODE), Records.START));
        FunctionRecord gone = records.function("gone");
        done(store.createFunction(gone, versionOf(gone, 1, deleted)));
        done(store.deleteFunction(gone.id(), Records.START));
        assertThat(store.pruneArtifacts(2).join()).isEqualTo(2);
        assertThat(store.pruneArtifacts(2).join()).isEqualTo(1);
        assertThat(store.pruneArtifacts(2).join()).isZero();
        reopen();
        assertThat(store.artifact(Records.CODE)).get().isEqualTo(new byte[] {1});
        for (String artifact : List.of(unnamed, replaced, deleted)) {
            assertThat(store.artifact(artifact)).isEmpty();
        }
        assertThat(store.version(kept.id(), 1))
                .as("what was replaced is still told of")
                .isPresent();
        FunctionRecord again = records.function("again");
        assertThat(failure(store.createFunction(again, versionOf(again, 1, deleted))))
                .isEqualTo(Kind.FAILED);
        assertThat(store.function("again")).isEmpty();
        done(store.putArtifact(deleted, new byte[] {8}));
        assertThat(store.createFunction(again, versionOf(again, 1, deleted)).join())
                .isTrue();
        assertThat(store.artifact(deleted)).get().isEqualTo(new byte[] {8});
    }

    private static VersionRecord versionOf(FunctionRecord function, int number, String artifact) {
        return new VersionRecord(
                function.id(), number, function.runtime(), function.tags(), "{}", artifact, Records.START);
    }

    @Test
    void aFunctionIsFoundByItsName() throws Exception {
        FunctionRecord function = created("hello", "a", "b\\n", "", "c\nd");
        reopen();
        same(store.function("hello").orElseThrow(), function);
        assertThat(store.function("hell")).isEmpty();
        VersionRecord version = store.version(function.id(), 1).orElseThrow();
        assertThat(version.tags()).containsExactly("a", "b\\n", "", "c\nd");
        assertThat(version.spec()).isEqualTo("{\"v\":1}");
        assertThat(store.version(function.id(), 2)).isEmpty();
    }

    @Test
    void aNameIsTakenUntilItsFunctionIsDeleted() throws Exception {
        FunctionRecord first = created("hello");
        FunctionRecord second = records.function("hello");
        assertThat(done(store.createFunction(second, records.version(second, 1))))
                .isFalse();
        assertThat(store.version(second.id(), 1)).isEmpty();
        assertThat(done(store.createFunction(first, records.version(first, 1)))).isFalse();

        assertThat(done(store.deleteFunction(first.id(), records.time()))).isTrue();
        assertThat(done(store.deleteFunction(first.id(), records.time()))).isFalse();
        assertThat(store.function("hello")).isEmpty();
        assertThat(store.version(first.id(), 1)).isPresent();
        assertThat(done(store.createFunction(second, records.version(second, 1))))
                .isTrue();
        assertThat(store.function("hello").orElseThrow().id()).isEqualTo(second.id());
    }

    @Test
    void versionsCountByOne() throws Exception {
        FunctionRecord function = created("hello", "old");
        Instant now = records.time();
        VersionRecord second = new VersionRecord(function.id(), 2, "node", List.of("new"), "{}", Records.CODE, now);
        assertThat(done(store.addVersion(records.version(function, 1), now))).isFalse();
        assertThat(done(store.addVersion(records.version(function, 3), now))).isFalse();
        assertThat(done(store.addVersion(second, now))).isTrue();
        assertThat(done(store.addVersion(second, now))).isFalse();
        FunctionRecord found = store.function("hello").orElseThrow();
        same(found, new FunctionRecord(function.id(), "hello", "node", List.of("new"), 2, function.createdAt(), now));
        same(store.version(function.id(), 2).orElseThrow(), second);
        assertThat(store.version(function.id(), 1).orElseThrow().tags()).containsExactly("old");

        done(store.deleteFunction(function.id(), now));
        assertThat(done(store.addVersion(records.version(function, 3), now))).isFalse();
    }

    @Test
    void functionsAreListedByName() throws Exception {
        for (String name : List.of("b", "a", "Z", "aa", "a_", "aX", "\u00e9", "z\ud83d\ude00", "z\uffee", "ab")) {
            created(name, name.startsWith("a") ? "starts-a" : "other");
        }
        // By code point, whatever the database's locale.
        List<String> all = List.of("Z", "a", "aX", "a_", "aa", "ab", "b", "z\uffee", "z\ud83d\ude00", "\u00e9");
        assertThat(names(new FunctionFilter(null, null, null, null, 100))).isEqualTo(all);
        assertThat(names(new FunctionFilter("a", null, null, null, 100))).isEqualTo(all.subList(1, 6));
        assertThat(names(new FunctionFilter("a_", null, null, null, 100))).containsExactly("a_");
        assertThat(names(new FunctionFilter("%", null, null, null, 100))).isEmpty();
        assertThat(names(new FunctionFilter("", null, null, null, 100))).isEqualTo(all);
        assertThat(names(new FunctionFilter("z\ud83d\ude00", null, null, null, 100)))
                .containsExactly("z\ud83d\ude00");
        assertThat(names(new FunctionFilter(null, null, "starts-a", "a", 2))).containsExactly("aX", "a_");
        assertThat(names(new FunctionFilter(null, null, "starts", null, 9))).isEmpty();
        assertThat(names(new FunctionFilter(null, "python3", "other", null, 1))).containsExactly("Z");
        assertThat(names(new FunctionFilter(null, "node", null, null, 9))).isEmpty();
    }

    // Invocations -----------------------------------------------------------------------------------------------

    @Test
    void anInvocationGoesItsWay() throws Exception {
        Instant queued = records.time();
        var id = records.invocationId();
        for (String status : List.of("pending", "running", "pending", "running", "success")) {
            InvocationRecord now = records.invocation(id, "async", status, queued, 2);
            done(store.putInvocation(now));
            same(store.invocation(id).orElseThrow(), now);
        }
        reopen();
        same(store.invocation(id).orElseThrow(), records.invocation(id, "async", "success", queued, 2));
        assertThat(store.invocation(records.invocationId())).isEmpty();
    }

    @Test
    void whatEndedStaysEnded() throws Exception {
        Instant queued = records.time();
        var id = records.invocationId();
        done(store.putInvocation(records.invocation(id, "sync", "error", queued, 1)));
        done(store.putInvocation(records.invocation(id, "sync", "running", queued, 2)));
        assertThat(store.invocation(id).orElseThrow().status()).isEqualTo("error");
        done(store.putInvocation(records.invocation(id, "sync", "success", queued, 3)));
        assertThat(store.invocation(id).orElseThrow().status()).isEqualTo("success");
        // In one batch too, where writes of one id meet before they reach the engine.
        for (int i = 0; i < 50; i++) {
            var next = records.invocationId();
            later(store.putInvocation(records.invocation(next, "sync", "pending", queued, 1)));
            later(store.putInvocation(records.invocation(next, "sync", "timeout", queued, 1)));
            done(store.putInvocation(records.invocation(next, "sync", "running", queued, 1)));
            assertThat(store.invocation(next).orElseThrow().status()).isEqualTo("timeout");
        }
    }

    @Test
    void invocationsAreListedNewestFirst() throws Exception {
        List<InvocationRecord> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(records.invocation("async", i % 4 == 0 ? "error" : "success"));
        }
        done(CompletableFuture.allOf(all.stream().map(store::putInvocation).toArray(CompletableFuture[]::new)));
        var newest = store.invocations(new InvocationFilter(null, null, null, 5));
        assertThat(newest)
                .extracting(InvocationRecord::id)
                .containsExactly(all.subList(15, 20).reversed().stream()
                        .map(InvocationRecord::id)
                        .toArray(mayfly.base.InvocationId[]::new));
        assertThat(newest).allMatch(r -> r.payload() == null && r.result() == null && r.logs() == null);
        var errors = store.invocations(
                new InvocationFilter("hello", "error", all.get(12).id(), 2));
        assertThat(errors)
                .extracting(InvocationRecord::id)
                .containsExactly(all.get(8).id(), all.get(4).id());
        assertThat(errors.getFirst().error()).isNotNull();
        assertThat(store.invocations(new InvocationFilter("nobody", null, null, 5)))
                .isEmpty();
    }

    @Test
    void unfinishedAsynchronousInvocationsAreFoundAgain() throws Exception {
        InvocationRecord second = records.invocation("async", "running");
        InvocationRecord first = records.invocation(
                records.invocationId(), "async", "pending", second.queuedAt().minusSeconds(1), 0);
        for (InvocationRecord record : List.of(
                second,
                first,
                records.invocation("async", "success"),
                records.invocation("sync", "running"),
                records.invocation("async", "timeout"))) {
            done(store.putInvocation(record));
        }
        reopen();
        same(store.unfinishedAsync(10), List.of(first, second));
        same(store.unfinishedAsync(1), List.of(first));
        assertThat(first.payload()).isNotNull();
    }

    @Test
    void oldInvocationsAreDeleted() throws Exception {
        List<InvocationRecord> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(records.invocation(i == 3 ? "running" : "success"));
            later(store.putInvocation(all.get(i)));
        }
        assertThat(done(store.pruneInvocations(all.get(8).queuedAt(), 5))).isEqualTo(5);
        assertThat(done(store.pruneInvocations(all.get(8).queuedAt(), 5))).isEqualTo(2);
        assertThat(done(store.pruneInvocations(all.get(8).queuedAt(), 5))).isZero();
        assertThat(store.invocations(new InvocationFilter(null, null, null, 100)))
                .extracting(InvocationRecord::id)
                .containsExactly(all.get(9).id(), all.get(8).id(), all.get(3).id());
        assertThat(done(store.pruneInvocations(Instant.MIN, 5))).isZero();
        assertThat(done(store.pruneInvocations(Instant.MAX, 5))).isEqualTo(2);
        // A deletion keeps its place between the writes around it.
        InvocationRecord late = records.invocation("success");
        later(store.putInvocation(late));
        var pruned = store.pruneInvocations(Instant.MAX, 5);
        later(store.putInvocation(late));
        assertThat(done(pruned)).isEqualTo(1);
        assertThat(done(store.pruneInvocations(Instant.MAX, 5))).isEqualTo(1);
    }

    // Tasks -----------------------------------------------------------------------------------------------------

    @Test
    void aTaskGoesItsWay() throws Exception {
        TaskRecord pending = records.task("build", "pending", 1);
        done(store.putTask(pending));
        same(store.task(pending.id()).orElseThrow(), pending);
        TaskRecord running = records.task(pending.id(), "build", "running", 2, null);
        TaskRecord failed = records.task(pending.id(), "build", "failed", 3, 7);
        later(store.putTask(failed));
        done(store.putTask(running));
        reopen();
        same(store.task(pending.id()).orElseThrow(), failed);
        done(store.putTask(running));
        same(store.task(pending.id()).orElseThrow(), failed);
        assertThat(done(store.deleteTask(pending.id()))).isTrue();
        assertThat(done(store.deleteTask(pending.id()))).isFalse();
        assertThat(store.task(pending.id())).isEmpty();
    }

    @Test
    void tasksAreListedNewestFirst() throws Exception {
        TaskRecord a = records.task("a", "running", 1);
        TaskRecord b = records.task("b", "killed", 1);
        TaskRecord c = records.task("a", "pending", 1);
        TaskRecord d = records.task("a", "succeeded", 1);
        for (TaskRecord task : List.of(c, a, d, b)) {
            done(store.putTask(task));
        }
        same(store.tasks(new TaskFilter(null, null, false, null, 100)), List.of(d, c, b, a));
        same(store.tasks(new TaskFilter("a", null, false, d.id(), 1)), List.of(c));
        same(store.tasks(new TaskFilter(null, null, true, null, 100)), List.of(c, a));
        same(store.tasks(new TaskFilter(null, "killed", false, null, 100)), List.of(b));
        same(store.tasks(new TaskFilter(null, "killed", true, null, 100)), List.of());
    }

    @Test
    void writesOfOneTaskKeepTheirOrder() throws Exception {
        TaskRecord first = records.task("a", "running", 1);
        TaskRecord again = records.task(first.id(), "a", "running", 1, null);
        for (int i = 0; i < 50; i++) {
            later(store.putTask(first));
            var deleted = store.deleteTask(first.id());
            later(store.putTask(again));
            assertThat(done(deleted)).isTrue();
        }
        assertThat(done(store.deleteTask(first.id()))).isTrue();
    }

    // Failures and limits ---------------------------------------------------------------------------------------

    @Test
    void oneFaultyWriteFailsAlone() throws Exception {
        for (int round = 0; round < 20; round++) {
            List<CompletableFuture<?>> good = new ArrayList<>();
            List<InvocationRecord> put = new ArrayList<>();
            FunctionRecord orphan = records.function("orphan");
            CompletableFuture<Boolean> faulty = null;
            for (int i = 0; i < 40; i++) {
                put.add(records.invocation("success"));
                good.add(store.putInvocation(put.getLast()));
                good.add(store.putTask(records.task("t", "running", 1)));
                if (i == 20) {
                    // Its code was never put.
                    VersionRecord version =
                            new VersionRecord(orphan.id(), 1, "node", List.of(), "{}", "f".repeat(64), records.time());
                    faulty = store.createFunction(orphan, version);
                }
            }
            assertThat(failure(faulty)).isEqualTo(Kind.FAILED);
            for (CompletableFuture<?> future : good) {
                done(future);
            }
            for (InvocationRecord record : put) {
                assertThat(store.invocation(record.id())).isPresent();
            }
            // All of it was undone, not only its second half.
            assertThat(store.function("orphan")).isEmpty();
        }
    }

    @Test
    void limitsAreKept() {
        for (int limit : new int[] {0, -1, Limits.LIST_PAGE_MAX + 1}) {
            assertThatThrownBy(() -> store.functions(new FunctionFilter(null, null, null, null, limit)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> store.invocations(new InvocationFilter(null, null, null, limit)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> store.tasks(new TaskFilter(null, null, false, null, limit)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> store.putArtifact(Records.CODE, new byte[Limits.ARTIFACT_BYTES_MAX + 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFullQueueSaysBusy() throws Exception {
        // Far more than a writer can take meanwhile, and over the bytes before it is over the number.
        byte[] large = new byte[Limits.ARTIFACT_BYTES_MAX];
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(store.putArtifact("%064x".formatted(i), large));
        }
        int busy = 0;
        for (int i = 0; i < all.size(); i++) {
            try {
                done(all.get(i));
                assertThat(store.artifact("%064x".formatted(i))).isPresent();
            } catch (ExecutionException e) {
                assertThat(((StoreException) e.getCause()).kind()).isEqualTo(Kind.BUSY);
                assertThat(store.artifact("%064x".formatted(i))).isEmpty();
                busy++;
            }
        }
        assertThat(busy).isPositive();
        done(store.putInvocation(records.invocation("success")));
    }

    @Test
    void closingCommitsWhatWasHandedIn() throws Exception {
        List<InvocationRecord> put = new ArrayList<>();
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            put.add(records.invocation("success"));
            futures.add(store.putInvocation(put.getLast()));
        }
        store.close();
        assertThat(futures).allMatch(CompletableFuture::isDone).noneMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(failure(store.putInvocation(put.getFirst()))).isEqualTo(Kind.CLOSED);
        assertThatThrownBy(() -> store.invocation(put.getFirst().id()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED));
        assertThatThrownBy(() -> store.tasks(new TaskFilter(null, null, false, null, 1)))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED));
        store.close();
        store = engine.open();
        for (InvocationRecord record : put) {
            assertThat(store.invocation(record.id())).isPresent();
        }
    }
}
