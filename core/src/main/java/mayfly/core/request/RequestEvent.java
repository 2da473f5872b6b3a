package mayfly.core.request;

/** What happens to a request. */
public sealed interface RequestEvent {
    /** Where the actor is, as {@link RequestEffect.Look} asked. */
    sealed interface Looked extends RequestEvent {}

    /** It can be reached. */
    record Here(long generation, long nowMillis) implements Looked {}

    /** It exists, and cannot be reached now. */
    record NotReady(long nowMillis) implements Looked {}

    /** It exists, and has said that it ends for good: there is nobody to wake. */
    record Ending(long nowMillis) implements Looked {}

    /** It does not exist, or not any more. */
    record Absent() implements Looked {}

    /** The actor can be reached from now on. */
    record Ready(long generation, long nowMillis) implements RequestEvent {}

    /** This generation of the actor has ended. */
    record Stopped(long generation, long nowMillis) implements RequestEvent {}

    /** The actor is gone for good. */
    record Destroyed() implements RequestEvent {}

    /** It had left the place before the request was sent there. */
    record Missed(long generation, long nowMillis) implements RequestEvent {}

    /**
     * The runner's socket broke and another is there: the request, or its answer, may be lost.
     *
     * @param patienceMillis how long the answer is waited for from now on
     */
    record Reconnected(long patienceMillis, long nowMillis) implements RequestEvent {}

    /** The actor's answer begins; {@code whole} when that is all of it. */
    record Answered(boolean whole) implements RequestEvent {}

    /** The last piece of the answer was passed on. */
    record AnswerEnded() implements RequestEvent {}

    /** The runner gave the request up. */
    record Aborted(long nowMillis) implements RequestEvent {}

    /** The actor does not want this WebSocket. */
    record Refused() implements RequestEvent {}

    /** What is known of the actor's pool, as {@link RequestEffect.LookAtPool} asked. */
    record PoolLooked(boolean failing) implements RequestEvent {}

    record ClientLeft() implements RequestEvent {}

    record Tick(long nowMillis) implements RequestEvent {}
}
