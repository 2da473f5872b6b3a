package mayfly.machine.process;

import static mayfly.machine.process.SupervisedTestBed.PATIENCE;
import static mayfly.machine.process.SupervisedTestBed.awaitState;
import static mayfly.machine.process.SupervisedTestBed.command;
import static mayfly.machine.process.SupervisedTestBed.kill;
import static mayfly.machine.process.SupervisedTestBed.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mayfly.linux.Pidfd;
import mayfly.linux.ProcessIdentity;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedState;
import mayfly.machine.SupervisedState.Ended;
import mayfly.machine.SupervisedState.ExecFailed;
import mayfly.machine.SupervisedState.Lost;
import mayfly.machine.SupervisedState.Running;
import mayfly.machine.SupervisedState.Starting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Monitors, spawners and nodes die; what can still be known is known. */
class SupervisorRecoveryTest {
    private static final int SIGSTOP = 19;
    private static final int SIGCONT = 18;

    private SupervisedTestBed bed;

    @BeforeEach
    void lay(@TempDir Path data) {
        bed = new SupervisedTestBed(data);
    }

    @AfterEach
    void clear() throws Exception {
        bed.close();
    }

    @Test
    void monitorKilledThenCommandEnds() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
        supervisor.onChange(changed::add);
        Running before = (Running) supervisor.spawn("task_orphan", command("sleep", "600"));
        MonitorStatus status = bed.status("task_orphan");

        kill(status.monitor(), status.boot());
        assertThat(supervisor.inspect("task_orphan"))
                .isEqualTo(new Running(before.pid(), before.startedMillis(), false));
        await().atMost(PATIENCE).until(() -> changed.contains("task_orphan"));

        changed.clear();
        assertThat(supervisor.signal("task_orphan", 15)).isTrue();
        awaitState(supervisor, "task_orphan", Lost.class);
        await().atMost(PATIENCE).until(() -> changed.contains("task_orphan"));
        assertThat(supervisor.inspect("task_orphan")).isEqualTo(new Lost(before.startedMillis()));
        assertThat(supervisor.signal("task_orphan", 15)).isFalse();
        supervisor.remove("task_orphan");
    }

    @Test
    void orphanFoundAfterARestartIsWatched() throws Exception {
        ProcessSupervisor first = bed.open();
        first.spawn("task_orphan", command("sleep", "600"));
        MonitorStatus status = bed.status("task_orphan");
        first.close();
        kill(status.monitor(), status.boot());

        ProcessSupervisor second = bed.open();
        ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
        second.onChange(changed::add);
        assertThat(second.inspectAll().get("task_orphan"))
                .isInstanceOfSatisfying(
                        Running.class,
                        running -> assertThat(running.monitored()).isFalse());
        kill(status.command(), status.boot());
        await().atMost(PATIENCE).until(() -> changed.contains("task_orphan"));
        assertThat(second.inspect("task_orphan")).isInstanceOf(Lost.class);
    }

    @Test
    void aReusedPidIsNotTheCommand() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        supervisor.spawn("task_reused", command("sleep", "600"));
        MonitorStatus status = bed.status("task_reused");
        kill(status.monitor(), status.boot());
        kill(status.command(), status.boot());
        Path pid = bed.directory("task_reused").file("pid");
        Process stranger = new ProcessBuilder("sleep", "600").start();
        try {
            // As if the number now belonged to the stranger, who started later than the command.
            long before = status.command().startTicks() - 1;
            String line = stranger.pid() + " " + before + " " + status.boot() + " "
                    + status.monitor().pid() + " " + status.monitor().startTicks();
            Files.writeString(pid, "%-127s\n".formatted(line));
            assertThat(MonitorPidFile.read(bed.directory("task_reused"))).isPresent();
            assertThat(supervisor.inspect("task_reused")).isInstanceOf(Lost.class);
            assertThat(supervisor.signal("task_reused", 9)).isFalse();

            // And as if the machine had been started anew, with the same number and the same start.
            long started =
                    ProcessIdentity.of((int) stranger.pid()).orElseThrow().startTicks();
            String otherBoot = stranger.pid() + " " + started + " 00000000-0000-0000-0000-000000000000 1 1";
            Files.writeString(pid, "%-127s\n".formatted(otherBoot));
            assertThat(MonitorPidFile.read(bed.directory("task_reused"))).isPresent();
            assertThat(supervisor.inspect("task_reused")).isInstanceOf(Lost.class);
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void aMonitorThatEndsBetweenTwoLooks() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        SupervisedDirectory directory = bed.directory("task_race");
        directory.create(SpecFile.encode(command("true"), OptionalInt.empty(), List.of()));
        String running = """
                {"v":1,"task":"task_race","seq":2,"state":"running","monitor":1,"monitor_start":1,"pid":1,"start":1,\
                "boot":"b","started_ms":7,"ended_ms":0,"exit_code":-1,"signal":0,"cause":"","errno":0,"stage":"",\
                "detail":"","user_us":0,"system_us":0,"max_rss_bytes":0}""";
        Files.write(directory.file("status"), StatusFile.encode(running));
        try (ServerSocketChannel monitor = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            monitor.bind(UnixDomainSocketAddress.of(directory.file("monitor.sock")));
            Thread ending = Thread.ofPlatform().start(() -> {
                // It is asked, and has ended before it can answer: the status it leaves is the truth.
                try (SocketChannel asked = monitor.accept()) {
                    assertThat(asked).isNotNull();
                    String ended = running.replace("running", "exited").replace("\"exit_code\":-1", "\"exit_code\":8");
                    Files.write(directory.file("status"), StatusFile.encode(ended));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(supervisor.inspect("task_race"))
                    .isInstanceOfSatisfying(
                            Ended.class, ended -> assertThat(ended.exitCode()).isEqualTo(8));
            ending.join();
        }
    }

    @Test
    void aHungMonitorIsAliveAndSilent() throws Exception {
        SupervisorSettings defaults = SupervisorSettings.defaults();
        ProcessSupervisor supervisor = bed.open(new SupervisorSettings(
                defaults.uidFirst(),
                defaults.uidCount(),
                List.of(),
                defaults.spawnDeadline(),
                Duration.ofMillis(100),
                defaults.startGrace()));
        supervisor.spawn("task_hung", command("sleep", "600"));
        MonitorStatus status = bed.status("task_hung");
        try (Pidfd monitor = status.monitor().open(status.boot()).orElseThrow()) {
            monitor.signal(SIGSTOP);
            assertThat(supervisor.inspect("task_hung"))
                    .isInstanceOfSatisfying(
                            Running.class,
                            running -> assertThat(running.monitored()).isTrue());
            assertThatExceptionOfType(MachineException.class)
                    .isThrownBy(() -> supervisor.signal("task_hung", 9))
                    .withMessageContaining("does not answer");
            monitor.signal(SIGCONT);
        }
        awaitState(supervisor, "task_hung", Ended.class);
    }

    @Test
    void spawnerKilledBetweenAndDuringSpawns() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        supervisor.spawn("task_before", command("sleep", "600"));
        ProcessHandle.of(supervisor.spawnerPid()).orElseThrow().destroyForcibly();
        assertThat(supervisor.spawn("task_after", command("sleep", "600"))).isInstanceOf(Running.class);
        assertThat(supervisor.inspect("task_before")).isInstanceOf(Running.class);

        // Stopped it takes requests and answers none; killed it takes them with it.
        List<Future<SupervisedState>> started = new ArrayList<>();
        long spawner = supervisor.spawnerPid();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                Pidfd stopped = Pidfd.open((int) spawner)) {
            stopped.signal(SIGSTOP);
            for (int i = 0; i < 60; i++) {
                String name = "task_during_" + i;
                started.add(threads.submit(() -> supervisor.spawn(name, command("sleep", "600"))));
            }
            await().atMost(PATIENCE).until(() -> supervisor.inspect("task_during_59") instanceof Starting);
            stopped.signal(9);
        }
        for (Future<SupervisedState> each : started) {
            assertThat(each.get()).isInstanceOf(Running.class);
        }
        assertThat(supervisor.spawnerPid()).isNotEqualTo(spawner);
    }

    @Test
    void aNewSupervisorDisturbsNothing() throws Exception {
        ProcessSupervisor first = bed.open();
        first.spawn(
                "task_counts", shell("i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); sleep 0.01; done; exit 4"));
        first.spawn("task_ended", shell("exit 5"));
        awaitState(first, "task_ended", Ended.class);
        bed.awaitLine("task_counts");
        int pid = ((Running) first.inspect("task_counts")).pid();
        first.close();

        ProcessSupervisor second = bed.open();
        assertThat(second.inspectAll()).containsOnlyKeys("task_counts", "task_ended");
        assertThat(second.inspect("task_counts"))
                .isInstanceOfSatisfying(
                        Running.class, running -> assertThat(running.pid()).isEqualTo(pid));
        assertThat(awaitState(second, "task_counts", Ended.class).exitCode()).isEqualTo(4);
        assertThat(awaitState(second, "task_ended", Ended.class).exitCode()).isEqualTo(5);
        assertThat(bed.output("task_counts"))
                .isEqualTo(IntStream.range(0, 100).mapToObj(i -> i + "\n").collect(Collectors.joining()));
    }

    @Test
    void whatEndedMeanwhileIsTold() throws Exception {
        ProcessSupervisor first = bed.open();
        first.spawn("task_short", shell("read x; exit 6"));
        first.close();
        ProcessSupervisor second = bed.open();
        assertThat(awaitState(second, "task_short", Ended.class).exitCode()).isNotZero();
    }

    @Test
    void anIntentThatNobodyCarriedOutFailsForGood() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        byte[] spec =
                SpecFile.encode(command("touch", bed.data.resolve("ran").toString()), OptionalInt.empty(), List.of());
        SupervisedDirectory directory = bed.directory("task_intent");
        directory.create(spec);
        assertThat(supervisor.inspect("task_intent")).as("young").isInstanceOf(Starting.class);
        assertThat(supervisor.inspect("task_intent")).isInstanceOf(Starting.class);

        Files.setLastModifiedTime(
                directory.file("spec"), FileTime.from(Instant.now().minusSeconds(3600)));
        assertThat(supervisor.inspect("task_intent")).isInstanceOfSatisfying(ExecFailed.class, failed -> {
            assertThat(failed.stage()).isEqualTo(SupervisedTruth.NEVER_STARTED);
            assertThat(failed.errno()).isEqualTo(125);
        });

        Process late = new ProcessBuilder(
                        supervisor.executable().toString(),
                        "monitor",
                        directory.path().toString())
                .start();
        String answer = new String(late.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(MonitorAnswerCodec.parse(answer).orElseThrow().answer())
                .isInstanceOfSatisfying(MonitorAnswer.Refused.class, refused -> {
                    assertThat(refused.stage()).isEqualTo("status");
                    assertThat(refused.errno()).isEqualTo(17);
                });
        assertThat(late.waitFor()).isEqualTo(1);
        assertThat(bed.data.resolve("ran")).doesNotExist();
        assertThat(supervisor.inspect("task_intent")).isInstanceOf(ExecFailed.class);
        supervisor.remove("task_intent");
    }

    @Test
    void anIntentIsAnnouncedWhenItsGraceIsOver() throws Exception {
        ProcessSupervisor supervisor = bed.open(SupervisedTestBed.withStartGrace(Duration.ofMillis(1500)));
        ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
        supervisor.onChange(changed::add);
        bed.directory("task_intent").create(SpecFile.encode(command("true"), OptionalInt.empty(), List.of()));
        assertThat(supervisor.inspect("task_intent")).isInstanceOf(Starting.class);
        await().atMost(PATIENCE).until(() -> StatusFile.exists(bed.directory("task_intent")));
        await().atMost(PATIENCE).until(() -> changed.contains("task_intent"));
        assertThat(supervisor.inspect("task_intent")).isInstanceOf(ExecFailed.class);
    }

    @Test
    void halfMadeAndHalfRemovedDirectories() throws Exception {
        Path supervised = Files.createDirectories(bed.data.resolve("supervised"));
        Files.createDirectories(supervised.resolve("task_empty"));
        Files.createDirectories(supervised.resolve("task_cut"));
        Files.writeString(supervised.resolve("task_cut/spec"), "v=1");
        Files.createDirectories(supervised.resolve(".removed-task_old/tree"));
        Files.writeString(supervised.resolve(".removed-task_old/tree/file"), "");
        Files.writeString(supervised.resolve("task_file"), "not a directory");

        Files.setLastModifiedTime(
                supervised.resolve("task_cut/spec"), FileTime.from(Instant.now().minusSeconds(60)));

        ProcessSupervisor supervisor = bed.open();
        assertThat(supervised.resolve(".removed-task_old")).doesNotExist();
        assertThat(supervisor.inspect("task_empty")).isInstanceOf(ExecFailed.class);
        assertThat(supervisor.inspect("task_cut")).isInstanceOf(ExecFailed.class);
        assertThat(supervisor.names()).containsExactlyInAnyOrder("task_empty", "task_cut");
        supervisor.remove("task_empty");
        supervisor.remove("task_cut");
        assertThat(supervisor.names()).isEmpty();
    }

    @Test
    void garbageInTheFilesOfARunningCommandDoesNotHideIt() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        supervisor.spawn("task_garbled", command("sleep", "600"));
        MonitorStatus status = bed.status("task_garbled");
        Files.write(bed.directory("task_garbled").file("status"), new byte[] {1, 2, 3});
        assertThat(supervisor.inspect("task_garbled"))
                .as("the monitor knows better")
                .isInstanceOfSatisfying(
                        Running.class,
                        running -> assertThat(running.monitored()).isTrue());
        kill(status.monitor(), status.boot());
        assertThat(supervisor.inspect("task_garbled"))
                .as("the pid file is left")
                .isEqualTo(new Running(status.command().pid(), 0, false));
        Files.writeString(bed.directory("task_garbled").file("pid"), "garbage");
        assertThat(supervisor.inspect("task_garbled")).isEqualTo(new Lost(0));
        kill(status.command(), status.boot());
    }

    @Test
    void garbageInASpecIsAFailureWithTheKey() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        bed.directory("task_bad").create("v=1\0argv=true\0color=red\0".getBytes(StandardCharsets.UTF_8));
        Process monitor = new ProcessBuilder(
                        supervisor.executable().toString(),
                        "monitor",
                        bed.directory("task_bad").path().toString())
                .redirectErrorStream(true)
                .start();
        assertThat(monitor.getInputStream().readAllBytes()).isNotEmpty();
        monitor.waitFor();
        assertThat(awaitState(supervisor, "task_bad", ExecFailed.class).stage())
                .startsWith("spec: ")
                .contains("color");
    }
}
