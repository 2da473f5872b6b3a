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
import mayfly.machine.GuestRuntime;
import mayfly.machine.Interpreter;
import mayfly.machine.Sandbox;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.TemplateSpec;
import org.jspecify.annotations.Nullable;

/** Decides how the sandbox of a template looks. */
final class SandboxPlan {
    /** Where things are inside. */
    static final String CODE = "/app";

    static final String AGENTS = "/mayfly";
    static final String PROGRAM = "program";
    static final String MONITOR = "mayfly-monitor";
    /** The handler of native programs that read standard input and write standard output. */
    static final String STDIO = "stdio";
    /** Name of the listening socket in the supervised directory. */
    static final String SOCKET = "work.sock";

    private static final long TMP_BYTES_MIN = 8L * Limits.MIB;
    private static final long TMP_BYTES_MAX = 512L * Limits.MIB;
    /** For the agent itself, the zygote, and what a machine holds while it dies. */
    private static final long AGENT_BYTES = 64L * Limits.MIB;
    /**
     * Processes and threads of one machine, on average over the machines of a template, and what they may have above it
     * together. Small, because each process of a fork bomb takes its turn on the processors before the one that ends it.
     */
    private static final int PROCESSES_PER_MACHINE = 8;

    /** Node starts with eleven. */
    private static final int PROCESSES_PER_NODE_MACHINE = 16;

    private static final int PROCESSES_SHARED = 64;
    /** Of a machine's memory, what V8 may use for its heap. */
    private static final double NODE_HEAP_SHARE = 0.75;

    private SandboxPlan() {}

    /**
     * @param interpreter for runtimes that need one
     * @param agents the installed agent files
     */
    static SupervisedSpec of(TemplateSpec spec, @Nullable Interpreter interpreter, Path agents) {
        boolean forks = spec.runtime() == GuestRuntime.PYTHON3;
        List<Sandbox.Bind> binds = new ArrayList<>();
        binds.add(Sandbox.Bind.readOnly(agents, AGENTS));
        binds.add(Sandbox.Bind.readOnly(spec.code().toAbsolutePath(), CODE));
        if (interpreter != null) {
            interpreter.bind().ifPresent(prefix -> binds.add(Sandbox.Bind.readOnly(prefix, prefix.toString())));
        }
        Sandbox sandbox = new Sandbox(
                binds,
                tmpBytes(spec),
                Sandbox.Network.NONE,
                processes(spec),
                forks ? Sandbox.Capabilities.FORK : Sandbox.Capabilities.NONE,
                SOCKET,
                forks ? Sandbox.Init.REAP : Sandbox.Init.ACCEPT,
                Sandbox.Seccomp.AGENT,
                Set.of());
        return new SupervisedSpec(
                argv(spec, interpreter),
                env(spec),
                CODE,
                spec.memoryBytes() * (spec.machinesMax() + Math.max(1, spares(spec))) + AGENT_BYTES,
                0,
                SupervisedSpec.GRACE_MILLIS_DEFAULT,
                0,
                Optional.of(sandbox));
    }

    /**
     * Machines that are forked ahead of their calls: none where machines are kept. Two where they are cheap: with one,
     * calls that follow each other closely wait for the fork of the next.
     */
    static int spares(TemplateSpec spec) {
        if (spec.reusable()) {
            return 0;
        }
        return spec.runtime() == GuestRuntime.NODE ? 1 : 2;
    }

    private static int processes(TemplateSpec spec) {
        int each = spec.runtime() == GuestRuntime.NODE ? PROCESSES_PER_NODE_MACHINE : PROCESSES_PER_MACHINE;
        return PROCESSES_SHARED + each * (spec.machinesMax() + spares(spec));
    }

    private static List<String> argv(TemplateSpec spec, @Nullable Interpreter interpreter) {
        return switch (spec.runtime()) {
            // -I: neither PYTHON* variables nor the user's site directory
            case PYTHON3 -> List.of(program(interpreter), "-I", AGENTS + "/" + AgentFiles.PYTHON);
            case NODE ->
                List.of(
                        program(interpreter),
                        "--max-old-space-size="
                                + Math.max(16, (long) (spec.memoryBytes() * NODE_HEAP_SHARE) / Limits.MIB),
                        AGENTS + "/" + AgentFiles.NODE);
            case NATIVE ->
                spec.handler().equals(STDIO)
                        ? List.of(AGENTS + "/" + MONITOR, "stdio-agent", CODE + "/" + PROGRAM)
                        : List.of(CODE + "/" + PROGRAM);
        };
    }

    private static String program(@Nullable Interpreter interpreter) {
        if (interpreter == null) {
            throw new AssertionError("this runtime needs an interpreter");
        }
        return interpreter.program().toString();
    }

    private static Map<String, String> env(TemplateSpec spec) {
        Map<String, String> env = new TreeMap<>();
        env.put("PATH", "/usr/local/bin:/usr/bin:/bin");
        env.put("HOME", "/tmp");
        env.put("LANG", "C.UTF-8");
        env.put("MAYFLY_FUNCTION", spec.name());
        if (spec.runtime() == GuestRuntime.PYTHON3) {
            // threads of numerical libraries would forbid the fork
            env.put("OPENBLAS_NUM_THREADS", "1");
            env.put("OMP_NUM_THREADS", "1");
            env.put("MKL_NUM_THREADS", "1");
        }
        env.putAll(spec.env());
        return env;
    }

    /** Half of the memory, within reason. */
    static long tmpBytes(TemplateSpec spec) {
        return Math.clamp(spec.memoryBytes() / 2, TMP_BYTES_MIN, TMP_BYTES_MAX);
    }
}
