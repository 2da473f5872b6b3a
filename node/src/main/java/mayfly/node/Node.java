package mayfly.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.base.TaskId;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.Supervisor;
import mayfly.store.Store;
import mayfly.store.StoreException;

/**
 * Everything that lives on one host: functions with their pools, calls, services, tasks. Made by hand from its parts; it owns none
 * of them, so whoever made the store, the drivers and the supervisor closes them after the node.
 */
public final class Node implements AutoCloseable {
    private static final Duration SWEEP_EVERY = Duration.ofSeconds(10);
    private static final Duration PRUNE_EVERY = Duration.ofMinutes(10);
    private static final int PRUNE_BATCH = 10_000;

    private final NodeSpec spec;
    private final Store store;
    private final Drivers drivers;
    private final Clock clock;
    private final Instant startedAt;
    private final ScheduledExecutorService timers;
    private final Recorder recorder;
    private final Functions functions;
    private final ServiceRegistry services;
    private final Invocations invocations;
    private final AsyncCalls async;
    private final TaskRegistry tasks;
    private volatile boolean draining;

    private Node(NodeSpec spec, Store store, List<MachineDriver> drivers, Supervisor supervisor, Clock clock, Ids ids)
            throws IOException {
        this.spec = spec;
        this.store = store;
        this.drivers = new Drivers(drivers, spec.isolationLeast());
        this.clock = clock;
        this.startedAt = clock.now();
        this.timers = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("timers").daemon().factory());
        this.recorder = new Recorder(store, clock, timers);
        CodeCache code = new CodeCache(spec.data().resolve("code"));
        PoolMaker pools = new PoolMaker(spec, this.drivers, clock, timers);
        this.functions = new Functions(store, code, pools, clock, ids);
        this.services = new ServiceRegistry(
                store, this.drivers, pools.servicePlace(), servicePlans(spec), ids, spec.drainTimeout());
        this.invocations = new Invocations(functions, recorder, store, clock, ids);
        this.async = new AsyncCalls(functions, recorder, store, clock, ids, timers);
        this.tasks = new TaskRegistry(
                store,
                supervisor,
                clock,
                ids,
                spec.data().resolve("tasks"),
                look -> Thread.ofVirtual().name("task").start(look));
    }

    private static ServicePlans servicePlans(NodeSpec spec) {
        String path = System.getenv().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
        return new ServicePlans(ServicePlans.path(path), spec.initTimeout(), spec.idleAfter());
    }

    /**
     * Starts a node: what the last one left is found again before this returns; machines that functions want ready
     * start in the background.
     *
     * @param drivers strongest isolation first
     * @throws IOException the data directory cannot be used
     */
    public static Node start(
            NodeSpec spec, Store store, List<MachineDriver> drivers, Supervisor supervisor, Clock clock, Ids ids)
            throws IOException {
        Node node = new Node(spec, store, drivers, supervisor, clock, ids);
        node.tasks.reattach();
        node.services.resume();
        node.background("recover", node.async::recover);
        node.background("warm", node.functions::startWarm);
        TaskId now = ids.task();
        node.background("unknown tasks", () -> node.tasks.removeUnknown(now));
        node.every(SWEEP_EVERY, "sweep", node.tasks::sweep);
        node.every(PRUNE_EVERY, "prune", node::prune);
        return node;
    }

    public Functions functions() {
        return functions;
    }

    public ServiceRegistry services() {
        return services;
    }

    public Invocations invocations() {
        return invocations;
    }

    public AsyncCalls async() {
        return async;
    }

    public TaskRegistry tasks() {
        return tasks;
    }

    /** What each driver can give on this host, strongest isolation first. */
    public List<HostReport> host() {
        return drivers.all().stream().map(MachineDriver::host).toList();
    }

    /** "sqlite" or "postgresql". */
    public String storeEngine() {
        return store.engine();
    }

    public Instant startedAt() {
        return startedAt;
    }

    /** Whether it is stopping: it answers, but begins nothing new. */
    public boolean draining() {
        return draining;
    }

    /** Begins nothing new from now on. */
    public void drain() {
        draining = true;
        services.drain(); // listeners first: what they took is served by machines that go on
        tasks.drain();
        functions.drain();
        invocations.drain();
        async.drain();
    }

    /** Waits for calls in flight, ends the machines, writes the last records. Tasks go on. */
    @Override
    public void close() {
        drain();
        functions.close(spec.drainTimeout());
        services.close();
        recorder.close();
        timers.shutdownNow();
    }

    private void prune() {
        functions.pruneArtifacts();
        Instant before = clock.now().minus(spec.keepInvocations());
        try {
            int pruned;
            do {
                pruned = store.pruneInvocations(before, PRUNE_BATCH).join();
            } while (pruned == PRUNE_BATCH && !draining);
        } catch (CompletionException e) {
            log("old invocations could not be pruned", e);
        }
    }

    private void every(Duration period, String what, Runnable work) {
        var _ = timers.scheduleWithFixedDelay(
                () -> background(what, work), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void background(String what, Runnable work) {
        var _ = Thread.ofVirtual().name(what).start(() -> {
            try {
                work.run();
            } catch (StoreException | UncheckedIOException e) {
                if (!draining) {
                    log(what + " failed", e);
                }
            }
        });
    }

    private static void log(String message, Exception cause) {
        System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, message, cause);
    }
}
