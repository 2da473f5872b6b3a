package mayfly.core.request;

/** What is to be done for a request. */
public sealed interface RequestEffect {
    /** Tell at once where the actor is: an event that is {@link RequestEvent.Looked}. */
    record Look() implements RequestEffect {}

    record Wake() implements RequestEffect {}

    /** Tell at once how the actor's pool is: {@link RequestEvent.PoolLooked}. */
    record LookAtPool() implements RequestEffect {}

    /** Send it to the actor's place, of this generation. */
    record Send(long generation) implements RequestEffect {}

    /** Tell the runner that it is not wanted any more; nothing that the runner says of it counts from here on. */
    record Abort() implements RequestEffect {}

    /** Nothing that the runner still says of it counts. */
    record Forget() implements RequestEffect {}

    /** Tell the client why there is no answer. */
    record Fail(RequestFailure failure) implements RequestEffect {}

    /** Show the client that its answer is incomplete. */
    record Cut() implements RequestEffect {}
}
