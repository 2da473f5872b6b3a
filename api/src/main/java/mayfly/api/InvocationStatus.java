package mayfly.api;

/** How far a call has come. */
public enum InvocationStatus {
    PENDING,
    RUNNING,
    SUCCESS,
    ERROR,
    TIMEOUT,
    CANCELLED;

    /** Whether it will not change any more. */
    public boolean ended() {
        return this != PENDING && this != RUNNING;
    }
}
