package mayfly.machine.kvm.program;

/** Why {@link Program#run} came back. */
public sealed interface Stop {
    /** All of it ended by exit_group(2), or its last thread by exit(2). */
    record Exited(int code) implements Stop {}

    /** A signal ended it. The reason is for people: "SIGSEGV at 0x10", "out of memory". */
    record Killed(int signal, String reason) implements Stop {}

    /**
     * Every thread waits for something.
     *
     * @param deadline when one of them goes on by itself, in {@link System#nanoTime} time; {@link Wait#FOREVER}: never
     */
    record Idle(long deadline) implements Stop {}

    /** Somebody called {@link Program#interrupt}, or the time of {@link Program#run} was up. It can go on. */
    record Interrupted() implements Stop {}

    /** A call asked for it with {@link Program#stopAfterCall}: there is output to be looked at. It can go on. */
    record Asked() implements Stop {}
}
