package mayfly.cli;

/** Exit codes of every command; {@code run} and {@code wait} exit as the task did. */
public final class Exit {
    public static final int OK = 0;
    /** The node refused, or what was asked for failed. */
    public static final int FAILED = 1;
    /** The command line was wrong; nothing was done. */
    public static final int USAGE = 2;
    /** There is no such function, task or invocation. */
    public static final int NOT_FOUND = 3;
    /** No node answers. */
    public static final int UNREACHABLE = 4;
    /** Added to the number of the signal that ended a task. */
    public static final int SIGNAL_BASE = 128;

    private Exit() {}
}
