package mayfly.machine.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import mayfly.base.Clock;
import mayfly.linux.Credentials;
import mayfly.linux.ErrnoException;
import mayfly.linux.ExitWatch;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;

/**
 * Supervises commands through monitors that outlive this process. All its knowledge is in the directories: a second one
 * opened on the same data directory after this one was closed, or killed, knows as much. Safe for concurrent use; one
 * at a time per data directory, which the node's own lock sees to.
 */
public final class ProcessSupervisor implements Supervisor {
    private static final System.Logger LOG = System.getLogger(ProcessSupervisor.class.getName());
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    /** How often deletions that failed, because descriptors ran out for example, are tried again. */
    private static final Duration REMOVE_AGAIN = Duration.ofSeconds(10);

    private static final int LOOKING_MAX = 16;
    private static final Duration SETTLE_PAUSE_MAX = Duration.ofMillis(50);

    private final SupervisorSettings settings;
    private final Path supervised;
    private final Path executable;
    private final boolean givesUids;
    private final ScheduledThreadPoolExecutor timer;
    private final SupervisedTruth truth;
    private final MonitorSignals signals;
    private final Spawner spawner;
    private final SupervisedStart starts;
    private final SupervisorUids uids;
    private final SupervisedWatch watch;
    private final MonitorReports reports;
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    /** Commands that this process is starting at this moment. */
    private final Set<String> spawning = ConcurrentHashMap.newKeySet();
    /** Commands whose change is about to be announced. */
    private final Set<String> announcing = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    private ProcessSupervisor(Path data, SupervisorSettings settings) throws IOException, ErrnoException {
        this.settings = settings;
        Path run = runDirectory(data);
        this.supervised = directory(data.resolve("supervised"));
        this.executable = MonitorExecutable.extract(run);
        this.givesUids = Credentials.effectiveUid() == 0;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("supervisor-timer").factory());
        this.timer.setRemoveOnCancelPolicy(true);
        MonitorClient client = new MonitorClient(timer, settings.answerDeadline());
        this.truth = new SupervisedTruth(client, Clock.system(), settings.startGrace());
        this.signals = new MonitorSignals(client, truth);
        this.spawner = new Spawner(executable, run);
        this.uids = new SupervisorUids(settings.uidFirst(), settings.uidCount());
        this.starts = new SupervisedStart(spawner, settings, givesUids ? Optional.of(uids) : Optional.empty());
        this.watch = new SupervisedWatch(ExitWatch.start("supervised-exits"), timer, this::changed);
        this.reports = MonitorReports.open(run, status -> {
            if (SupervisedDirectory.isName(status.task())
                    && directory(status.task()).isPresent()) {
                changed(status.task());
            }
        });
    }

    /** With the defaults of {@link SupervisorSettings}. */
    public static ProcessSupervisor open(Path dataDirectory) throws MachineException {
        return open(dataDirectory, SupervisorSettings.defaults());
    }

    /**
     * Takes over what earlier processes left in the data directory, and disturbs nothing of it.
     *
     * @param dataDirectory exists, belongs to this user, and no other node uses it
     * @throws MachineException the directory cannot be written, or the monitor's binary not be executed from it
     */
    public static ProcessSupervisor open(Path dataDirectory, SupervisorSettings settings) throws MachineException {
        try {
            ProcessSupervisor supervisor = new ProcessSupervisor(dataDirectory.toAbsolutePath(), settings);
            try {
                supervisor.takeOver();
                supervisor.spawner.running();
                return supervisor;
            } catch (IOException | MachineException | InterruptedException e) {
                supervisor.close();
                throw e;
            }
        } catch (IOException | ErrnoException e) {
            throw new MachineException("supervisor: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MachineException("supervisor: interrupted", e);
        }
    }

    /** Where sockets and executables are, made if need be. */
    static Path runDirectory(Path data) throws IOException {
        return directory(data.resolve("run"));
    }

    private static Path directory(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return path;
    }

    private void takeOver() throws IOException {
        SupervisedDirectory.finishRemovals(supervised);
        long again = REMOVE_AGAIN.toMillis();
        Future<?> _ = timer.scheduleWithFixedDelay(
                () -> Thread.ofVirtual().name("removals").start(this::finishRemovals),
                again,
                again,
                TimeUnit.MILLISECONDS);
        if (!givesUids) {
            return;
        }
        for (String name : names()) {
            SupervisedDirectory directory = SupervisedDirectory.of(supervised, name);
            OptionalInt uid = uid(directory); // read first: most commands have none, and need no look at their status
            if (uid.isPresent()
                    && StatusFile.read(directory).filter(MonitorStatus::isFinal).isEmpty()) {
                uids.restore(name, uid.getAsInt());
            }
        }
    }

    private static OptionalInt uid(SupervisedDirectory directory) throws IOException {
        try {
            return SpecFile.uid(Files.readAllBytes(directory.file("spec")));
        } catch (NoSuchFileException withdrawn) {
            return OptionalInt.empty();
        }
    }

    private void finishRemovals() {
        try {
            SupervisedDirectory.finishRemovals(supervised);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "deleted directories stay for now: {0}", e.toString());
        }
    }

    /** The monitor's executable; sandboxes get it bound in for the roles that run inside. */
    public Path executable() {
        return executable;
    }

    /** The child that makes monitors, now; another one when it died. */
    long spawnerPid() throws MachineException, InterruptedException {
        return spawner.running().pid();
    }

    @Override
    public SupervisedState spawn(String name, SupervisedSpec spec) throws MachineException {
        SupervisedDirectory directory = SupervisedDirectory.of(supervised, name);
        if (closed) {
            throw new MachineException(name + ": the supervisor is closed");
        }
        if (!spawning.add(name)) {
            throw new MachineException(name + ": is being started already");
        }
        try {
            long deadline = System.nanoTime() + settings.spawnDeadline().toNanos();
            SupervisedState state;
            do {
                Optional<SupervisedTruth.Finding> started = starts.start(directory, spec);
                state = started.isPresent() && !(started.get().state() instanceof SupervisedState.Starting)
                        ? settle(name, started.get())
                        : settled(directory, deadline);
            } while (state instanceof SupervisedState.Starting && System.nanoTime() < deadline);
            return state;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MachineException(name + ": interrupted while it was being started", e);
        } finally {
            spawning.remove(name);
        }
    }

    /** Waits until the directory tells how the command is, or that it is to be started again, or for the deadline. */
    private SupervisedState settled(SupervisedDirectory directory, long deadline) throws InterruptedException {
        Duration pause = Duration.ofMillis(1);
        while (true) {
            SupervisedState state = inspect(directory.name());
            if (!(state instanceof SupervisedState.Starting) || System.nanoTime() > deadline) {
                return state;
            }
            Thread.sleep(pause);
            if (pause.compareTo(SETTLE_PAUSE_MAX) < 0) {
                pause = pause.multipliedBy(2);
            } else if (SupervisedStart.isAbandoned(directory)) {
                return state;
            }
        }
    }

    @Override
    public List<String> names() {
        return SupervisedDirectory.names(supervised);
    }

    @Override
    public SupervisedState inspect(String name) {
        try {
            SupervisedDirectory directory = SupervisedDirectory.of(supervised, name);
            return settle(name, truth.find(directory, spawning.contains(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Map<String, SupervisedState> inspectAll() {
        Map<String, SupervisedState> states = new ConcurrentSkipListMap<>();
        // Each look holds two descriptors for a moment and is mostly waiting for a monitor to be scheduled.
        Semaphore looking = new Semaphore(LOOKING_MAX);
        List<Future<SupervisedState>> looks = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String name : names()) {
                looking.acquireUninterruptibly();
                looks.add(threads.submit(() -> {
                    try {
                        return states.put(name, inspect(name));
                    } finally {
                        looking.release();
                    }
                }));
            }
        }
        for (Future<SupervisedState> look : looks) {
            if (look.state() == Future.State.FAILED && look.exceptionNow() instanceof UncheckedIOException e) {
                throw e;
            }
        }
        return states;
    }

    /** Draws the consequences of a finding: what to wait for, and whether the user id is free. */
    private SupervisedState settle(String name, SupervisedTruth.Finding finding) {
        switch (finding.state()) {
            case SupervisedState.Starting _ when finding.process().pid() == 0 -> watch.lookAgain(name, LOOK_AGAIN);
            case SupervisedState.Starting _, SupervisedState.Running _ ->
                watch.awaitExit(name, finding.process(), finding.boot());
            case SupervisedState.Ended _,
                    SupervisedState.ExecFailed _,
                    SupervisedState.Lost _,
                    SupervisedState.Unknown _ -> {
                watch.forget(name);
                // Before its directory exists a command looks unknown, and has its user id already.
                if (!spawning.contains(name)) {
                    uids.release(name);
                }
            }
        }
        return finding.state();
    }

    /** Announces a command on a thread of its own, once for any number of hints that come before it ran. */
    private void changed(String name) {
        if (closed || !announcing.add(name)) {
            return;
        }
        Thread.ofVirtual().name("changed-" + name).start(() -> {
            announcing.remove(name);
            try {
                inspect(name);
            } catch (UncheckedIOException e) {
                if (closed) {
                    return;
                }
                LOG.log(Level.WARNING, "cannot look at {0}: {1}", name, e.getMessage());
                watch.lookAgain(name, LOOK_AGAIN);
                return;
            }
            listeners.forEach(listener -> listener.accept(name));
        });
    }

    @Override
    public boolean signal(String name, int signal) throws MachineException {
        SupervisedDirectory directory = SupervisedDirectory.of(supervised, name);
        return signals.send(directory, signal, spawning.contains(name));
    }

    @Override
    public boolean stop(String name) throws MachineException {
        SupervisedDirectory directory = SupervisedDirectory.of(supervised, name);
        return signals.stop(directory, spawning.contains(name));
    }

    @Override
    public Optional<Path> directory(String name) {
        return Optional.of(SupervisedDirectory.of(supervised, name))
                .filter(SupervisedDirectory::exists)
                .map(SupervisedDirectory::path);
    }

    @Override
    public void onChange(Consumer<String> listener) {
        listeners.add(listener);
    }

    @Override
    public void remove(String name) {
        switch (inspect(name)) {
            case SupervisedState.Starting _, SupervisedState.Running _ ->
                throw new IllegalStateException(name + " has not ended: its directory stays");
            case SupervisedState.Unknown _ -> {}
            case SupervisedState.Ended _, SupervisedState.ExecFailed _, SupervisedState.Lost _ -> {
                try {
                    SupervisedDirectory.of(supervised, name).remove();
                } catch (IOException e) {
                    throw new UncheckedIOException(name + ": cannot be removed", e);
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        spawner.close();
        watch.close();
        timer.shutdownNow();
        try {
            reports.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the report socket''s file stays: {0}", e.getMessage());
        }
    }
}
