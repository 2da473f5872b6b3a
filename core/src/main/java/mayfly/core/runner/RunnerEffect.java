package mayfly.core.runner;

/** What a runner asks its shell to do, in order. */
public sealed interface RunnerEffect {
    /** Tell the pool that actors may be placed on it; repeated when version or slots changed. */
    record Offer(int version, int slots) implements RunnerEffect {}

    /** Tell the pool that no actor may be placed on it for now; those that it has keep their slots. */
    record Withhold() implements RunnerEffect {}

    /** Tell the pool that no actor is placed on it ever again. */
    record Retire() implements RunnerEffect {}

    /** Welcome the runner on the session: its id first, then every command that it has not done yet. */
    record Welcome(long session) implements RunnerEffect {}

    /** Tell each of its actors to go away, so that it is started elsewhere. */
    record TellGoingAway() implements RunnerEffect {}

    /** Tell each of its actors that it is lost. */
    record LoseActors(RunnerEnd end) implements RunnerEffect {}

    /** Close the session's socket; its Detached, if one comes, changes nothing. */
    record CloseSocket(long session, CloseReason reason) implements RunnerEffect {}

    /** Write down what changed of id, profile, drain and end. */
    record Persist() implements RunnerEffect {}

    /** Send a Tick at that time. Takes the place of the one that was asked for before. */
    record TickAt(long atMillis) implements RunnerEffect {}

    /** What the client is told: only an eviction makes it give up. */
    enum CloseReason {
        /** Another socket of the same runner took this one's place, or it is not wanted any more. */
        EVICTED,
        /** It did not answer pings. */
        SILENT
    }
}
