package mayfly.api;

/** The answer to an asynchronous call, which is durable by now. */
@Doc("An asynchronous call that was accepted and is durable.")
public record InvocationAccepted(String invocationId) {}
