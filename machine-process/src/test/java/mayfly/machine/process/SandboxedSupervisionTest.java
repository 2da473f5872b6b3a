package mayfly.machine.process;

import static mayfly.machine.process.SupervisedTestBed.awaitState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mayfly.linux.Credentials;
import mayfly.machine.HostReport;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState.Ended;
import mayfly.machine.SupervisedState.ExecFailed;
import mayfly.machine.SupervisedState.Running;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a sandbox asked for is a sandbox given; what it promises is tested with the launcher. */
class SandboxedSupervisionTest {
    private SupervisedTestBed bed;

    @BeforeEach
    void lay(@TempDir Path data) throws Exception {
        bed = new SupervisedTestBed(data);
        HostReport host = HostProbe.runFrom(data);
        assumeTrue(
                host.features().stream().anyMatch(f -> f.name().equals("mountns") && f.available()),
                "skipped: this host gives no mount namespaces");
    }

    @AfterEach
    void clear() throws Exception {
        bed.close();
    }

    private static SupervisedSpec sandboxed(Sandbox sandbox, String script) {
        return new SupervisedSpec(
                List.of("/bin/sh", "-c", script),
                Map.of("PATH", "/usr/bin:/bin"),
                "/",
                0,
                0,
                1_000,
                0,
                Optional.of(sandbox));
    }

    private static Sandbox with(List<Sandbox.Bind> binds, String listen, Set<String> required) {
        return new Sandbox(
                binds,
                1 << 20,
                Sandbox.Network.NONE,
                64,
                Sandbox.Capabilities.NONE,
                listen,
                Sandbox.Init.REAP,
                Sandbox.Seccomp.TASK,
                required);
    }

    private static long hostUid(String uidMap) {
        return Long.parseLong(uidMap.strip().split("\\s+", -1)[1]);
    }

    @Test
    void commandIsShutIn(@TempDir Path code) throws Exception {
        Files.setPosixFilePermissions(code, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(code.resolve("hello"), "from outside\n");
        ProcessSupervisor supervisor = bed.open();
        Sandbox sandbox =
                with(List.of(Sandbox.Bind.readOnly(code, "/app")), "work.sock", Set.of("userns", "pidns", "mountns"));
        supervisor.spawn(
                "mac_in",
                sandboxed(
                        sandbox,
                        "id -u; uname -n; cat /app/hello; touch /app/x 2>/dev/null || echo readonly;"
                                + " ls -d /root /home 2>/dev/null; test -S /proc/self/fd/3 && echo listens; exit 9"));
        assertThat(awaitState(supervisor, "mac_in", Ended.class).exitCode()).isEqualTo(9);
        assertThat(bed.output("mac_in").lines())
                .containsExactly("1000", "mayfly", "from outside", "readonly", "listens");
        assertThat(bed.directory("mac_in").file("isolation")).exists();
    }

    @Test
    void aMissingFeatureIsAFailedStart() throws Exception {
        ProcessSupervisor supervisor = bed.open();
        assertThat(supervisor.spawn("mac_more", sandboxed(with(List.of(), "", Set.of("teleport")), "true")))
                .isInstanceOfSatisfying(
                        ExecFailed.class, failed -> assertThat(failed.stage()).contains("teleport"));
    }

    @Test
    void everySandboxOfRootHasItsOwnUser() throws Exception {
        assumeTrue(Credentials.effectiveUid() == 0, "skipped: only root gives sandboxes a user of their own");
        ProcessSupervisor first = bed.open();
        String script = "cat /proc/self/uid_map; exec sleep 600";
        first.spawn("mac_a", sandboxed(Sandbox.forTask(), script));
        first.spawn("mac_b", sandboxed(Sandbox.forTask(), script));
        long a = hostUid(bed.awaitLine("mac_a"));
        long b = hostUid(bed.awaitLine("mac_b"));
        assertThat(a).isGreaterThanOrEqualTo(SupervisorSettings.UID_FIRST_DEFAULT);
        assertThat(b)
                .isGreaterThanOrEqualTo(SupervisorSettings.UID_FIRST_DEFAULT)
                .isNotEqualTo(a);
        first.close();

        ProcessSupervisor second = bed.open();
        second.spawn("mac_c", sandboxed(Sandbox.forTask(), script));
        assertThat(hostUid(bed.awaitLine("mac_c")))
                .isGreaterThanOrEqualTo(SupervisorSettings.UID_FIRST_DEFAULT)
                .isNotIn(a, b);
        for (String name : List.of("mac_a", "mac_b", "mac_c")) {
            assertThat(second.inspect(name)).isInstanceOf(Running.class);
            assertThat(second.signal(name, 9)).isTrue();
            awaitState(second, name, Ended.class);
        }
    }
}
