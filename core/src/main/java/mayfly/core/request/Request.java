package mayfly.core.request;

/** What a request to an actor is doing. */
public sealed interface Request {
    long NEVER = Long.MAX_VALUE;

    /** When a {@link RequestEvent.Tick} is due, if nothing happens before; {@link #NEVER} when nothing is timed. */
    default long dueMillis() {
        return NEVER;
    }

    /** An attempt begins: where is the actor? */
    record Looking(int attempt) implements Request {}

    /**
     * The actor is to become ready.
     *
     * @param wakes how often it was woken in this attempt
     * @param stopped the newest generation that is known to have ended; -1 for none
     * @param lookMillis when its pool is looked at next
     */
    record Waiting(int attempt, int wakes, long stopped, long deadlineMillis, long lookMillis) implements Request {
        @Override
        public long dueMillis() {
            return Math.min(deadlineMillis, lookMillis);
        }
    }

    /** The actor's runner has it; its answer is to begin. */
    record Sent(int attempt, long generation, long deadlineMillis) implements Request {
        @Override
        public long dueMillis() {
            return deadlineMillis;
        }
    }

    /** Between two attempts. */
    record Pausing(int attempt, long untilMillis) implements Request {
        @Override
        public long dueMillis() {
            return untilMillis;
        }
    }

    /** The answer has begun, and more of it comes. */
    record Answering(int attempt, long generation) implements Request {}

    /** Final. */
    record Ended(End end) implements Request {}

    /** How it ended. */
    enum End {
        ANSWERED,
        FAILED,
        /** The answer had begun and cannot be completed. */
        CUT,
        CLIENT_LEFT
    }
}
