package mayfly.core.invocation;

import mayfly.base.InvocationId;

/**
 * What was asked for.
 *
 * @param durable whether a synchronous answer waits until its record is durable; asynchronous calls are always durable
 *     before they are answered
 * @param retryErrors whether an asynchronous call is tried again when its handler raised an error
 * @param queuedMillis wall-clock milliseconds since 1970
 */
public record Call(InvocationId id, Mode mode, boolean durable, boolean retryErrors, long queuedMillis) {
    /** Who waits for the result. */
    public enum Mode {
        /** The caller, on its connection. */
        SYNC,
        /** Nobody: the result is recorded. */
        ASYNC
    }
}
