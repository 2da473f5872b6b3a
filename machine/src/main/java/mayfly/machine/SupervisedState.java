package mayfly.machine;

/** What is known of a supervised command. Times are wall-clock milliseconds since 1970, 0 when unknown. */
public sealed interface SupervisedState {
    /** Written down, not started yet: a spawn is under way. */
    record Starting() implements SupervisedState {}

    /** @param monitored false when the monitor died: the exit code will not be known */
    record Running(int pid, long startedMillis, boolean monitored) implements SupervisedState {}

    /**
     * It ended.
     *
     * @param exitCode -1 when a signal ended it
     * @param signal 0 when it exited by itself
     * @param cause why the monitor ended it: "" by itself, "timeout", "output", "memory", "asked"
     */
    record Ended(
            int pid,
            long startedMillis,
            long endedMillis,
            int exitCode,
            int signal,
            String cause,
            long userMicros,
            long systemMicros,
            long maxRssBytes)
            implements SupervisedState {}

    /**
     * The program could not be executed.
     *
     * @param stage the call that failed: "execve", "chdir", "sandbox: pivot_root"
     */
    record ExecFailed(int errno, String stage, long endedMillis) implements SupervisedState {}

    /** The monitor died and the command is gone, so its exit code is unknowable. */
    record Lost(long startedMillis) implements SupervisedState {}

    /** Nothing of that name was ever started, or its directory was removed. */
    record Unknown() implements SupervisedState {}
}
