package mayfly.core.invocation;

import mayfly.base.ErrorCode;

/** How an invocation ended. */
public sealed interface Verdict {
    /** The handler returned; the shell has the output. */
    record Returned() implements Verdict {}

    /** The handler raised; the shell has the error. */
    record Raised() implements Verdict {}

    record TimedOut() implements Verdict {}

    record Cancelled() implements Verdict {}

    /** It did not get to an end of its own. */
    record Failed(ErrorCode code, String reason) implements Verdict {}
}
