package mayfly.core.runner;

/** Why a runner is to lose its actors. */
public enum DrainCause {
    /** It asked for it: its process wants to end. */
    ASKED,
    /** A runner of a higher version came. */
    UPGRADE,
    /** The request or program that keeps it has lived for long enough. */
    LIFESPAN,
    /** It is not needed any more. */
    SURPLUS,
    /** Its pool was configured anew, or deleted. */
    RECONFIGURED,
    /** The request that kept it ended before its time. */
    STREAM_ENDED,
    /** The program that it was has ended. */
    PROGRAM_ENDED
}
