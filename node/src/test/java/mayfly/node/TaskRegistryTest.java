package mayfly.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.api.TaskIsolation;
import mayfly.api.TaskSpec;
import mayfly.base.ErrorCode;
import mayfly.base.TaskId;
import mayfly.machine.SupervisedState;
import mayfly.store.TaskRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TaskRegistryTest {
    @TempDir
    Path data;

    private static final TaskSpec SPEC = new TaskSpec(
            "job",
            List.of("sleep", "60"),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            TaskIsolation.NONE,
            Optional.empty());

    static Stream<Arguments> endings() {
        return Stream.of(
                Arguments.of(ScriptedSupervisor.ended(0, 0, ""), "succeeded"),
                Arguments.of(ScriptedSupervisor.ended(3, 0, ""), "failed"),
                Arguments.of(ScriptedSupervisor.ended(-1, 11, ""), "failed"),
                Arguments.of(ScriptedSupervisor.ended(-1, 9, "asked"), "killed"),
                Arguments.of(ScriptedSupervisor.ended(-1, 15, "timeout"), "killed"),
                Arguments.of(ScriptedSupervisor.ended(0, 0, "asked"), "stopped"),
                Arguments.of(new SupervisedState.Lost(1_000), "lost"));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void theEndIsToldTruthfully(SupervisedState end, String status) throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            TaskRecord began = fixture.node.tasks().create(SPEC);
            assertThat(began.status()).isEqualTo("running");
            assertThat(began.pid()).isEqualTo(4711);
            fixture.supervisor.become(began.id().value(), end);
            await().untilAsserted(() -> assertThat(
                            fixture.store.task(began.id()).orElseThrow().status())
                    .isEqualTo(status));
        }
    }

    @ParameterizedTest
    @MethodSource("endings")
    void whatEndedWhileNoNodeRanIsToldToo(SupervisedState end, String status) throws Exception {
        NodeFixture first = NodeFixture.at(data);
        TaskId id = first.node.tasks().create(SPEC).id();
        first.supervisor.states.put(id.value(), end); // nobody is told
        try (NodeFixture second = first.restarted()) {
            assertThat(second.node.tasks().get(id).status()).isEqualTo(status);
        }
    }

    @Test
    void aRunningTaskIsFoundAgain() throws Exception {
        NodeFixture first = NodeFixture.at(data);
        TaskId id = first.node.tasks().create(SPEC).id();
        try (NodeFixture second = first.restarted()) {
            assertThat(second.node.tasks().running()).isEqualTo(1);
            second.node.tasks().kill(id, 15);
            assertThat(second.supervisor.signals).containsExactly(15);
        }
    }

    @Test
    void anEndedTaskIsNotKilledAgainAndCanBeForgotten() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            TaskId id = fixture.node.tasks().create(SPEC).id();
            FunctionsTest.assertRefused(() -> fixture.node.tasks().delete(id), ErrorCode.TASK_RUNNING, "kill it first");
            fixture.supervisor.become(id.value(), ScriptedSupervisor.ended(0, 0, ""));
            await().until(() -> fixture.node.tasks().running() == 0);
            FunctionsTest.assertRefused(() -> fixture.node.tasks().kill(id, 9), ErrorCode.TASK_ENDED, id.value());
            fixture.node.tasks().delete(id);
            FunctionsTest.assertRefused(() -> fixture.node.tasks().get(id), ErrorCode.TASK_NOT_FOUND, id.value());
        }
    }

    @Test
    void aMonitorThatCannotBeStartedIsAFailedTask() throws Exception {
        try (NodeFixture fixture = NodeFixture.at(data)) {
            fixture.supervisor.spawnFails = true;
            TaskRecord record = fixture.node.tasks().create(SPEC);
            assertThat(record.status()).isEqualTo("failed");
            assertThat(record.reason()).contains("EAGAIN");
        }
    }
}
