package mayfly.node;

import static mayfly.node.FunctionsTest.assertRefused;
import static mayfly.node.NodeFixture.archive;
import static mayfly.node.NodeFixture.bytes;
import static mayfly.node.NodeFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import mayfly.api.Reuse;
import mayfly.base.ErrorCode;
import mayfly.base.InvocationId;
import mayfly.base.RefusedException;
import mayfly.core.pool.Pool;
import mayfly.machine.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions are deleted and replaced, the node is stopped: what becomes of calls, of code, and of the words for it. */
class EndingTest {
    @TempDir
    Path data;

    private final CountDownLatch go = new CountDownLatch(1);

    /** One call that runs until {@link #go}, and one that waits for its machine. */
    private List<FutureTask<Invocations.Ran>> oneRunsOneWaits(NodeFixture fixture) throws Exception {
        fixture.node.functions().create(spec("f", Reuse.WARM, 1, 8), archive());
        fixture.driver.handlers.put("f", _ -> blocked());
        List<FutureTask<Invocations.Ran>> calls = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            calls.add(later(() -> fixture.node.invocations().invoke("f", bytes("1"), true)));
            int running = i + 1;
            await().until(() -> calls(fixture) == running);
        }
        return calls;
    }

    private static int calls(NodeFixture fixture) throws Exception {
        return fixture.node.functions().get("f").pool().orElseThrow() instanceof Pool.Open open
                ? open.waiting().size()
                        + (int) open.machines().stream()
                                .filter(it -> it.toString().contains("Busy"))
                                .count()
                : 0;
    }

    private Outcome blocked() {
        try {
            go.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new Outcome.Success(bytes("done"), true, 1);
    }

    private static <T> FutureTask<T> later(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        var _ = Thread.ofVirtual().start(task);
        return task;
    }

    private static void assertEndsWith(FutureTask<?> call, ErrorCode code) throws Exception {
        try {
            assertThat(call.get()).as("an answer where a refusal was due").isNull();
        } catch (java.util.concurrent.ExecutionException e) {
            assertThat(e.getCause())
                    .isInstanceOfSatisfying(
                            RefusedException.class, it -> assertThat(it.code()).isEqualTo(code));
        }
    }

    private FutureTask<Invocations.Ran> running(List<FutureTask<Invocations.Ran>> calls) {
        await().until(() -> calls.stream().anyMatch(FutureTask::isDone));
        return calls.stream().filter(it -> !it.isDone()).findFirst().orElseThrow();
    }

    @Test
    void aCallThatWaitsWhenItsFunctionIsDeletedFindsNone() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            var calls = oneRunsOneWaits(fixture);
            fixture.node.functions().delete("f");
            var inMachine = running(calls);
            calls.remove(inMachine);
            assertEndsWith(calls.getFirst(), ErrorCode.FUNCTION_NOT_FOUND);
            go.countDown();
            assertThat(inMachine.get().outcome()).isInstanceOf(Outcome.Success.class);
        }
    }

    @Test
    void anotherFunctionOfTheSameNameDoesNotTakeOver() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            var calls = oneRunsOneWaits(fixture);
            InvocationId waiting = fixture.node.async().submit("f", bytes("1"), true);
            fixture.node.functions().delete("f");
            fixture.deploy("f");
            go.countDown();
            var ended = fixture.node
                    .invocations()
                    .await(waiting, java.time.Duration.ofSeconds(20))
                    .orElseThrow();
            assertThat(ended.error()).contains("function.not_found");
            for (var call : calls) {
                await().until(call::isDone);
            }
        }
    }

    @Test
    void aStoppingNodeRefusesCallsAndEndsThoseInMachines() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            var calls = oneRunsOneWaits(fixture);
            fixture.node.drain();
            assertRefused(
                    () -> fixture.node.invocations().invoke("f", bytes("1"), true),
                    ErrorCode.NODE_DRAINING,
                    "stopping");
            assertRefused(
                    () -> fixture.node.functions().create(spec("g", Reuse.WARM, 1, 1), archive()),
                    ErrorCode.NODE_DRAINING,
                    "stopping");
            go.countDown();
            for (var call : calls) {
                assertThat(call.get().outcome()).as("it was let in").isInstanceOf(Outcome.Success.class);
            }
        }
    }

    @Test
    void callsInOldMachinesCountForTheConcurrencyOfTheNewVersion() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.node.functions().create(spec("f", Reuse.WARM, 2, 1), archive());
            fixture.driver.handlers.put("f", _ -> blocked());
            var call = later(() -> fixture.node.invocations().invoke("f", bytes("1"), true));
            await().until(() -> calls(fixture) == 1);
            fixture.node.functions().update(spec("f", Reuse.WARM, 2, 1), archive());
            assertRefused(
                    () -> fixture.node.invocations().invoke("f", bytes("1"), true),
                    ErrorCode.FUNCTION_THROTTLED,
                    "concurrency");
            go.countDown();
            assertThat(call.get().version()).isEqualTo(1);
            assertThat(fixture.node.invocations().invoke("f", bytes("1"), true).version())
                    .isEqualTo(2);
        }
    }

    @Test
    void codeThatNobodyUsesGoesFromDiskAndStore() throws Exception {
        byte[] first = SourceArchive.of("main.py", "def handler(event): return 1");
        byte[] second = SourceArchive.of("main.py", "def handler(event): return 2");
        String old = CodeCache.sha256(first);
        String next = CodeCache.sha256(second);
        NodeFixture node = NodeFixture.at(data);
        node.node.functions().create(spec("f", Reuse.WARM, 1, 8), first);
        node.node.functions().create(spec("other", Reuse.WARM, 1, 8), first);
        node.node.functions().update(spec("f", Reuse.WARM, 1, 8), second);
        node.node.functions().pruneArtifacts();
        assertThat(node.store.artifact(old))
                .as("another function has the same code")
                .isPresent();
        node.node.functions().delete("other");
        await().until(() -> node.store.artifact(old).isEmpty());
        await().until(() -> CodeCache.namesIn(data.resolve("code")).equals(List.of(next)));
        // a crash right after a deployment stored its code, or a deletion its mark
        node.store.putArtifact(old, first).join();
        node.store
                .deleteFunction(node.store.function("f").orElseThrow().id(), java.time.Instant.now())
                .join();
        try (NodeFixture restarted = node.restarted()) {
            await().until(() -> restarted.store.artifact(old).isEmpty()
                    && restarted.store.artifact(next).isEmpty());
            await().until(() -> CodeCache.namesIn(data.resolve("code")).isEmpty());
        }
    }

    /** Two functions of one code come and go; every deployment that was answered can be loaded again. */
    @Test
    void codeIsThereThoughItIsRemovedAndDeployedAtOnce() throws Exception {
        NodeFixture node = NodeFixture.at(data);
        List<FutureTask<Void>> deployers = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            deployers.add(later(() -> {
                for (int i = 0; i < 40; i++) {
                    node.node.functions().create(spec(name, Reuse.WARM, 1, 8), archive());
                    if (i < 39) {
                        node.node.functions().delete(name);
                    }
                }
                return null;
            }));
        }
        for (FutureTask<Void> deployer : deployers) {
            deployer.get();
        }
        try (NodeFixture again = node.restarted()) {
            for (String name : List.of("a", "b")) {
                assertThat(again.node
                                .invocations()
                                .invoke(name, bytes("1"), true)
                                .outcome())
                        .isInstanceOf(Outcome.Success.class);
            }
        }
    }

    @Test
    void whereTheNodeKeepsItsDataIsNotTold() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("f");
            fixture.driver.forkFailure = "no machine from " + data.resolve("supervised/mac_1") + ": refused";
            assertRefused(
                    () -> fixture.node.invocations().invoke("f", bytes("1"), true),
                    ErrorCode.MACHINE_NO_CAPACITY,
                    "no machine from <data>/supervised/mac_1: refused");
        }
    }
}
