package mayfly.runner;

import java.time.Duration;

/** What a runner holds itself to; engines have the same limits on bodies, messages and keys. */
public final class RunnerLimits {
    /** Of a request, of a response, and of a message of a WebSocket. */
    public static final int BODY_BYTES_MAX = 20 << 20;

    /** Of a key in an actor's store. */
    public static final int KEY_BYTES_MAX = 2048;

    /** Of a value in an actor's store, and so of {@link ActorContext#save}. */
    public static final int VALUE_BYTES_MAX = 128 << 10;

    /** Of one call of an actor's store. */
    public static final int KEYS_MAX = 128;

    /** Events that wait for an actor; requests beyond are answered with status 503. */
    public static final int MAILBOX_EVENTS_MAX = 10_000;

    /** Bytes that wait to be sent, or for the engine to come back; whoever sends more waits, or fails. */
    public static final long QUEUED_BYTES_MAX = 64L << 20;

    /** A call of an actor's store fails when it was not answered for so long. */
    public static final Duration KV_TIMEOUT = Duration.ofSeconds(30);

    /** A connection that has no answer to its first message by then is given up. */
    static final Duration INIT_TIMEOUT = Duration.ofSeconds(10);

    private RunnerLimits() {}
}
