package mayfly.machine.kvm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mayfly.base.Limits;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Interpreter;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.load.BadProgramException;
import org.jspecify.annotations.Nullable;

/**
 * What runs in a function's machines, and what it sees.
 *
 * @param program its path in the machine
 * @param arguments argv, the program's name included
 * @param environment NAME=VALUE
 * @param readOnly host directories by the path at which the machine sees them, besides the system's
 * @param tmpBytes what the machine's own files may take
 * @param frames whether the program speaks in frames on descriptor 3; else it reads standard input
 */
record GuestPlan(
        String program,
        List<String> arguments,
        List<String> environment,
        Map<String, Path> readOnly,
        long memoryBytes,
        long tmpBytes,
        boolean frames) {
    private static final int FILES_MAX = 16_384;
    static final String CODE = "/app";
    static final String AGENTS = "/mayfly";
    private static final String NATIVE_PROGRAM = CODE + "/program";
    private static final String STDIO = "stdio";
    /** For the agent and its runtime, which are no part of the function's own memory. */
    private static final long AGENT_BYTES = 48L * Limits.MIB;

    private static final long TMP_BYTES_MIN = 8L * Limits.MIB;
    private static final long TMP_BYTES_MAX = 512L * Limits.MIB;
    private static final long NODE_BYTES = 128L * Limits.MIB;
    /** Of a machine's memory, what V8 may use for its heap. */
    private static final double NODE_HEAP_SHARE = 0.75;

    /**
     * @param interpreter for runtimes that need one
     * @param agents the installed agent files
     */
    static GuestPlan of(TemplateSpec spec, @Nullable Interpreter interpreter, Path agents) {
        Map<String, Path> readOnly = new TreeMap<>();
        readOnly.put(CODE, spec.code().toAbsolutePath());
        readOnly.put(AGENTS, agents);
        String program = NATIVE_PROGRAM;
        List<String> arguments = new ArrayList<>();
        if (interpreter != null) {
            program = interpreter.program().toString();
            interpreter.bind().ifPresent(prefix -> readOnly.put(prefix.toString(), prefix));
        }
        arguments.add(program);
        switch (spec.runtime()) {
            case PYTHON3 -> arguments.addAll(List.of("-I", AGENTS + "/python3.py"));
            case NODE -> {
                arguments.add("--max-old-space-size="
                        + Math.max(16, (long) (spec.memoryBytes() * NODE_HEAP_SHARE) / Limits.MIB));
                arguments.add("--single-threaded-gc");
                arguments.add(AGENTS + "/node.js");
            }
            case NATIVE -> {}
        }
        return new GuestPlan(
                program,
                arguments,
                environment(spec),
                readOnly,
                spec.memoryBytes() + (spec.runtime() == GuestRuntime.NODE ? NODE_BYTES : AGENT_BYTES),
                Math.clamp(spec.memoryBytes() / 2, TMP_BYTES_MIN, TMP_BYTES_MAX),
                spec.runtime() != GuestRuntime.NATIVE || !spec.handler().equals(STDIO));
    }

    /** The host's files that the machines see, besides those they make themselves. */
    HostView view() throws ErrnoException {
        HostView view = HostView.standard();
        try {
            for (Map.Entry<String, Path> each : readOnly.entrySet()) {
                view.addDirectory(each.getValue(), each.getKey());
            }
            return view;
        } catch (ErrnoException | IllegalArgumentException e) {
            view.close();
            throw e;
        }
    }

    /** A machine with the program loaded, not started. */
    VirtualMachine boot(Kvm kvm, HostView view, Descriptors descriptors) throws ErrnoException, BadProgramException {
        FileTree files = view.tree(tmpBytes, FILES_MAX);
        OpenFile nothing =
                files.open(files.workingDirectory(), "/dev/null", 0, 0).file();
        if (frames && nothing != null) {
            descriptors.set(0, nothing, false);
        }
        return VirtualMachine.boot(kvm, memoryBytes, files, program, arguments, environment, descriptors);
    }

    private static List<String> environment(TemplateSpec spec) {
        Map<String, String> env = new TreeMap<>();
        env.put("PATH", "/usr/local/bin:/usr/bin:/bin");
        env.put("HOME", "/tmp");
        env.put("LANG", "C.UTF-8");
        env.put("MAYFLY_FUNCTION", spec.name());
        if (spec.runtime() == GuestRuntime.PYTHON3) {
            env.put("OPENBLAS_NUM_THREADS", "1");
            env.put("OMP_NUM_THREADS", "1");
            env.put("MKL_NUM_THREADS", "1");
        }
        env.putAll(spec.env());
        env.put("MAYFLY_VIRTUAL", "1");
        return env.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }
}
