package mayfly.core.runner;

/** The state of a runner. */
public sealed interface Runner {
    RunnerProfile profile();

    /** Actors are placed on it while its link is up and answers. */
    record Serving(RunnerProfile profile, Link link) implements Runner {}

    /**
     * Takes no more actors, and those that it has are to leave it.
     *
     * @param deadlineMillis when those that have not left are lost
     */
    record Draining(RunnerProfile profile, Link link, DrainCause cause, long deadlineMillis) implements Runner {}

    /** Final: it has no actors and no socket, and its process gets another id if it comes back. */
    record Gone(RunnerProfile profile, RunnerEnd end) implements Runner {}

    /** How a runner is reached. */
    sealed interface Link {
        /** The newest session that there was; 0 before the first. */
        long session();

        /**
         * It has a socket.
         *
         * @param pongMillis when it was last heard
         * @param eligible whether that is so short ago that actors may be placed on it
         */
        record Up(long session, long pongMillis, boolean eligible) implements Link {}

        /**
         * It has none, and may come back.
         *
         * @param patientUntilMillis until when it is waited for though somebody waits for one of its actors
         * @param lostAtMillis until when it is waited for if nobody does
         */
        record Away(long session, long patientUntilMillis, long lostAtMillis, boolean wanted) implements Link {
            /** When it is given up, as things are. */
            long dueMillis() {
                return wanted ? patientUntilMillis : lostAtMillis;
            }
        }
    }

    /** Whether the pool may place actors on it. */
    default boolean isOffered() {
        return switch (this) {
            case Serving(var _, Link.Up(var _, var _, var eligible)) -> eligible;
            case Serving(var _, Link.Away _) -> false;
            case Draining _, Gone _ -> false;
        };
    }
}
