package mayfly.api;

/**
 * How far a task has come. {@code FAILED}: ended by itself with a code other than 0, or by a signal nobody asked us for;
 * {@code KILLED}: by kill or a limit; {@code STOPPED}: with the node's consent; {@code LOST}: its monitor died, so
 * how it ended is unknown.
 */
public enum TaskStatus {
    PENDING,
    RUNNING,
    SUCCEEDED,
    FAILED,
    KILLED,
    STOPPED,
    LOST;

    /** Whether it will not change any more. */
    public boolean ended() {
        return this != PENDING && this != RUNNING;
    }
}
