/**
 * Owns the life of one call of a function: pending, running, success, error, timeout or cancelled; when it is answered,
 * recorded and tried again. Refuses to know payloads and results: the shell keeps them beside the state.
 *
 * <h2>Trying again</h2>
 *
 * A synchronous call is begun again only when nothing of it ran (NotStarted), at once and at most
 * Limits.ASYNC_ATTEMPTS_MAX times; its caller decides about everything else. An asynchronous call that crashed its machine,
 * did not start or could not be loaded is tried again after a back-off, Limits.ASYNC_ATTEMPTS_MAX attempts in all. An error
 * that the handler raised is its answer unless the call's {@link mayfly.core.invocation.Call#retryErrors} says otherwise;
 * a time limit reached is final. A refusal (no free machine in time) is no attempt: the call was accepted, so it waits on,
 * until it is Limits.ASYNC_AGE_MAX old.
 */
package mayfly.core.invocation;
