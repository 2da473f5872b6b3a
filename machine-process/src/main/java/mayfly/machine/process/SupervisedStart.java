package mayfly.machine.process;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalInt;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;

/** Starts a command: writes down that it is meant to run, then has a monitor made for it. */
final class SupervisedStart {
    private static final System.Logger LOG = System.getLogger(SupervisedStart.class.getName());

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
     * @throws MachineException nothing was started and nothing is left
     */
    Optional<SupervisedTruth.Finding> start(SupervisedDirectory directory, SupervisedSpec spec)
            throws MachineException, InterruptedException {
        write(directory, spec);
        return switch (request(directory)) {
            case MonitorAnswer.Told(var status) -> Optional.of(SupervisedTruth.Finding.monitored(status));
            case MonitorAnswer.Refused refused
            when nothingRecorded(refused, directory) -> {
                discard(directory);
                throw new MachineException(directory.name() + ": the monitor could not be started: " + refused.stage()
                        + ": " + refused.error() + " (errno " + refused.errno() + ")");
            }
            case MonitorAnswer.Refused _, MonitorAnswer.Gone _, MonitorAnswer.Silent _ -> Optional.empty();
        };
    }

    private MonitorAnswer request(SupervisedDirectory directory) throws MachineException, InterruptedException {
        MonitorAnswer answer;
        try {
            answer = spawner.spawn(directory.path(), settings.spawnDeadline());
        } catch (MachineException noSpawner) {
            discard(directory);
            throw noSpawner;
        }
        if (!(answer instanceof MonitorAnswer.Gone)) {
            return answer;
        }
        try {
            // A second request is safe: the directory's lock and status let only one monitor in.
            return spawner.spawn(directory.path(), settings.spawnDeadline());
        } catch (MachineException noOther) {
            LOG.log(Level.WARNING, "{0}: {1}", directory.name(), noOther.getMessage());
            return answer;
        }
    }

    private void write(SupervisedDirectory directory, SupervisedSpec spec) throws MachineException {
        String name = directory.name();
        if (directory.exists()) {
            throw new MachineException(name + ": exists already");
        }
        try {
            OptionalInt uid = spec.sandbox().isPresent() ? takeUid(name) : OptionalInt.empty();
            directory.create(SpecFile.encode(spec, uid, settings.cgroups()));
        } catch (IOException e) {
            discard(directory);
            throw new MachineException(name + ": its spec cannot be written: " + e.getMessage(), e);
        } catch (MachineException e) {
            discard(directory);
            throw e;
        }
    }

    private OptionalInt takeUid(String name) throws MachineException {
        if (uids.isEmpty()) {
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

    private void discard(SupervisedDirectory directory) {
        uids.ifPresent(taken -> taken.release(directory.name()));
        try {
            if (directory.exists()) {
                directory.remove();
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0}: cannot be removed: {1}", directory.path(), e);
        }
    }
}
