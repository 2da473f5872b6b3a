package mayfly.core.task;

import mayfly.core.task.Task.Cause;

/** What was seen when somebody looked at a supervised command. */
public sealed interface Sight {
    /** Its spec is written; no monitor has it yet. */
    record Starting() implements Sight {}

    /**
     * The command runs.
     *
     * @param monitored false when the monitor died
     */
    record Running(int pid, long startedMillis, boolean monitored) implements Sight {}

    /** It will not run any more. */
    sealed interface End extends Sight {}

    /** It exited and nobody had made it. */
    record Exited(int pid, long startedMillis, long endedMillis, int exitCode) implements End {}

    /** It exited by itself after Mayfly had asked it to. */
    record ExitedAfter(Cause cause, int pid, long startedMillis, long endedMillis, int exitCode) implements End {}

    /** A signal from elsewhere ended it, or its own fault. */
    record Signalled(int pid, long startedMillis, long endedMillis, int signal) implements End {}

    /** A signal from Mayfly ended it. */
    record SignalledFor(Cause cause, int pid, long startedMillis, long endedMillis, int signal) implements End {}

    /**
     * It never ran.
     *
     * @param stage the call that failed: "execve", "chdir", "sandbox: pivot_root"
     */
    record ExecFailed(int errno, String stage, long endedMillis) implements End {}

    /** The monitor and the command are both gone. */
    record Lost(long startedMillis) implements End {}

    /** There is no directory of that name. */
    record Nothing() implements Sight {}
}
