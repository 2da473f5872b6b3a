package mayfly.core.request;

/** Why a request gets no answer of its actor's. */
public enum RequestFailure {
    /** There is no such actor, or no more. */
    NO_ACTOR(false),
    /** It was destroyed while the request waited for it. */
    DESTROYED_WHILE_WAITING(false),
    /** It was not ready in time. */
    NOT_READY(false),
    /** It stopped again and again instead of becoming ready. */
    STOPS_WHEN_WOKEN(false),
    /** Its pool cannot get a runner. */
    POOL_FAILS(false),
    /** It stopped, or its runner was lost, before it answered. */
    STOPPED_WHILE_ANSWERING(true),
    /** Its runner gave the request up. */
    ABORTED_BY_RUNNER(true),
    /** It did not begin to answer in time. */
    NO_ANSWER(true),
    /** It refused the WebSocket. */
    REFUSED(false),
    /** The last attempt that was allowed failed like those before. */
    ATTEMPTS_EXCEEDED(false);

    private final boolean triedAgain;

    RequestFailure(boolean triedAgain) {
        this.triedAgain = triedAgain;
    }

    /** Whether another attempt may do better. */
    public boolean triedAgain() {
        return triedAgain;
    }
}
