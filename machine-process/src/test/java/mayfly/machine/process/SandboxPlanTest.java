package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Interpreter;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.TemplateSpec;
import org.junit.jupiter.api.Test;

final class SandboxPlanTest {
    private static final Path AGENTS = Path.of("/data/run/agents/x");
    private static final Interpreter SYSTEM =
            new Interpreter(Path.of("/usr/bin/python3.11"), "3.11.2", Optional.empty());
    private static final Interpreter OWN =
            new Interpreter(Path.of("/opt/node/bin/node"), "20.1.0", Optional.of(Path.of("/opt/node")));

    private static TemplateSpec spec(GuestRuntime runtime, String handler) {
        return new TemplateSpec(
                "hi@2",
                runtime,
                handler,
                Path.of("/data/code/abc"),
                Map.of("HOME", "/mine", "X", "y"),
                128L << 20,
                4,
                false,
                Duration.ofSeconds(5));
    }

    @Test
    void pythonIsAZygoteThatMayFork() {
        SupervisedSpec plan = SandboxPlan.of(spec(GuestRuntime.PYTHON3, "app.f"), SYSTEM, AGENTS);
        Sandbox sandbox = plan.sandbox().orElseThrow();
        assertThat(plan.argv()).containsExactly("/usr/bin/python3.11", "-I", "/mayfly/python3.py");
        assertThat(sandbox.capabilities()).isEqualTo(Sandbox.Capabilities.FORK);
        assertThat(sandbox.init()).as("the zygote must not be process 1").isEqualTo(Sandbox.Init.REAP);
        assertThat(plan.env())
                .containsEntry("HOME", "/mine")
                .containsEntry("X", "y")
                .containsEntry("MAYFLY_FUNCTION", "hi@2")
                .containsEntry("OPENBLAS_NUM_THREADS", "1");
        assertThat(plan.memoryBytes()).isGreaterThan(5L * (128L << 20));
    }

    @Test
    void nodeAndNativeProgramsAreExecutedPerConnectionWithoutRights() {
        SupervisedSpec node = SandboxPlan.of(spec(GuestRuntime.NODE, "app.f"), OWN, AGENTS);
        assertThat(node.argv()).containsExactly("/opt/node/bin/node", "--max-old-space-size=96", "/mayfly/node.js");
        assertThat(node.sandbox().orElseThrow().binds())
                .containsExactly(
                        Sandbox.Bind.readOnly(AGENTS, "/mayfly"),
                        Sandbox.Bind.readOnly(Path.of("/data/code/abc"), "/app"),
                        Sandbox.Bind.readOnly(Path.of("/opt/node"), "/opt/node"));
        SupervisedSpec frames = SandboxPlan.of(spec(GuestRuntime.NATIVE, "frames"), null, AGENTS);
        assertThat(frames.argv()).containsExactly("/app/program");
        SupervisedSpec stdio = SandboxPlan.of(spec(GuestRuntime.NATIVE, "stdio"), null, AGENTS);
        assertThat(stdio.argv()).containsExactly("/mayfly/mayfly-monitor", "stdio-agent", "/app/program");
        for (SupervisedSpec plan : new SupervisedSpec[] {node, frames, stdio}) {
            Sandbox sandbox = plan.sandbox().orElseThrow();
            assertThat(sandbox.capabilities()).isEqualTo(Sandbox.Capabilities.NONE);
            assertThat(sandbox.init()).isEqualTo(Sandbox.Init.ACCEPT);
            assertThat(sandbox.network()).isEqualTo(Sandbox.Network.NONE);
            assertThat(sandbox.seccomp()).isEqualTo(Sandbox.Seccomp.AGENT);
            assertThat(plan.env()).doesNotContainKey("OPENBLAS_NUM_THREADS");
        }
    }
}
