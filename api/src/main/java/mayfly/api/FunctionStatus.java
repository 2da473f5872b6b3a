package mayfly.api;

/** Whether a version of a function can be called. */
public enum FunctionStatus {
    ACTIVE
}
