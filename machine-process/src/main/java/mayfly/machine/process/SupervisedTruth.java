package mayfly.machine.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import mayfly.base.Clock;
import mayfly.linux.ErrnoException;
import mayfly.linux.Flock;
import mayfly.linux.Pidfd;
import mayfly.linux.ProcessIdentity;
import mayfly.machine.SupervisedState;

/**
 * Finds out how a command is, from its directory alone, in the order of PROTOCOL.md section 1: the status file; else
 * the monitor's answer; else its lock; else the processes it wrote down. A monitor may end between two looks, and it
 * writes the status before it lets go of its socket and its lock: so the status is looked at again after each.
 */
final class SupervisedTruth {
    /** What the state of a command that nobody ever started says. */
    static final String NEVER_STARTED = "never started";

    private static final int ECANCELED = 125;

    /**
     * @param process whose end will change the state; pid 0 when there is none to wait for
     * @param boot the run of the machine that {@code process} belongs to
     */
    record Finding(SupervisedState state, MonitorPid process, String boot) {
        private static Finding of(SupervisedState state) {
            return new Finding(state, new MonitorPid(0, 0), "");
        }

        static Finding monitored(MonitorStatus status) {
            return new Finding(status.toSupervised(), status.monitor(), status.boot());
        }
    }

    private final MonitorClient client;
    private final Clock clock;
    private final Duration startGrace;

    SupervisedTruth(MonitorClient client, Clock clock, Duration startGrace) {
        this.client = client;
        this.clock = clock;
        this.startGrace = startGrace;
    }

    /**
     * @param spawning whether this process is starting it at this moment: then a missing monitor means nothing
     * @throws IOException the host refused a descriptor or a read: nothing is known
     */
    Finding find(SupervisedDirectory directory, boolean spawning) throws IOException {
        try {
            return directory.exists() ? look(directory, spawning) : Finding.of(new SupervisedState.Unknown());
        } catch (IOException | ErrnoException e) {
            if (!directory.exists()) {
                return Finding.of(new SupervisedState.Unknown()); // removed while it was looked at
            }
            throw e instanceof IOException io ? io : new IOException(e);
        }
    }

    private Finding look(SupervisedDirectory directory, boolean spawning) throws IOException, ErrnoException {
        Optional<MonitorStatus> before = StatusFile.read(directory);
        if (before.filter(MonitorStatus::isFinal).isPresent()) {
            return Finding.of(before.get().toSupervised());
        }
        if (before.filter(MonitorStatus::isRunning).isPresent() && Flock.isHeld(directory.file("lock"))) {
            return Finding.monitored(before.get()); // the monitor is alive, and writes each change: no need to wake it
        }
        if (client.status(directory) instanceof MonitorAnswer.Told(var now)) {
            return Finding.monitored(now);
        }
        // Looking at the lock could keep a monitor from it that is just starting. One that has a status file had the
        // lock before, and an old spec has no monitor that is just starting.
        if (!StatusFile.exists(directory) && (spawning || isYoung(directory))) {
            return Finding.of(new SupervisedState.Starting());
        }
        if (Flock.isHeld(directory.file("lock"))) {
            return StatusFile.read(directory)
                    .map(Finding::monitored)
                    .orElseGet(() -> Finding.of(new SupervisedState.Starting()));
        }
        return withoutMonitor(directory);
    }

    private boolean isYoung(SupervisedDirectory directory) throws IOException {
        Instant written;
        try {
            written = Files.getLastModifiedTime(directory.file("spec"), LinkOption.NOFOLLOW_LINKS)
                    .toInstant();
        } catch (NoSuchFileException noSpec) {
            return false;
        }
        Duration age = Duration.between(written, clock.now());
        return !age.isNegative() && age.compareTo(startGrace) < 0;
    }

    private Finding withoutMonitor(SupervisedDirectory directory) throws IOException, ErrnoException {
        Optional<MonitorStatus> last = StatusFile.read(directory);
        if (last.filter(MonitorStatus::isFinal).isPresent()) {
            return Finding.of(last.get().toSupervised());
        }
        if (!StatusFile.exists(directory)) {
            return Finding.of(neverStarted(directory));
        }
        Optional<MonitorPidFile> pidFile = MonitorPidFile.read(directory);
        MonitorPid command = pidFile.map(MonitorPidFile::command)
                .or(() -> last.map(MonitorStatus::command))
                .orElse(new MonitorPid(0, 0));
        String boot = pidFile.map(MonitorPidFile::boot)
                .or(() -> last.map(MonitorStatus::boot))
                .orElse("");
        long started = last.map(MonitorStatus::startedMillis).orElse(0L);
        Optional<Pidfd> process = command.open(boot);
        if (process.isEmpty()) {
            return Finding.of(new SupervisedState.Lost(started));
        }
        process.get().close();
        return new Finding(new SupervisedState.Running(command.pid(), started, false), command, boot);
    }

    /**
     * Makes sure that it stays so: a monitor that comes later than anybody waited finds the directory used, instead of
     * running a command that was reported as failed.
     */
    private SupervisedState neverStarted(SupervisedDirectory directory) throws IOException, ErrnoException {
        Optional<SupervisedFence> fence = SupervisedFence.raiseNow(directory);
        if (fence.isEmpty()) {
            // A monitor is here since the last look. It may even have ended; the next look tells.
            return new SupervisedState.Starting();
        }
        try (SupervisedFence _ = fence.get()) {
            long now = clock.now().toEpochMilli();
            StatusFile.writeNeverStarted(directory, ECANCELED, NEVER_STARTED, now, ProcessIdentity.currentBootId());
            return new SupervisedState.ExecFailed(ECANCELED, NEVER_STARTED, now);
        }
    }
}
