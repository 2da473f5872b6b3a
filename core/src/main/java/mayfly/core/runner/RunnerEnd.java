package mayfly.core.runner;

/** Why a runner is gone; its actors are told. */
public enum RunnerEnd {
    /** Its socket was closed, and it did not come back. */
    DISCONNECTED,
    /** Its socket was open, and it did not answer. */
    SILENT,
    /** It was drained, and had no actors left. */
    DRAINED,
    /** It was drained, and its time was over. */
    DRAIN_TIMEOUT
}
