package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.linux.ErrnoException;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;

/**
 * Starts a command: writes down that it is meant to run, then has a monitor made for it. It may find the directory as an
 * earlier node left it at any moment of the same: without a spec, with half of one, with a monitor on its way, or there,
 * or gone. A monitor takes the lock and makes the status before it does anything, so who holds the lock of a directory
 * without status knows that nothing of it ran ({@link SupervisedFence}).
 */
final class SupervisedStart {
    private static final System.Logger LOG = System.getLogger(SupervisedStart.class.getName());

    /** Whether monitors may come that this start did not ask for, or has no answer of. */
    private enum Late {
        NONE,
        POSSIBLE
    }

    private final Spawner spawner;
    private final SupervisorSettings settings;
    private final Optional<SupervisorUids> uids;

    /** @param uids empty when this process cannot give sandboxes a user of their own */
    SupervisedStart(Spawner spawner, SupervisorSettings settings, Optional<SupervisorUids> uids) {
        this.spawner = spawner;
        this.settings = settings;
        this.uids = uids;
    }

    /**
     * @return what the monitor said; empty when it is for the directory to tell
     * @throws MachineException nothing was started, nothing will be, and nothing is left
     */
    Optional<SupervisedTruth.Finding> start(SupervisedDirectory directory, SupervisedSpec spec)
            throws MachineException, InterruptedException {
        Late late = directory.exists() ? Late.POSSIBLE : Late.NONE;
        if (late == Late.POSSIBLE && StatusFile.exists(directory)) {
            return Optional.empty();
        }
        try {
            byte[] bytes = SpecFile.encode(spec, uid(directory.name(), spec), settings.cgroups());
            if (late == Late.NONE) {
                directory.create(bytes);
            } else if (!isReady(directory, bytes)) {
                return Optional.empty();
            }
        } catch (IOException | ErrnoException e) {
            LOG.log(Level.WARNING, "{0}: its spec cannot be written: {1}", directory.name(), e);
            String why = directory.name() + ": its spec cannot be written: " + HostFailure.reason(e);
            return givenUp(directory, late, new MachineException(why, e));
        } catch (MachineException e) {
            return givenUp(directory, late, e);
        }
        return request(directory, late);
    }

    /**
     * Whether nobody has it in hand: the monitor that kept ours out died before it made a status, or it was somebody
     * who looked for longer than usual. Then it can be started again.
     */
    static boolean isAbandoned(SupervisedDirectory directory) {
        try {
            Optional<SupervisedFence> fence = SupervisedFence.raiseNow(directory);
            fence.ifPresent(SupervisedFence::close);
            return fence.isPresent();
        } catch (ErrnoException unknown) {
            return false;
        }
    }

    /** Whether a monitor may be asked for: its spec is whole, and none has come since. */
    private static boolean isReady(SupervisedDirectory directory, byte[] spec)
            throws IOException, ErrnoException, InterruptedException {
        if (directory.hasSpec(spec)) {
            return true;
        }
        Optional<SupervisedFence> fence = SupervisedFence.raise(directory);
        if (fence.isEmpty()) {
            return false;
        }
        try (SupervisedFence _ = fence.get()) {
            directory.replaceSpec(spec);
            return true;
        }
    }

    private Optional<SupervisedTruth.Finding> request(SupervisedDirectory directory, Late before)
            throws MachineException, InterruptedException {
        Late late = before;
        MonitorAnswer answer;
        try {
            answer = spawner.spawn(directory.path(), settings.spawnDeadline());
            if (answer instanceof MonitorAnswer.Gone) {
                // A second request is safe: the directory's lock and status let only one monitor in.
                late = Late.POSSIBLE;
                answer = spawner.spawn(directory.path(), settings.spawnDeadline());
            }
        } catch (MachineException noSpawner) {
            return givenUp(directory, late, noSpawner);
        }
        return switch (answer) {
            case MonitorAnswer.Told(var status) -> Optional.of(SupervisedTruth.Finding.monitored(status));
            case MonitorAnswer.Refused refused
            when nothingRecorded(refused, directory) ->
                givenUp(
                        directory,
                        late,
                        new MachineException(directory.name() + ": the monitor could not be started: " + refused.stage()
                                + ": " + refused.error() + " (errno " + refused.errno() + ")"));
            case MonitorAnswer.Refused _, MonitorAnswer.Gone _, MonitorAnswer.Silent _ -> Optional.empty();
        };
    }

    private OptionalInt uid(String name, SupervisedSpec spec) throws MachineException {
        if (uids.isEmpty() || spec.sandbox().isEmpty()) {
            return OptionalInt.empty();
        }
        OptionalInt uid = uids.get().take(name);
        if (uid.isEmpty()) {
            throw new MachineException(name + ": all " + settings.uidCount() + " user ids of sandboxes are taken");
        }
        return uid;
    }

    /** Whether the refusal is about this request, and not about a monitor that an earlier one started. */
    private static boolean nothingRecorded(MonitorAnswer.Refused refused, SupervisedDirectory directory) {
        return switch (refused.stage()) {
            case "lock", "deadline", "monitor" -> false;
            default -> !StatusFile.exists(directory);
        };
    }

    /** Throws the reason once it is sure that nothing will run; else it is for the directory to tell. */
    private Optional<SupervisedTruth.Finding> givenUp(SupervisedDirectory directory, Late late, MachineException reason)
            throws MachineException, InterruptedException {
        if (late == Late.NONE) {
            discard(directory);
            throw reason;
        }
        Optional<SupervisedFence> fence;
        try {
            fence = SupervisedFence.raise(directory);
        } catch (ErrnoException unknown) {
            LOG.log(Level.WARNING, "{0}: {1}; {2}", directory.name(), reason.getMessage(), unknown.getMessage());
            return Optional.empty();
        }
        if (fence.isEmpty()) {
            return Optional.empty();
        }
        try (SupervisedFence _ = fence.get()) {
            discard(directory);
        }
        throw reason;
    }

    private void discard(SupervisedDirectory directory) {
        uids.ifPresent(taken -> taken.release(directory.name()));
        try {
            if (directory.exists()) {
                directory.withdraw();
                directory.remove();
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0}: cannot be removed: {1}", directory.path(), e);
        }
    }
}
