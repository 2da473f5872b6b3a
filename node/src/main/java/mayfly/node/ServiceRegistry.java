package mayfly.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.api.Json;
import mayfly.api.ServiceChange;
import mayfly.api.ServiceDefinition;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.store.ServiceFilter;
import mayfly.store.ServiceRecord;
import mayfly.store.Store;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * The services of a node. Definitions are in the store; what runs is here. A definition is durable before its service
 * starts, and is taken back when it does not start; a service that ran once is listed until it is deleted, also when it
 * cannot be started again.
 */
public final class ServiceRegistry {
    private static final System.Logger LOG = System.getLogger("mayfly.node");
    private static final int PAGE = 100;

    private final Store store;
    private final Drivers drivers;
    private final ServicePlace place;
    private final ServicePlans plans;
    private final Ids ids;
    private final Duration drainTimeout;
    private final Map<String, ServiceState> states = new ConcurrentHashMap<>();
    private final NameLocks names = new NameLocks();
    private final AtomicInteger count = new AtomicInteger();
    private final List<Thread> ending = new CopyOnWriteArrayList<>();
    private volatile boolean draining;

    ServiceRegistry(
            Store store, Drivers drivers, ServicePlace place, ServicePlans plans, Ids ids, Duration drainTimeout) {
        this.store = store;
        this.drivers = drivers;
        this.place = place;
        this.plans = plans;
        this.ids = ids;
        this.drainTimeout = drainTimeout;
    }

    /**
     * Creates a service with version 1 and starts it.
     *
     * @throws RefusedException SERVICE_EXISTS, SERVICE_INVALID, SERVICE_ADDRESS_TAKEN, ISOLATION_UNAVAILABLE,
     *     MACHINE_FAILED, LIMIT_REACHED, NODE_DRAINING or a failure of the store; nothing of it is left
     * @throws ProgramFailedException its program ended, or waits for no connection; nothing of it is left
     */
    public ServiceView create(ServiceDefinition service) throws RefusedException, ProgramFailedException {
        return names.locked(service.name(), () -> {
            requireServing();
            if (store.service(service.name()).isPresent()) {
                throw ServiceRecords.exists(service.name());
            }
            MachineDriver driver = drivers.forServices(service.isolation());
            ServiceSettings settings = plans.settings(service, 1);
            Instant now = place.clock().now();
            ServiceRecord record = new ServiceRecord(ids.service(), service.name(), 1, Json.text(service), now, now);
            if (count.incrementAndGet() > Limits.SERVICES_MAX) {
                count.decrementAndGet();
                throw new RefusedException(
                        ErrorCode.LIMIT_REACHED,
                        "this node holds " + Limits.SERVICES_MAX + " services; delete one first");
            }
            boolean started = false;
            try {
                if (!Recorder.await(store.createService(record))) {
                    throw ServiceRecords.exists(service.name());
                }
                states.put(service.name(), new ServiceState.Starting());
                run(record, started(service, settings, driver));
                started = true;
                return view(record);
            } finally {
                if (!started) {
                    forget(record);
                }
            }
        });
    }

    private void requireServing() throws RefusedException {
        if (draining) {
            throw new RefusedException(ErrorCode.NODE_DRAINING, "the node is stopping");
        }
    }

    private ServiceShell started(ServiceDefinition service, ServiceSettings settings, MachineDriver driver)
            throws RefusedException, ProgramFailedException {
        try {
            return ServiceShell.start(settings, driver, place);
        } catch (IOException e) {
            throw ServicePlans.cannotListen(service, e);
        } catch (InitFailedException e) {
            throw new ProgramFailedException(e);
        } catch (MachineException e) {
            throw new RefusedException(ErrorCode.MACHINE_FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    private void run(ServiceRecord record, ServiceShell shell) {
        states.put(record.name(), new ServiceState.Active(shell));
        if (draining) {
            end(shell); // too late for drain to see it
        }
    }

    /** Takes a record back whose service did not start. */
    private void forget(ServiceRecord record) {
        states.remove(record.name());
        count.decrementAndGet();
        try {
            Recorder.await(store.deleteService(record.id()));
        } catch (RefusedException e) {
            LOG.log(System.Logger.Level.WARNING, "the record of service " + record.name() + " stays", e);
        }
        forgetTemplate(record.name(), record.version());
    }

    private void forgetTemplate(String name, int version) {
        drivers.all().forEach(it -> it.forget(ServicePlans.templateName(name, version)));
    }

    /**
     * Puts another definition in the place of the one there is. A service that runs goes on without refusing a connection;
     * one that does not is started.
     *
     * @throws RefusedException as by {@link #create}, or SERVICE_NOT_FOUND; then the old definition serves on
     * @throws ProgramFailedException as by {@link #create}; then the old definition serves on
     */
    public ServiceView replace(ServiceDefinition service) throws RefusedException, ProgramFailedException {
        return names.locked(service.name(), () -> {
            requireServing();
            ServiceRecord old = stored(service.name());
            ServiceRecord next = ServiceRecords.next(old, service, place.clock().now());
            MachineDriver driver = drivers.forServices(service.isolation());
            ServiceSettings settings = plans.settings(service, next.version());
            if (states.get(service.name()) instanceof ServiceState.Active(var shell)) {
                int before = shell.settings().version();
                roll(shell, settings, driver);
                keep(next, () -> takeBack(shell, old));
                forgetTemplate(old.name(), before);
            } else {
                ServiceShell shell = started(service, settings, driver);
                keep(next, shell::close);
                run(next, shell);
            }
            return view(next);
        });
    }

    /** Lets a service be as it is defined: creates it, replaces it, or leaves it alone when it runs with that definition. */
    public Declaration declare(ServiceDefinition service) throws RefusedException, ProgramFailedException {
        return names.locked(service.name(), () -> {
            Optional<ServiceRecord> known = store.service(service.name());
            if (known.isEmpty()) {
                return new Declaration(ServiceChange.CREATED, create(service));
            }
            return ServiceRecords.definition(known.get()).equals(service)
                            && states.get(service.name()) instanceof ServiceState.Active
                    ? new Declaration(ServiceChange.UNCHANGED, view(known.get()))
                    : new Declaration(ServiceChange.REPLACED, replace(service));
        });
    }

    /** Puts the definition that is kept in the place of one that could not be. */
    private void takeBack(ServiceShell shell, ServiceRecord old) throws RefusedException, ProgramFailedException {
        ServiceDefinition kept = ServiceRecords.definition(old);
        roll(shell, plans.settings(kept, old.version()), drivers.forServices(kept.isolation()));
    }

    private void roll(ServiceShell shell, ServiceSettings settings, MachineDriver driver)
            throws RefusedException, ProgramFailedException {
        if (!shell.settings().listen().equals(settings.listen())) {
            throw new RefusedException(
                    ErrorCode.SERVICE_INVALID,
                    "listen: a service that runs goes on listening on " + shell.address()
                            + "; to listen elsewhere, drain it before it is replaced, or delete and create it");
        }
        try {
            shell.replace(settings, driver);
        } catch (InitFailedException e) {
            throw new ProgramFailedException(e);
        } catch (MachineException e) {
            throw new RefusedException(ErrorCode.MACHINE_FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    private interface Change {
        void run() throws RefusedException, ProgramFailedException;
    }

    /** Makes durable what already runs; what cannot be kept is undone. */
    private void keep(ServiceRecord next, Change undo) throws RefusedException, ProgramFailedException {
        boolean kept = false;
        try {
            kept = Recorder.await(store.replaceService(next));
        } finally {
            if (!kept) {
                undo.run();
            }
        }
        if (!kept) {
            throw ServiceRecords.notFound(next.name());
        }
    }

    /** Lets a service that runs have that many machines from now on; durable. */
    public ServiceView scale(String name, int workers) throws RefusedException {
        return names.lockedPlainly(name, () -> {
            requireServing();
            ServiceRecord old = stored(name);
            if (!(states.get(name) instanceof ServiceState.Active(var shell))) {
                throw ServiceRecords.notRunning(name, states.get(name));
            }
            ServiceDefinition scaled = ServiceRecords.definition(old).withWorkers(workers);
            ServiceRecord next = ServiceRecords.next(old, scaled, place.clock().now());
            if (!Recorder.await(store.replaceService(next))) {
                throw ServiceRecords.notFound(name);
            }
            shell.scale(workers);
            return view(next);
        });
    }

    /** Takes no more connections, and returns when those there are have ended; what is left after the drain time is cut off. */
    public ServiceView drain(String name) throws RefusedException {
        ServiceShell shell = names.lockedPlainly(name, () -> {
            stored(name);
            if (!(states.get(name) instanceof ServiceState.Active(var running))) {
                throw ServiceRecords.notRunning(name, states.get(name));
            }
            states.put(name, new ServiceState.Draining(running));
            return running;
        });
        shell.drain(drainTimeout); // without the lock: who is impatient may delete it
        return names.lockedPlainly(name, () -> {
            states.computeIfPresent(
                    name,
                    (_, state) ->
                            state.equals(new ServiceState.Draining(shell)) ? new ServiceState.Drained(shell) : state);
            return view(stored(name));
        });
    }

    /** Removes a service; connections that it has are cut off. */
    public void delete(String name) throws RefusedException {
        names.lockedPlainly(name, () -> {
            ServiceRecord record = stored(name);
            Recorder.await(store.deleteService(record.id()));
            count.decrementAndGet();
            ServiceState state = states.remove(name);
            Optional<ServiceShell> shell = state == null ? Optional.empty() : state.known();
            shell.ifPresent(ServiceShell::close);
            forgetTemplate(name, shell.map(it -> it.settings().version()).orElse(record.version()));
            return name;
        });
    }

    public ServiceView get(String name) throws RefusedException {
        return view(stored(name));
    }

    /** One page, by name. */
    public List<ServiceView> list(ServiceFilter filter) {
        return store.services(filter).stream().map(this::view).toList();
    }

    /** The newest of what its program printed. */
    public byte[] output(String name) throws RefusedException {
        return text(name, ServiceShell::logs);
    }

    /** The connections that ended last, a line each. */
    public byte[] accessLog(String name) throws RefusedException {
        return text(name, ServiceShell::accessLog);
    }

    private byte[] text(String name, java.util.function.Function<ServiceShell, String> log) throws RefusedException {
        stored(name);
        ServiceState state = states.get(name);
        String text = state == null ? "" : state.known().map(log).orElse("");
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The machines of services that run. */
    public List<MachineView> machines() {
        List<MachineView> all = new ArrayList<>();
        states.values().forEach(state -> state.known().ifPresent(shell -> all.addAll(shell.machines())));
        return all;
    }

    private ServiceView view(ServiceRecord record) {
        return ServiceRecords.view(record, states.get(record.name()));
    }

    private ServiceRecord stored(String name) throws RefusedException {
        return store.service(name).orElseThrow(() -> ServiceRecords.notFound(name));
    }

    /** Listens for all services of the store again; their programs start with their first connections. */
    void resume() {
        @Nullable String after = null;
        List<ServiceRecord> page;
        do {
            page = store.services(new ServiceFilter(null, after, PAGE));
            for (ServiceRecord record : page) {
                count.incrementAndGet();
                resume(record);
                after = record.name();
            }
        } while (page.size() == PAGE);
    }

    private void resume(ServiceRecord record) {
        try {
            ServiceDefinition service = ServiceRecords.definition(record);
            MachineDriver driver = drivers.forServices(service.isolation());
            ServiceSettings settings = plans.settings(service, record.version());
            try {
                states.put(record.name(), new ServiceState.Active(ServiceShell.resume(settings, driver, place)));
            } catch (IOException e) {
                throw ServicePlans.cannotListen(service, e);
            }
        } catch (RefusedException | StoreException e) {
            LOG.log(System.Logger.Level.WARNING, "service " + record.name() + " is not started: " + e.getMessage());
            states.put(record.name(), new ServiceState.Failed(String.valueOf(e.getMessage())));
        }
    }

    /** Every service stops listening; connections go on until {@link #close}, and for the drain time at most. */
    void drain() {
        if (draining) {
            return;
        }
        draining = true;
        for (ServiceState state : states.values()) {
            state.known().ifPresent(this::end);
        }
    }

    private void end(ServiceShell shell) {
        ending.add(Thread.ofVirtual().name("drain service").start(() -> shell.drain(drainTimeout)));
    }

    /** Returns when nothing of any service is left. */
    void close() {
        drain();
        for (Thread each : ending) {
            try {
                each.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
