package mayfly.core.task;

/** What a task can be told. */
public sealed interface TaskEvent {
    /** Somebody looked; also the answer to {@link TaskEffect.Spawn}. Late and repeated sights do no harm. */
    record Observed(Sight sight, long nowMillis) implements TaskEvent {}

    /**
     * The node was restarted, and has read the task's record. Nothing of its own is under way; a spawn that the last
     * node asked for may be.
     */
    record Reattached() implements TaskEvent {}

    /** Answers {@link TaskEffect.Spawn}: no monitor could be started, and a look at the directory showed none. */
    record SpawnFailed(String reason, long nowMillis) implements TaskEvent {}

    /** A user wants the signal sent. For an ended task this changes nothing: the shell refuses by the state. */
    record KillRequested(int signal) implements TaskEvent {}
}
