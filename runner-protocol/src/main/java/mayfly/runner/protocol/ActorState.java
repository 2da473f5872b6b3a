package mayfly.runner.protocol;

import java.util.Optional;

/** What a runner says that an actor is now. */
public sealed interface ActorState {
    /** It was started; requests may come. */
    record Running() implements ActorState {}

    /** It is gone from the runner. */
    record Stopped(StopCode code, Optional<String> message) implements ActorState {}
}
