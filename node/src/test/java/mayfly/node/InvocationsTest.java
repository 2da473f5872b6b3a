package mayfly.node;

import static mayfly.node.NodeFixture.archive;
import static mayfly.node.NodeFixture.bytes;
import static mayfly.node.NodeFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.api.RecordMode;
import mayfly.api.Reuse;
import mayfly.base.ErrorCode;
import mayfly.base.InvocationId;
import mayfly.machine.GuestError;
import mayfly.machine.Outcome;
import mayfly.store.InvocationRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InvocationsTest {
    @TempDir
    Path data;

    @Test
    void everyOutcomeIsAnsweredAndRecorded() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("f");
            record Case(Outcome outcome, String status, String error) {}
            for (Case it : java.util.List.of(
                    new Case(new Outcome.Success(bytes("{\"a\":1}"), true, 5), "success", ""),
                    new Case(
                            new Outcome.HandlerError(new GuestError("ValueError", "no", "stack", "f.py", 7), 5),
                            "error",
                            "ValueError"),
                    new Case(new Outcome.TimedOut(), "timeout", "Timeout"),
                    new Case(new Outcome.Crashed("exit status 3"), "error", "exit status 3"))) {
                fixture.driver.handlers.put("f", work -> {
                    work.logs().log(1, bytes("hello log"));
                    return it.outcome();
                });
                Invocations.Ran ran = fixture.node.invocations().invoke("f", bytes("1"), true);
                assertThat(ran.outcome()).isEqualTo(it.outcome());
                InvocationRecord record = stored(fixture, ran.id());
                assertThat(record.status()).isEqualTo(it.status());
                assertThat(record.logs()).isEqualTo("hello log");
                assertThat(String.valueOf(record.error())).contains(it.error());
                assertThat(record.attempts()).isEqualTo(1);
            }
        }
    }

    @Test
    void aLongCallIsOnDiskWhileItRuns() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("slow");
            CountDownLatch go = new CountDownLatch(1);
            fixture.driver.handlers.put("slow", work -> waitFor(go, new Outcome.Success(bytes("1"), true, 1)));
            Thread caller = Thread.ofVirtual().start(() -> invoke(fixture, "slow"));
            await().untilAsserted(() -> assertThat(
                            fixture.store.invocations(new mayfly.store.InvocationFilter("slow", null, null, 10)))
                    .hasSize(1)
                    .allMatch(it -> !it.status().equals("success")));
            go.countDown();
            caller.join();
        }
    }

    @Test
    void aDurableCallIsOnDiskWhenItIsAnswered() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.node.functions().create(spec("safe", Reuse.WARM, 1, 4, RecordMode.DURABLE), archive());
            for (int i = 0; i < 50; i++) {
                InvocationId id = fixture.node
                        .invocations()
                        .invoke("safe", bytes("1"), true)
                        .id();
                assertThat(fixture.store.invocation(id))
                        .hasValueSatisfying(it -> assertThat(it.status()).isEqualTo("success"));
            }
        }
    }

    @Test
    void overTheConcurrencyLimitCallsAreThrottled() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.node.functions().create(spec("one", Reuse.WARM, 1, 1), archive());
            CountDownLatch began = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            fixture.driver.handlers.put("one", work -> {
                began.countDown();
                return waitFor(go, new Outcome.Success(bytes("1"), true, 1));
            });
            Thread caller = Thread.ofVirtual().start(() -> invoke(fixture, "one"));
            began.await();
            FunctionsTest.assertRefused(
                    () -> fixture.node.invocations().invoke("one", bytes("1"), true),
                    ErrorCode.FUNCTION_THROTTLED,
                    "concurrency");
            go.countDown();
            caller.join();
            fixture.node.invocations().invoke("one", bytes("1"), true); // and it is free again
        }
    }

    @Test
    void aCallWhoseMachineWasGoneStartsOverUnseen() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("f");
            AtomicInteger calls = new AtomicInteger();
            fixture.driver.handlers.put(
                    "f",
                    work -> calls.incrementAndGet() < 3
                            ? new Outcome.NotStarted("gone")
                            : new Outcome.Success(bytes("1"), true, 1));
            assertThat(fixture.node.invocations().invoke("f", bytes("1"), true).outcome())
                    .isInstanceOf(Outcome.Success.class);
        }
    }

    @Test
    void aHostThatGivesNoProcessIsNamed() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.deploy("f");
            fixture.driver.forksFail = true;
            FunctionsTest.assertRefused(
                    () -> fixture.node.invocations().invoke("f", bytes("1"), true),
                    ErrorCode.MACHINE_NO_CAPACITY,
                    "EAGAIN");
        }
    }

    @Test
    void neverMoreMachinesThanAllowed() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.node.functions().create(spec("f", Reuse.FRESH, 3, 64), archive());
            Thread[] callers = new Thread[16];
            for (int i = 0; i < callers.length; i++) {
                callers[i] = Thread.ofVirtual().start(() -> {
                    for (int n = 0; n < 50; n++) {
                        invoke(fixture, "f");
                    }
                });
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(fixture.driver.machinesMost.get()).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void anAcceptedCallRunsThoughTheNodeDies() throws Exception {
        NodeFixture first = NodeFixture.at(data);
        first.deploy("later");
        CountDownLatch never = new CountDownLatch(1);
        first.driver.handlers.put("later", work -> waitFor(never, new Outcome.Crashed("the node died")));
        InvocationId running = first.node.async().submit("later", bytes("\"a\""), true);
        InvocationId alsoRunning = first.node.async().submit("later", bytes("\"b\""), true);
        InvocationId waiting = first.node.async().submit("later", bytes("\"c\""), true);
        try (NodeFixture second = first.restarted()) {
            for (InvocationId id : java.util.List.of(running, alsoRunning, waiting)) {
                InvocationRecord record = second.node
                        .invocations()
                        .await(id, Duration.ofSeconds(20))
                        .orElseThrow();
                assertThat(record.status()).isEqualTo("success");
            }
            assertThat(second.store.invocation(waiting).orElseThrow().result()).isEqualTo(bytes("\"c\""));
        } finally {
            never.countDown();
        }
    }

    private static InvocationRecord stored(NodeFixture fixture, InvocationId id) {
        return await().until(
                        () -> fixture.store.invocation(id).filter(it -> it.endedAt() != null), it -> it.isPresent())
                .orElseThrow();
    }

    private static Outcome waitFor(CountDownLatch latch, Outcome outcome) {
        try {
            latch.await();
            return outcome;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome.Crashed("interrupted");
        }
    }

    private static void invoke(NodeFixture fixture, String name) {
        try {
            fixture.node.invocations().invoke(name, bytes("1"), true);
        } catch (mayfly.base.RefusedException e) {
            throw new AssertionError(e);
        }
    }
}
