package mayfly.machine.process;

import static mayfly.machine.process.SupervisedTestBed.PATIENCE;
import static mayfly.machine.process.SupervisedTestBed.awaitState;
import static mayfly.machine.process.SupervisedTestBed.command;
import static mayfly.machine.process.SupervisedTestBed.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.SupervisedState.Ended;
import mayfly.machine.SupervisedState.ExecFailed;
import mayfly.machine.SupervisedState.Running;
import mayfly.monitor.MonitorBinary;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a supervisor promises while nothing dies that should not. */
class ProcessSupervisorTest {
    private SupervisedTestBed bed;
    private ProcessSupervisor supervisor;

    @BeforeEach
    void open(@TempDir Path data) throws Exception {
        bed = new SupervisedTestBed(data);
        supervisor = bed.open();
    }

    @AfterEach
    void close() throws Exception {
        bed.close();
    }

    @Test
    void runsACommandToItsEnd() throws Exception {
        assertThat(supervisor.spawn("task_echo", command("echo", "hello", "you")))
                .isNotNull();
        Ended ended = awaitState(supervisor, "task_echo", Ended.class);
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.signal()).isZero();
        assertThat(ended.cause()).isEmpty();
        assertThat(ended.pid()).isPositive();
        assertThat(ended.endedMillis()).isGreaterThanOrEqualTo(ended.startedMillis());
        assertThat(ended.maxRssBytes()).isPositive();
        assertThat(bed.output("task_echo")).isEqualTo("hello you\n");
        assertThat(supervisor.directory("task_echo"))
                .contains(bed.directory("task_echo").path());
    }

    @Test
    void givesTheWholeEnvironmentAndNoMore() throws Exception {
        SupervisedSpec spec =
                SupervisedSpec.unsandboxed(List.of("/usr/bin/env"), Map.of("A", "1 = one\nline", "B", "ü"), "/tmp");
        supervisor.spawn("task_env", spec);
        awaitState(supervisor, "task_env", Ended.class);
        assertThat(bed.output("task_env").lines()).containsExactlyInAnyOrder("A=1 = one", "line", "B=ü");
    }

    @Test
    void tellsExitCodesAndSignals() throws Exception {
        supervisor.spawn("task_code", shell("exit 7"));
        supervisor.spawn("task_suicide", shell("kill -11 $$"));
        assertThat(awaitState(supervisor, "task_code", Ended.class).exitCode()).isEqualTo(7);
        Ended suicide = awaitState(supervisor, "task_suicide", Ended.class);
        assertThat(suicide.exitCode()).isEqualTo(-1);
        assertThat(suicide.signal()).isEqualTo(11);
    }

    @Test
    void whatCannotBeExecutedIsAStateAndNoException() throws Exception {
        assertThat(supervisor.spawn("task_none", command("/no/such/program")))
                .isInstanceOfSatisfying(ExecFailed.class, failed -> {
                    assertThat(failed.errno()).isEqualTo(2);
                    assertThat(failed.stage()).isEqualTo("execve");
                    assertThat(failed.endedMillis()).isPositive();
                });
        SupervisedSpec nowhere = SupervisedSpec.unsandboxed(List.of("/bin/true"), Map.of(), "/no/such/directory");
        assertThat(supervisor.spawn("task_nowhere", nowhere))
                .isInstanceOfSatisfying(
                        ExecFailed.class, failed -> assertThat(failed.stage()).isEqualTo("chdir"));
        assertThat(supervisor.inspect("task_none")).isInstanceOf(ExecFailed.class);
    }

    @Test
    void signalsReachTheCommand() throws Exception {
        SupervisedState state = supervisor.spawn(
                "task_trap", shell("trap 'echo got; exit 3' USR1; echo ready; while :; do sleep 0.05; done"));
        assertThat(state).isInstanceOfSatisfying(Running.class, running -> {
            assertThat(running.monitored()).isTrue();
            assertThat(running.pid()).isPositive();
            assertThat(running.startedMillis()).isPositive();
        });
        bed.awaitLine("task_trap");
        assertThat(supervisor.signal("task_trap", 10)).isTrue();
        assertThat(awaitState(supervisor, "task_trap", Ended.class).exitCode()).isEqualTo(3);
        assertThat(supervisor.signal("task_trap", 10)).isFalse();
        assertThat(supervisor.stop("task_trap")).isFalse();
        assertThat(supervisor.signal("task_never", 10)).isFalse();
    }

    @Test
    void stopKillsAfterTheGrace() throws Exception {
        SupervisedSpec stubborn = new SupervisedSpec(
                List.of("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"),
                Map.of("PATH", "/usr/bin:/bin"),
                "/",
                0,
                0,
                100,
                0,
                Optional.empty());
        supervisor.spawn("task_stubborn", stubborn);
        bed.awaitLine("task_stubborn");
        assertThat(supervisor.stop("task_stubborn")).isTrue();
        Ended ended = awaitState(supervisor, "task_stubborn", Ended.class);
        assertThat(ended.signal()).isEqualTo(9);
        assertThat(ended.cause()).isEqualTo("asked");
    }

    @Test
    void timeLimitIsKept() throws Exception {
        SupervisedSpec spec =
                new SupervisedSpec(List.of("/bin/sleep", "600"), Map.of(), "/", 0, 50, 5_000, 0, Optional.empty());
        supervisor.spawn("task_late", spec);
        Ended ended = awaitState(supervisor, "task_late", Ended.class);
        assertThat(ended.cause()).isEqualTo("timeout");
        assertThat(ended.signal()).isEqualTo(15);
    }

    @Test
    void changesAreAnnounced() throws Exception {
        ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
        supervisor.onChange(changed::add);
        supervisor.spawn("task_one", command("true"));
        await().atMost(PATIENCE)
                .until(() -> changed.contains("task_one") && supervisor.inspect("task_one") instanceof Ended);
        changed.clear();
        supervisor.spawn("task_two", shell("read nothing; sleep 600"));
        supervisor.signal("task_two", 9);
        await().atMost(PATIENCE).until(() -> changed.contains("task_two"));
    }

    @Test
    void namesStayUntilTheyAreRemoved() throws Exception {
        assertThat(supervisor.names()).isEmpty();
        supervisor.spawn("task_a", command("true"));
        supervisor.spawn("mac_b", command("sleep", "600"));
        assertThat(supervisor.names()).containsExactlyInAnyOrder("task_a", "mac_b");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> supervisor.remove("mac_b"))
                .withMessageContaining("has not ended");
        supervisor.signal("mac_b", 9);
        awaitState(supervisor, "mac_b", Ended.class);
        supervisor.remove("mac_b");
        assertThat(supervisor.names()).containsExactly("task_a");
        assertThat(supervisor.inspect("mac_b")).isInstanceOf(SupervisedState.Unknown.class);
        assertThat(supervisor.directory("mac_b")).isEmpty();
        supervisor.remove("mac_b");
    }

    @Test
    void badNamesAndSpecsAreRefused() throws Exception {
        for (String name : List.of("", ".", "..", ".hidden", "a/b", "../up", "a\0b", "ü", "x".repeat(129))) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> supervisor.spawn(name, command("true")));
            assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> supervisor.inspect(name));
        }
        assertThatExceptionOfType(MachineException.class)
                .isThrownBy(() -> supervisor.spawn("task_nul", command("echo", "a\0uid=0")))
                .withMessage("argv: has a NUL character");
        assertThatExceptionOfType(MachineException.class)
                .isThrownBy(() -> supervisor.spawn("task_big", command("echo", "x".repeat(300_000))))
                .withMessageContaining("262144");
        assertThat(supervisor.names()).isEmpty();
    }

    @Test
    void executableIsReusedOrMended(@TempDir Path run) throws Exception {
        Path executable = MonitorExecutable.extract(run);
        Object first = Files.getAttribute(executable, "unix:ino");
        assertThat(MonitorExecutable.extract(run)).isEqualTo(executable);
        assertThat(Files.getAttribute(executable, "unix:ino")).isEqualTo(first);
        byte[] bytes = Files.readAllBytes(executable);
        bytes[1000] ^= 1;
        Files.write(executable, bytes);
        assertThat(MonitorExecutable.extract(run)).isEqualTo(executable);
        assertThat(Files.readAllBytes(executable)).isEqualTo(MonitorBinary.bytes());
        Files.setPosixFilePermissions(executable, PosixFilePermissions.fromString("rw-r--r--"));
        MonitorExecutable.extract(run);
        assertThat(Files.isExecutable(executable)).isTrue();
        try (Stream<Path> files = Files.list(executable.getParent())) {
            assertThat(files).containsExactly(executable);
        }
    }

    @Test
    void manyAtOnce() throws Exception {
        List<String> names = IntStream.range(0, 200).mapToObj(i -> "task_" + i).toList();
        List<Future<SupervisedState>> started = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            names.forEach(name ->
                    started.add(threads.submit(() -> supervisor.spawn(name, shell("echo " + name + "; sleep 600")))));
        }
        for (Future<SupervisedState> each : started) {
            assertThat(each.get()).isInstanceOf(Running.class);
        }
        assertThat(supervisor.inspectAll())
                .containsOnlyKeys(names)
                .allSatisfy((_, state) -> assertThat(state)
                        .isInstanceOfSatisfying(
                                Running.class,
                                running -> assertThat(running.monitored()).isTrue()));
        for (String name : names) {
            assertThat(bed.awaitLine(name)).isEqualTo(name);
            assertThat(supervisor.signal(name, 9)).isTrue();
        }
        for (String name : names) {
            assertThat(awaitState(supervisor, name, Ended.class).signal()).isEqualTo(9);
        }
    }

    @Test
    void pathsMayBeLongerThanASocketsAddress(@TempDir Path deep) throws Exception {
        Path data = deep;
        for (int i = 0; i < 8; i++) {
            data = data.resolve("a-rather-long-directory-name-" + i);
        }
        Files.createDirectories(data);
        try (SupervisedTestBed far = new SupervisedTestBed(data)) {
            ProcessSupervisor there = far.open();
            ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
            there.onChange(changed::add);
            String name = "task_" + "x".repeat(100);
            assertThat(there.spawn(name, command("sleep", "600"))).isInstanceOf(Running.class);
            assertThat(there.inspect(name)).isInstanceOf(Running.class);
            assertThat(there.signal(name, 15)).isTrue();
            await().atMost(PATIENCE).until(() -> changed.contains(name));
            assertThat(awaitState(there, name, Ended.class).signal()).isEqualTo(15);
        }
    }
}
