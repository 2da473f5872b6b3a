package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import mayfly.machine.MachineException;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;
import org.junit.jupiter.api.Test;

class SpecFileTest {
    private static List<String> records(byte[] spec) {
        String text = new String(spec, StandardCharsets.UTF_8);
        assertThat(text).endsWith("\0");
        return List.of(text.substring(0, text.length() - 1).split("\0", -1));
    }

    private static SupervisedSpec sandboxed(Sandbox sandbox) {
        return new SupervisedSpec(List.of("run"), Map.of(), "/", 5, 6, 7, 8, Optional.of(sandbox));
    }

    private static Sandbox with(Sandbox.Bind bind) {
        return new Sandbox(
                List.of(bind),
                0,
                Sandbox.Network.NONE,
                0,
                Sandbox.Capabilities.NONE,
                "",
                Sandbox.Init.REAP,
                Sandbox.Seccomp.TASK,
                Set.of());
    }

    @Test
    void plainCommand() throws Exception {
        SupervisedSpec spec =
                SupervisedSpec.unsandboxed(List.of("echo", "", "a=b\nc"), Map.of("NAME", "val=ue"), "/tmp");
        assertThat(records(SpecFile.encode(spec, OptionalInt.empty(), List.of(Path.of("/cgroup")))))
                .containsExactly(
                        "v=1",
                        "argv=echo",
                        "argv=",
                        "argv=a=b\nc",
                        "env=NAME=val=ue",
                        "cwd=/tmp",
                        "grace_ms=5000",
                        "report=../../run/hypervisor.sock",
                        "sandbox=none");
    }

    @Test
    void everyKeyOfASandbox() throws Exception {
        Sandbox sandbox = new Sandbox(
                List.of(
                        Sandbox.Bind.readOnly(Path.of("/data/code:1"), "/app"),
                        Sandbox.Bind.writable(Path.of("/srv"), "/srv")),
                1024,
                Sandbox.Network.HOST,
                64,
                Sandbox.Capabilities.FORK,
                "work.sock",
                Sandbox.Init.ACCEPT,
                Sandbox.Seccomp.AGENT,
                Set.of("userns", "pidns"));
        byte[] bytes = SpecFile.encode(
                sandboxed(sandbox), OptionalInt.of(700_000_001), List.of(Path.of("/sys/fs/cgroup/memory")));
        assertThat(records(bytes))
                .contains(
                        "memory=5",
                        "timeout_ms=6",
                        "grace_ms=7",
                        "output_max=8",
                        "sandbox=process",
                        "uid=700000001",
                        "gid=700000001",
                        "ro=/data/code:1:/app",
                        "rw=/srv:/srv",
                        "tmp=1024",
                        "net=host",
                        "pids=64",
                        "caps=fork",
                        "listen=work.sock",
                        "init=accept",
                        "seccomp=agent",
                        "cgroup=/sys/fs/cgroup/memory",
                        "require=pidns,userns");
        assertThat(SpecFile.uid(bytes)).hasValue(700_000_001);
        assertThat(SpecFile.uid(SpecFile.encode(sandboxed(Sandbox.forTask()), OptionalInt.empty(), List.of())))
                .isEmpty();
        assertThat(SpecFile.uid("uid=99999999999\0uid=\0uid=x\0".getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
        assertThat(SpecFile.uid(new byte[] {-1, 0, -2})).isEmpty();
    }

    @Test
    void refusalsNameTheKey() {
        refused("argv: ", SupervisedSpec.unsandboxed(List.of(), Map.of(), "/"));
        refused("argv: ", SupervisedSpec.unsandboxed(List.of("", "x"), Map.of(), "/"));
        refused("argv: ", SupervisedSpec.unsandboxed(List.of("x\0y"), Map.of(), "/"));
        refused("env: ", SupervisedSpec.unsandboxed(List.of("x"), Map.of("", "y"), "/"));
        refused("env: ", SupervisedSpec.unsandboxed(List.of("x"), Map.of("A=B", "y"), "/"));
        refused("env: ", SupervisedSpec.unsandboxed(List.of("x"), Map.of("A", "y\0uid=0"), "/"));
        refused("cwd: ", SupervisedSpec.unsandboxed(List.of("x"), Map.of(), "tmp"));
        refused("cwd: ", SupervisedSpec.unsandboxed(List.of("x"), Map.of(), ""));
        refused("memory: ", new SupervisedSpec(List.of("x"), Map.of(), "/", -1, 0, 0, 0, Optional.empty()));
        refused("ro: ", sandboxed(with(Sandbox.Bind.readOnly(Path.of("relative"), "/app"))));
        refused("ro: ", sandboxed(with(Sandbox.Bind.readOnly(Path.of("/x"), "/a:/b"))));
        refused("rw: ", sandboxed(with(Sandbox.Bind.writable(Path.of("/x"), "app"))));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new Sandbox(
                        List.of(),
                        0,
                        Sandbox.Network.NONE,
                        0,
                        Sandbox.Capabilities.NONE,
                        "../x",
                        Sandbox.Init.REAP,
                        Sandbox.Seccomp.TASK,
                        Set.of()));
    }

    private static void refused(String key, SupervisedSpec spec) {
        assertThatExceptionOfType(MachineException.class)
                .isThrownBy(() -> SpecFile.encode(spec, OptionalInt.empty(), List.of()))
                .withMessageStartingWith(key);
    }
}
