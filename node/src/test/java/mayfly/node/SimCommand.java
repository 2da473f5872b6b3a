package mayfly.node;

import mayfly.machine.SupervisedState;

/** The truth about one supervised command: what is on disk and what runs, whatever nodes come and go. */
final class SimCommand {
    enum Phase {
        NONE,
        /** Its spec is written; nobody has started it. */
        WRITTEN,
        RUNS,
        /** Runs, and its monitor is dead. */
        ORPHANED,
        ENDED
    }

    final String name;
    Phase phase = Phase.NONE;
    /** A monitor that was asked for has not come yet. */
    boolean monitorOnItsWay;
    /** The life of the node in which it was last spawned. */
    int spawnedInLife;

    int starts;
    private SupervisedState end = new SupervisedState.Unknown();

    SimCommand(String name) {
        this.name = name;
    }

    boolean isRunning() {
        return phase == Phase.RUNS || phase == Phase.ORPHANED;
    }

    void end(int exitCode, int signal, String cause) {
        end = phase == Phase.ORPHANED
                ? new SupervisedState.Lost(1_000)
                : new SupervisedState.Ended(77, 1_000, 2_000, exitCode, signal, cause, 0, 0, 0);
        phase = Phase.ENDED;
    }

    void neverStarts(int errno, String stage) {
        end = new SupervisedState.ExecFailed(errno, stage, 2_000);
        phase = Phase.ENDED;
    }

    SupervisedState seen() {
        return switch (phase) {
            case NONE -> new SupervisedState.Unknown();
            case WRITTEN -> new SupervisedState.Starting();
            case RUNS -> new SupervisedState.Running(77, 1_000, true);
            case ORPHANED -> new SupervisedState.Running(77, 1_000, false);
            case ENDED -> end;
        };
    }

    /** What its record must say in the end. */
    String verdict() {
        return switch (seen()) {
            case SupervisedState.Ended e when e.cause().isEmpty() -> e.exitCode() == 0 ? "succeeded" : "failed";
            case SupervisedState.Ended e -> e.signal() == 0 ? "stopped" : "killed";
            case SupervisedState.Lost _ -> "lost";
            case SupervisedState.ExecFailed _, SupervisedState.Unknown _ -> "failed";
            case SupervisedState.Starting _ -> "pending";
            case SupervisedState.Running _ -> "running";
        };
    }
}
