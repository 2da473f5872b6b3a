package mayfly.machine.process;

import mayfly.machine.AgentAnswer;
import mayfly.machine.SupervisedState;

/** Says in words how a process ended. */
final class Ending {
    private static final int SIGKILL = 9;

    private Ending() {}

    static String of(AgentAnswer.Exited exited, long memoryBytes) {
        String how = how(exited.code(), exited.signal(), memoryBytes) + " before it answered";
        return exited.message().isEmpty() ? how : how + ": " + exited.message();
    }

    /** Of a server's process, with its connection still open. */
    static String ofServer(AgentAnswer.Exited exited, long memoryBytes) {
        return how(exited.code(), exited.signal(), memoryBytes);
    }

    static String of(SupervisedState state) {
        return switch (state) {
            case SupervisedState.Ended ended -> {
                String how = how(ended.exitCode(), ended.signal(), 0);
                yield ended.cause().isEmpty() ? how : how + " (" + ended.cause() + ")";
            }
            case SupervisedState.ExecFailed failed ->
                "could not be executed: " + failed.stage() + ", errno " + failed.errno();
            case SupervisedState.Lost _ -> "was lost with its monitor";
            case SupervisedState.Unknown _ -> "was never started";
            case SupervisedState.Starting _, SupervisedState.Running _ -> "still runs";
        };
    }

    private static String how(int code, int signal, long memoryBytes) {
        if (signal == 0) {
            return "exited with status " + code;
        }
        String killed = "was killed by signal " + signal + name(signal);
        return signal == SIGKILL && memoryBytes > 0
                ? killed + ", perhaps at its memory limit of " + (memoryBytes >> 20) + " MiB,"
                : killed;
    }

    private static String name(int signal) {
        return switch (signal) {
            case 4 -> " (SIGILL)";
            case 6 -> " (SIGABRT)";
            case 7 -> " (SIGBUS)";
            case 8 -> " (SIGFPE)";
            case SIGKILL -> " (SIGKILL)";
            case 11 -> " (SIGSEGV)";
            case 15 -> " (SIGTERM)";
            case 24 -> " (SIGXCPU)";
            case 25 -> " (SIGXFSZ)";
            case 31 -> " (SIGSYS: a system call that machines may not make)";
            default -> "";
        };
    }
}
