package mayfly.machine.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import mayfly.agents.AgentFiles;
import mayfly.base.Limits;
import mayfly.hook.HookFiles;
import mayfly.machine.Sandbox;
import mayfly.machine.ServiceSpec;
import mayfly.machine.SupervisedSpec;

/** Decides how the sandbox of a service looks. */
final class ServicePlan {
    private static final String PRELOAD = "LD_PRELOAD";
    private static final long TMP_BYTES_MIN = 8L * Limits.MIB;
    private static final long TMP_BYTES_MAX = 512L * Limits.MIB;
    private static final long TEMPLATE_BYTES = 64L * Limits.MIB;
    /** What a machine's limit leaves for the stacks of threads, which count although they are never touched. */
    private static final long STACKS_BYTES = 64L * Limits.MIB;
    /** The same for V8, which reserves more. */
    private static final long V8_BYTES = 1024L * Limits.MIB;

    private static final double NODE_HEAP_SHARE = 0.75;
    private static final int PROCESSES_PER_MACHINE = 16;
    private static final int PROCESSES_SHARED = 64;

    private ServicePlan() {}

    /** @param agents the installed files, the hook's among them */
    static SupervisedSpec of(ServiceSpec spec, ServerProgram program, Path agents) {
        List<Sandbox.Bind> binds = new ArrayList<>();
        binds.add(Sandbox.Bind.readOnly(agents, SandboxPlan.AGENTS));
        for (Path directory : spec.reach().readable()) {
            binds.add(Sandbox.Bind.readOnly(directory, directory.toString()));
        }
        int machines = spec.shared() ? 1 : spec.machinesMax() + spares(spec);
        Sandbox sandbox = new Sandbox(
                binds,
                tmpBytes(spec),
                Sandbox.Network.NONE,
                PROCESSES_SHARED + PROCESSES_PER_MACHINE * machines,
                spec.shared() ? Sandbox.Capabilities.NONE : Sandbox.Capabilities.FORK,
                SandboxPlan.SOCKET,
                Sandbox.Init.REAP,
                Sandbox.Seccomp.AGENT,
                // its own loopback to listen on; processes that end with their machine
                spec.shared() ? Set.of("netns", "pidns") : Set.of("netns", "fork", "proc"));
        return new SupervisedSpec(
                argv(spec, program),
                env(spec, program),
                spec.directory(),
                spec.memoryBytes() * (machines + 1) + TEMPLATE_BYTES,
                0,
                SupervisedSpec.GRACE_MILLIS_DEFAULT,
                0,
                Optional.of(sandbox));
    }

    /** Machines that are forked ahead of their connections: with one, connections that follow each other closely wait. */
    static int spares(ServiceSpec spec) {
        return spec.shared() ? 0 : 2;
    }

    private static List<String> argv(ServiceSpec spec, ServerProgram program) {
        List<String> argv = new ArrayList<>(program.command());
        if (program.node()) {
            long heap = Math.max(16, (long) (spec.memoryBytes() * NODE_HEAP_SHARE) / Limits.MIB);
            argv.addAll(
                    1,
                    List.of(
                            "--max-old-space-size=" + heap,
                            // V8's helpers would be missing in a fork; Math.random would repeat itself
                            "--single-threaded",
                            "--v8-pool-size=0",
                            "--require",
                            SandboxPlan.AGENTS + "/" + AgentFiles.NODE_RANDOM));
        }
        return argv;
    }

    private static Map<String, String> env(ServiceSpec spec, ServerProgram program) {
        Map<String, String> env = new TreeMap<>();
        env.put("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        env.put("HOME", "/tmp");
        env.put("LANG", "C.UTF-8");
        // threads of numerical libraries would forbid the fork
        env.put("OPENBLAS_NUM_THREADS", "1");
        env.put("OMP_NUM_THREADS", "1");
        env.put("MKL_NUM_THREADS", "1");
        env.putAll(spec.env());
        String hook = SandboxPlan.AGENTS + "/" + HookFiles.OBJECT;
        String theirs = env.getOrDefault(PRELOAD, "");
        env.put(PRELOAD, theirs.isEmpty() ? hook : hook + ":" + theirs);
        env.put("MAYFLY_SERVE", settings(spec, program));
        return env;
    }

    /** As hook/PROTOCOL.md says. */
    private static String settings(ServiceSpec spec, ServerProgram program) {
        long data = spec.memoryBytes() + (program.node() ? V8_BYTES : STACKS_BYTES);
        return "port=" + spec.port() + ",warmup=" + spec.warmup() + ",tmp=" + tmpBytes(spec) + ",data=" + data
                + ",shared=" + (spec.shared() ? 1 : 0) + ",helpers=" + (program.node() ? 1 : 0);
    }

    /** Half of the memory, within reason. */
    static long tmpBytes(ServiceSpec spec) {
        return Math.clamp(spec.memoryBytes() / 2, TMP_BYTES_MIN, TMP_BYTES_MAX);
    }
}
