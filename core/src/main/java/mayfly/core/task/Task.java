package mayfly.core.task;

import java.util.Locale;
import java.util.Set;

/** The state of a task. */
public sealed interface Task {
    /** Counts the changes that a reader can see, from 1. */
    long version();

    /**
     * Accepted, not seen running yet.
     *
     * @param asked signals to send as soon as it runs
     */
    record Pending(long version, Set<Integer> asked) implements Task {
        public Pending {
            asked = Set.copyOf(asked);
        }
    }

    /**
     * Seen running.
     *
     * @param monitored false when its monitor died: how it ends will not be known
     */
    record Running(long version, int pid, long startedMillis, boolean monitored) implements Task {}

    /**
     * Final.
     *
     * @param pid 0 when it never ran
     */
    record Ended(long version, int pid, long startedMillis, long endedMillis, Ending ending) implements Task {}

    /** How a task ended. */
    sealed interface Ending {
        /** For people; empty when there is nothing to say. */
        String reason();
    }

    /** Exit code 0, and nobody asked for it. */
    record Succeeded() implements Ending {
        @Override
        public String reason() {
            return "";
        }
    }

    /** By itself, with a code other than 0. */
    record FailedWithCode(int exitCode) implements Ending {
        @Override
        public String reason() {
            return "exit code " + exitCode;
        }
    }

    /** By a signal that Mayfly did not send. */
    record FailedBySignal(int signal) implements Ending {
        @Override
        public String reason() {
            return "ended by signal " + signal;
        }
    }

    /** It never ran: the program, its directory or its sandbox was not to be had, or no monitor could be started. */
    record NotStarted(String reason) implements Ending {}

    /** By a signal that Mayfly sent: asked for, or over a limit of time, output or memory. */
    record Killed(int signal, Cause cause) implements Ending {
        @Override
        public String reason() {
            return cause.reason();
        }
    }

    /** It exited by itself after it was asked to, or after its time was over. */
    record Stopped(int exitCode, Cause cause) implements Ending {
        @Override
        public String reason() {
            return cause.reason();
        }
    }

    /** It is gone and nobody saw how. */
    record Lost(String reason) implements Ending {}

    /** Why Mayfly ended a command. */
    enum Cause {
        ASKED("asked to end"),
        TIMEOUT("over its time limit"),
        OUTPUT("over its output limit"),
        MEMORY("over its memory limit");

        private final String reason;

        Cause(String reason) {
            this.reason = reason;
        }

        public String reason() {
            return reason;
        }
    }

    /** What users see. */
    enum Status {
        PENDING,
        RUNNING,
        SUCCEEDED,
        FAILED,
        KILLED,
        STOPPED,
        LOST;

        /** The word in records and answers. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    default Status status() {
        return switch (this) {
            case Pending _ -> Status.PENDING;
            case Running _ -> Status.RUNNING;
            case Ended ended ->
                switch (ended.ending()) {
                    case Succeeded _ -> Status.SUCCEEDED;
                    case FailedWithCode _, FailedBySignal _, NotStarted _ -> Status.FAILED;
                    case Killed _ -> Status.KILLED;
                    case Stopped _ -> Status.STOPPED;
                    case Lost _ -> Status.LOST;
                };
        };
    }
}
