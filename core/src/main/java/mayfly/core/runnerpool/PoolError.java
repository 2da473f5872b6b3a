package mayfly.core.runnerpool;

/** Why a pool gets no runners. */
public sealed interface PoolError {
    /** The endpoint answered with something else than a stream of events. */
    record HttpError(int status, String body) implements PoolError {}

    /** The endpoint cannot be reached, or the connection broke before its runner was known. */
    record ConnectionError(String message) implements PoolError {}

    /** The endpoint ended its stream again soon after it began. */
    record StreamEndedEarly() implements PoolError {}

    /** The stream's first event is no base 64. */
    record InvalidBase64() implements PoolError {}

    /** The stream's first event is not what a runner says. */
    record InvalidPayload(String message, String payload) implements PoolError {}

    /** The hosted program does not start, or ended before its runner was known. */
    record ProgramFailed(String message) implements PoolError {}
}
