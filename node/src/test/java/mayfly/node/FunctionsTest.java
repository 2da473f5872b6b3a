package mayfly.node;

import static mayfly.node.NodeFixture.archive;
import static mayfly.node.NodeFixture.bytes;
import static mayfly.node.NodeFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.api.Reuse;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.machine.Outcome;
import mayfly.store.FunctionFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionsTest {
    @TempDir
    Path data;

    @Test
    void aDeployedFunctionIsFoundListedAndCalled() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            assertThat(fixture.deploy("hello").version()).isEqualTo(1);
            assertThat(fixture.node.functions().list(new FunctionFilter(null, null, null, null, 10)))
                    .extracting(it -> it.spec().name())
                    .containsExactly("hello");
            Invocations.Ran ran = fixture.node.invocations().invoke("hello", bytes("[1]"), true);
            assertThat(ran.outcome())
                    .isInstanceOfSatisfying(
                            Outcome.Success.class, it -> assertThat(it.output()).isEqualTo(bytes("[1]")));
        }
    }

    @Test
    void aTakenNameIsRefused() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("hello");
            assertRefused(() -> fixture.deploy("hello"), ErrorCode.FUNCTION_EXISTS, "hello");
        }
    }

    @Test
    void anUnknownNameIsRefusedByName() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            assertRefused(
                    () -> fixture.node.invocations().invoke("nobody", bytes("{}"), true),
                    ErrorCode.FUNCTION_NOT_FOUND,
                    "nobody");
            assertRefused(() -> fixture.node.functions().delete("nobody"), ErrorCode.FUNCTION_NOT_FOUND, "nobody");
            assertRefused(
                    () -> fixture.node.functions().update(spec("nobody", Reuse.WARM, 1, 1), archive()),
                    ErrorCode.FUNCTION_NOT_FOUND,
                    "nobody");
        }
    }

    @Test
    void codeThatDoesNotLoadIsNotStored() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.driver.codeFails = true;
            assertThatThrownBy(() -> fixture.deploy("broken"))
                    .isInstanceOfSatisfying(
                            Functions.CodeFailedException.class,
                            e -> assertThat(e.error().line()).isEqualTo(3));
            assertThat(fixture.store.function("broken")).isEmpty();
            fixture.driver.codeFails = false;
            fixture.deploy("broken"); // the name is free
        }
    }

    @Test
    void aFailedUpdateLeavesTheOldVersionServing() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("hello");
            fixture.driver.codeFails = true;
            assertThatThrownBy(() -> fixture.node.functions().update(spec("hello", Reuse.WARM, 1, 9), archive()))
                    .isInstanceOf(Functions.CodeFailedException.class);
            fixture.driver.codeFails = false;
            assertThat(fixture.node
                            .invocations()
                            .invoke("hello", bytes("1"), true)
                            .version())
                    .isEqualTo(1);
        }
    }

    @Test
    void functionsAreThereAfterARestart() throws Exception {
        NodeFixture first = NodeFixture.at(data);
        first.deploy("hello");
        try (NodeFixture second = first.restarted()) {
            assertThat(second.node.functions().get("hello").version()).isEqualTo(1);
            assertThat(second.node
                            .invocations()
                            .invoke("hello", bytes("1"), true)
                            .start())
                    .isEqualTo("cold");
        }
    }

    @Test
    void deletingRefusesNewCallsAndLeavesNoMachine() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("hello");
            fixture.node.invocations().invoke("hello", bytes("1"), true);
            fixture.node.functions().delete("hello");
            assertRefused(
                    () -> fixture.node.invocations().invoke("hello", bytes("1"), true),
                    ErrorCode.FUNCTION_NOT_FOUND,
                    "hello");
            await().until(() -> fixture.driver.machines.get() == 0 && fixture.driver.templates.get() == 0);
        }
    }

    @Test
    void noCallFailsWhileVersionsAreReplaced() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("hello");
            AtomicBoolean stop = new AtomicBoolean();
            ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                callers.add(Thread.ofVirtual().start(() -> {
                    while (!stop.get()) {
                        try {
                            fixture.node.invocations().invoke("hello", bytes("1"), true);
                        } catch (RefusedException | RuntimeException | AssertionError e) {
                            failures.add(e);
                        }
                    }
                }));
            }
            for (int version = 2; version <= 20; version++) {
                assertThat(fixture.node
                                .functions()
                                .update(spec("hello", Reuse.WARM, 2, 64), archive())
                                .version())
                        .isEqualTo(version);
            }
            stop.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(failures).isEmpty();
            await().until(() -> fixture.driver.templates.get() == 1); // 19 old versions left nothing behind
        }
    }

    static void assertRefused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code, String named) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(named);
    }
}
