package mayfly.api;

/** Whether the caller waits for the result. */
public enum InvocationMode {
    SYNC,
    ASYNC
}
