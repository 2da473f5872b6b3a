package mayfly.machine.process;

import java.io.IOException;
import java.util.Optional;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Pidfd;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedState;

/** Signals a command through its monitor, which notes why the command ends; without it by pidfd, never by number. */
final class MonitorSignals {
    private static final int SIGTERM = 15;

    private final MonitorClient client;
    private final SupervisedTruth truth;

    MonitorSignals(MonitorClient client, SupervisedTruth truth) {
        this.client = client;
        this.truth = truth;
    }

    /**
     * @param spawning whether this process is starting the command at this moment
     * @return false when the command has ended
     */
    boolean send(SupervisedDirectory directory, int signal, boolean spawning) throws MachineException {
        try {
            return delivered(directory, client.kill(directory, signal), signal, spawning);
        } catch (IOException | ErrnoException e) {
            throw new MachineException(directory.name() + ": signal " + signal + ": " + e.getMessage(), e);
        }
    }

    /** SIGTERM, and after the spec's grace SIGKILL; without a monitor the first only. */
    boolean stop(SupervisedDirectory directory, boolean spawning) throws MachineException {
        try {
            return delivered(directory, client.stop(directory), SIGTERM, spawning);
        } catch (IOException | ErrnoException e) {
            throw new MachineException(directory.name() + ": stop: " + e.getMessage(), e);
        }
    }

    private boolean delivered(SupervisedDirectory directory, MonitorAnswer answer, int signal, boolean spawning)
            throws IOException, ErrnoException, MachineException {
        return switch (answer) {
            case MonitorAnswer.Told _ -> true;
            case MonitorAnswer.Refused refused when refused.errno() == Errno.ESRCH -> false;
            case MonitorAnswer.Refused refused ->
                throw new MachineException(
                        directory.name() + ": " + refused.error() + " (" + Errno.name(refused.errno()) + ")");
            case MonitorAnswer.Gone _ -> withoutMonitor(directory, signal, spawning);
            case MonitorAnswer.Silent _ ->
                throw new MachineException(directory.name() + ": its monitor does not answer");
        };
    }

    private boolean withoutMonitor(SupervisedDirectory directory, int signal, boolean spawning)
            throws IOException, ErrnoException, MachineException {
        SupervisedTruth.Finding finding = truth.find(directory, spawning);
        return switch (finding.state()) {
            case SupervisedState.Running running
            when !running.monitored() -> {
                Optional<Pidfd> process = finding.process().open(finding.boot());
                if (process.isEmpty()) {
                    yield false;
                }
                try (Pidfd pidfd = process.get()) {
                    yield pidfd.signal(signal);
                }
            }
            case SupervisedState.Running _, SupervisedState.Starting _ ->
                throw new MachineException(directory.name() + ": its monitor cannot be reached yet");
            case SupervisedState.Ended _,
                    SupervisedState.ExecFailed _,
                    SupervisedState.Lost _,
                    SupervisedState.Unknown _ -> false;
        };
    }
}
