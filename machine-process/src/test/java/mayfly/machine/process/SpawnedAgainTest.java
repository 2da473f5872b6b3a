package mayfly.machine.process;

import static mayfly.machine.process.SupervisedTestBed.PATIENCE;
import static mayfly.machine.process.SupervisedTestBed.awaitState;
import static mayfly.machine.process.SupervisedTestBed.command;
import static mayfly.machine.process.SupervisedTestBed.kill;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mayfly.linux.Flock;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.SupervisedState.Ended;
import mayfly.machine.SupervisedState.Lost;
import mayfly.machine.SupervisedState.Running;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node was killed at some point of a spawn, and the next node spawns the same: it runs, and it runs once. */
class SpawnedAgainTest {
    private static final String NAME = "task_again";

    private SupervisedTestBed bed;
    private ProcessSupervisor supervisor;
    private SupervisedDirectory directory;
    private SupervisedSpec spec;

    @BeforeEach
    void lay(@TempDir Path data) throws Exception {
        bed = new SupervisedTestBed(data);
        supervisor = bed.open();
        directory = bed.directory(NAME);
        spec = SupervisedTestBed.shell("echo ran; exec sleep 600");
    }

    @AfterEach
    void clear() throws Exception {
        bed.close();
    }

    @Test
    void killedBeforeTheSpec() throws Exception {
        Files.createDirectory(directory.path());
        runsOnce(supervisor.spawn(NAME, spec));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 20})
    void killedInTheMiddleOfTheSpec(int bytes) throws Exception {
        directory.create(Arrays.copyOf(encoded(), bytes));
        runsOnce(supervisor.spawn(NAME, spec));
        assertThat(directory.hasSpec(encoded())).isTrue();
    }

    @Test
    void killedAfterTheSpec() throws Exception {
        directory.create(encoded());
        runsOnce(supervisor.spawn(NAME, spec));
    }

    @Test
    void killedLongAgo() throws Exception {
        directory.create(encoded());
        Files.setLastModifiedTime(
                directory.file("spec"), FileTime.from(Instant.now().minusSeconds(3600)));
        runsOnce(supervisor.spawn(NAME, spec));
    }

    /** The dead node's spawner has forked monitors that come before, while and after the new node asks for one. */
    @Test
    void monitorsThatAreStillOnTheirWay() throws Exception {
        for (int round = 0; round < 10; round++) {
            String name = NAME + round;
            bed.directory(name).create(encoded());
            List<Process> late = new ArrayList<>();
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                late.add(monitor(name));
                Future<SupervisedState> spawned = threads.submit(() -> supervisor.spawn(name, spec));
                late.add(monitor(name));
                assertThat(spawned.get()).as(name).isInstanceOf(Running.class);
            }
            late.add(monitor(name));
            for (Process each : late) {
                each.waitFor();
            }
            assertThat(supervisor.inspect(name)).isInstanceOf(Running.class);
            assertThat(bed.awaitLine(name)).as(name).isEqualTo("ran");
        }
    }

    /** It has the lock, and dies before it makes the status. */
    @Test
    void aMonitorThatDiesBeforeItDidAnything() throws Exception {
        directory.create(encoded());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<SupervisedState> spawned;
            try (Flock _ = Flock.tryLock(directory.file("lock")).orElseThrow()) {
                spawned = threads.submit(() -> supervisor.spawn(NAME, spec));
                // Long enough for our own monitor to give up, which leaves nothing to wait for but time.
                await().pollDelay(Duration.ofMillis(400)).until(() -> !spawned.isDone());
            }
            runsOnce(spawned.get());
        }
    }

    /** Half a spec is replaced under the lock only: this one belongs to somebody. */
    @Test
    void aSpecIsNotReplacedUnderAMonitor() throws Exception {
        directory.create(Arrays.copyOf(encoded(), 20));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<SupervisedState> spawned;
            try (Flock _ = Flock.tryLock(directory.file("lock")).orElseThrow()) {
                spawned = threads.submit(() -> supervisor.spawn(NAME, spec));
                await().pollDelay(Duration.ofMillis(200)).until(() -> !spawned.isDone());
                assertThat(directory.hasSpec(encoded())).isFalse();
            }
            runsOnce(spawned.get());
        }
    }

    /** It has the status, and dies before the command is executed: whether it was cannot be told for sure any more. */
    @Test
    void aMonitorThatDiesBeforeItStartsTheCommand() throws Exception {
        String waiting = new String(encoded(), StandardCharsets.UTF_8) + "start=asked\0";
        directory.create(waiting.getBytes(StandardCharsets.UTF_8));
        assertThat(monitor(NAME).waitFor()).isZero();
        MonitorStatus status = bed.status(NAME);
        kill(status.monitor(), status.boot());
        assertThat(supervisor.spawn(NAME, spec)).isEqualTo(new Lost(0));
        assertThat(bed.output(NAME)).isEmpty();
    }

    @Test
    void whatRunsIsNotStartedAgain() throws Exception {
        SupervisedState first = supervisor.spawn(NAME, spec);
        assertThat(supervisor.spawn(NAME, spec)).isEqualTo(first);
        supervisor.close();
        supervisor = bed.open();
        runsOnce(supervisor.spawn(NAME, spec));
        MonitorStatus status = bed.status(NAME);
        kill(status.monitor(), status.boot());
        assertThat(supervisor.spawn(NAME, spec))
                .isEqualTo(new Running(status.command().pid(), status.startedMillis(), false));
        kill(status.command(), status.boot());
        assertThat(supervisor.spawn(NAME, spec)).isEqualTo(new Lost(status.startedMillis()));
        assertThat(bed.output(NAME)).isEqualTo("ran\n");
    }

    @Test
    void whatHasEndedIsNotStartedAgain() throws Exception {
        supervisor.spawn(NAME, SupervisedTestBed.shell("echo ran; exit 3"));
        Ended ended = awaitState(supervisor, NAME, Ended.class);
        assertThat(supervisor.spawn(NAME, SupervisedTestBed.shell("echo ran; exit 3")))
                .isEqualTo(ended);
        assertThat(bed.output(NAME)).isEqualTo("ran\n");
    }

    /** Given up for good: a monitor that comes later finds nothing to run. */
    @Test
    void givenUpIsGivenUp() throws Exception {
        directory.create(encoded());
        SupervisedSpec impossible = command("true", "a\0b");
        assertThatExceptionOfType(MachineException.class)
                .isThrownBy(() -> supervisor.spawn(NAME, impossible))
                .withMessageContaining("NUL");
        assertThat(directory.exists()).isFalse();
        assertThat(monitor(NAME).waitFor()).isEqualTo(1);
    }

    @Test
    void nothingIsGivenUpWhileAMonitorMayRunIt() throws Exception {
        directory.create(encoded());
        assertThat(monitor(NAME).waitFor()).isZero();
        runsOnce(supervisor.spawn(NAME, command("true", "a\0b")));
    }

    private byte[] encoded() throws MachineException {
        return SpecFile.encode(spec, OptionalInt.empty(), List.of());
    }

    private Process monitor(String name) throws IOException {
        return new ProcessBuilder(
                        supervisor.executable().toString(),
                        "monitor",
                        bed.directory(name).path().toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void runsOnce(SupervisedState state) {
        assertThat(state)
                .isInstanceOfSatisfying(
                        Running.class,
                        running -> assertThat(running.monitored()).isTrue());
        assertThat(bed.awaitLine(NAME)).isEqualTo("ran");
        await().atMost(PATIENCE).until(() -> supervisor.inspect(NAME).equals(state));
    }
}
