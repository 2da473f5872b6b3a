package mayfly.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import mayfly.api.FunctionSpec;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.machine.GuestError;
import mayfly.store.FunctionFilter;
import mayfly.store.FunctionRecord;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.VersionRecord;
import org.jspecify.annotations.Nullable;

/**
 * Deploys functions and finds them again. A deployment is tried before it is stored: its code is loaded in a machine,
 * so what is answered with 201 has started once. The truth is in the store; what was used lately is kept here with its
 * pool.
 */
public final class Functions {
    private static final System.Logger LOG = System.getLogger("mayfly.node");
    private final Store store;
    private final VersionShelf versions;
    private final CodeCache code;
    private final Clock clock;
    private final Ids ids;
    private final PoolMaker pools;
    private final Map<String, Deployed> loaded = new ConcurrentHashMap<>();
    // each guards deploying, loading and deleting the names that hash to it; never two at once
    private final ReentrantLock[] names =
            Stream.generate(ReentrantLock::new).limit(1024).toArray(ReentrantLock[]::new);
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean draining;
    private volatile boolean closing;

    Functions(Store store, CodeCache code, PoolMaker pools, Clock clock, Ids ids) {
        this.store = store;
        this.versions = new VersionShelf(store);
        this.code = code;
        this.clock = clock;
        this.ids = ids;
        this.pools = pools;
    }

    /** A deployment that was refused because the user's code could not be loaded. */
    public static final class CodeFailedException extends Exception {
        private final transient GuestError error;

        CodeFailedException(GuestError error) {
            super(error.type() + ": " + error.message());
            this.error = error;
        }

        public GuestError error() {
            return error;
        }
    }

    /** The archive that inline source stands for. */
    public static byte[] archiveOf(FunctionSpec function, String source) {
        return SourceArchive.of(function.sourceFile(), source);
    }

    /**
     * Creates a function with version 1.
     *
     * @throws RefusedException FUNCTION_EXISTS, FUNCTION_INVALID, ISOLATION_UNAVAILABLE, MACHINE_FAILED, LIMIT_REACHED
     *     or a failure of the store
     * @throws CodeFailedException its code could not be loaded
     */
    public FunctionView create(FunctionSpec function, byte[] archive) throws RefusedException, CodeFailedException {
        return locked(function.name(), () -> {
            if (find(function.name()).isPresent()) {
                throw new RefusedException(
                        ErrorCode.FUNCTION_EXISTS,
                        "a function named '" + function.name() + "' exists; PUT makes a new version of it");
            }
            if (count.get() >= Limits.FUNCTIONS_MAX) {
                throw new RefusedException(
                        ErrorCode.LIMIT_REACHED,
                        "this node holds " + Limits.FUNCTIONS_MAX + " functions; delete one first");
            }
            Instant now = clock.now();
            return deploy(new Draft(ids.function(), 1, function, now, now, true), archive, null);
        });
    }

    /** Makes the next version of a function and moves calls to it; refused like {@link #create}, FUNCTION_NOT_FOUND. */
    public FunctionView update(FunctionSpec function, byte[] archive) throws RefusedException, CodeFailedException {
        return locked(function.name(), () -> {
            FunctionRecord old = stored(function.name());
            Deployed before = loaded.get(function.name());
            Draft draft = new Draft(old.id(), old.latest() + 1, function, old.createdAt(), clock.now(), false);
            FunctionView view = deploy(draft, archive, before);
            retire(before);
            pruneLater();
            return view;
        });
    }

    /** Removes a function; calls in flight end, new ones are refused. */
    public void delete(String name) throws RefusedException {
        try {
            locked(name, () -> {
                FunctionRecord old = stored(name);
                Optional<VersionRecord> version = store.version(old.id(), old.latest());
                Recorder.await(store.deleteFunction(old.id(), clock.now()));
                count.decrementAndGet();
                Deployed used = loaded.remove(name);
                if (used == null) {
                    pools.forget(name, old.latest());
                }
                retire(used);
                version.ifPresent(it -> code.removeUnused(it.artifact()));
                pruneLater();
                return name;
            });
        } catch (CodeFailedException e) {
            throw new AssertionError("deleting loads no code", e);
        }
    }

    /** Lets a version's calls end, then its machines, then its code. */
    private void retire(@Nullable Deployed old) {
        if (old != null) {
            var _ = old.pool().drain().thenRun(() -> {
                code.release(old.artifact());
                pools.forget(old.spec().name(), old.version());
            });
        }
    }

    private void pruneLater() {
        var _ = Thread.ofVirtual().name("prune artifacts").start(this::pruneArtifacts);
    }

    /** Removes stored code that no function needs any more. */
    void pruneArtifacts() {
        versions.prune(() -> draining);
    }

    public FunctionView get(String name) throws RefusedException {
        return view(stored(name));
    }

    /** One page, by name. */
    public List<FunctionView> list(FunctionFilter filter) {
        return store.functions(filter).stream().map(this::view).toList();
    }

    /** Tells of a function without loading it: one that cannot be loaded can be listed and deleted. */
    private FunctionView view(FunctionRecord record) {
        Deployed known = loaded.get(record.name());
        if (known != null && known.id().equals(record.id())) {
            return known.view();
        }
        VersionRecord version = versions.latest(record);
        return new FunctionView(
                record.id(),
                VersionShelf.specOf(version),
                record.latest(),
                version.artifact(),
                record.createdAt(),
                record.updatedAt(),
                Optional.empty());
    }

    private FunctionRecord stored(String name) throws RefusedException {
        return store.function(name).orElseThrow(() -> notFound(name));
    }

    /** The machines of the functions in use. */
    public List<MachineView> machines() {
        return loaded.values().stream().flatMap(it -> it.machines().stream()).toList();
    }

    /** The latest version, or a refusal. */
    Deployed require(String name) throws RefusedException {
        return find(name).orElseThrow(() -> notFound(name));
    }

    private static RefusedException notFound(String name) {
        return new RefusedException(
                ErrorCode.FUNCTION_NOT_FOUND,
                "no function is named '" + name + "'; `mayfly ls functions` shows those there are");
    }

    private Optional<Deployed> find(String name) {
        Deployed known = loaded.get(name);
        if (known != null || store.function(name).isEmpty()) {
            return Optional.ofNullable(known); // looking for a name that does not exist takes no lock
        }
        ReentrantLock lock = lockOf(name);
        lock.lock();
        try {
            return Optional.ofNullable(loaded.get(name)).or(() -> load(name));
        } finally {
            lock.unlock();
        }
    }

    private Optional<Deployed> load(String name) {
        Optional<FunctionRecord> function = store.function(name);
        if (function.isEmpty()) {
            return Optional.empty();
        }
        FunctionRecord record = function.get();
        VersionRecord version = versions.latest(record);
        try {
            Draft draft = new Draft(
                    record.id(),
                    record.latest(),
                    VersionShelf.specOf(version),
                    record.createdAt(),
                    record.updatedAt(),
                    false);
            Deployed deployed = prepare(draft, version.artifact(), () -> versions.archive(version.artifact()), null);
            loaded.put(name, deployed);
            if (closing) {
                retire(deployed); // too late for close to see it
            }
            return Optional.of(deployed);
        } catch (RefusedException | IOException e) {
            throw VersionShelf.damaged(name, e);
        }
    }

    /** Starts the pools of functions that want machines ready before anybody calls; in the background, after start. */
    void startWarm() {
        Set<String> used = new HashSet<>();
        String after = null;
        List<FunctionRecord> page;
        do {
            page = store.functions(new FunctionFilter(null, null, null, after, 100));
            for (FunctionRecord function : page) {
                count.incrementAndGet();
                VersionRecord version = versions.latest(function);
                used.add(version.artifact());
                if (VersionShelf.specOf(version).minWarm() > 0) {
                    startWarm(function.name());
                }
                after = function.name();
            }
        } while (page.size() == 100 && !draining);
        if (!draining) {
            code.sweep(used);
            pruneArtifacts();
        }
    }

    private void startWarm(String name) {
        try {
            find(name).ifPresent(it -> it.pool().start());
        } catch (StoreException e) {
            System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, "no machine is kept ready", e);
        }
    }

    private FunctionView deploy(Draft draft, byte[] archive, @Nullable Deployed before)
            throws RefusedException, CodeFailedException {
        if (draining) {
            throw new RefusedException(ErrorCode.NODE_DRAINING, "the node is stopping");
        }
        pools.requireRuntime(draft.spec());
        String artifact = CodeCache.sha256(archive);
        Deployed deployed;
        try {
            deployed = prepare(draft, artifact, () -> archive, before);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "code could not be unpacked", e);
            throw new RefusedException(
                    ErrorCode.STORE_FULL, "there is no room for the code in the node's data directory", e);
        }
        boolean kept = false;
        try {
            tryCode(deployed);
            versions.put(draft, deployed.artifact(), archive);
            loaded.put(draft.spec().name(), deployed);
            kept = !closing;
            count.addAndGet(draft.first() ? 1 : 0);
        } finally {
            if (!kept) {
                retire(deployed);
            }
        }
        deployed.pool().start();
        return deployed.view();
    }

    private static void tryCode(Deployed deployed) throws RefusedException, CodeFailedException {
        switch (deployed.pool().tryBoot()) {
            case PoolShell.Boot.Ready _ -> {}
            case PoolShell.Boot.CodeFailed(var error) -> throw new CodeFailedException(error);
            case PoolShell.Boot.HostFailed(var reason) -> throw new RefusedException(ErrorCode.MACHINE_FAILED, reason);
        }
    }

    /** @param before the version it replaces, if that is in use: they share the limit of calls at once */
    private Deployed prepare(Draft draft, String artifact, CodeCache.Source source, @Nullable Deployed before)
            throws RefusedException, IOException {
        Path directory = code.acquire(artifact, source);
        try {
            AtomicInteger running = before == null ? new AtomicInteger() : before.running();
            return pools.prepare(draft, artifact, directory, running);
        } catch (RefusedException e) {
            code.release(artifact);
            throw e;
        }
    }

    /** Refuses deployments from now on. */
    void drain() {
        draining = true;
    }

    /** Ends every pool; returns when no machine is left or the time is up. */
    void close(Duration limit) {
        draining = true;
        closing = true;
        CompletableFuture<?>[] all =
                loaded.values().stream().map(it -> it.pool().drain()).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(all).get(limit.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException e) {
            System.getLogger("mayfly.node")
                    .log(
                            System.Logger.Level.WARNING,
                            "machines were still busy after " + limit + "; they are killed",
                            e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Deployment<T> {
        T run() throws RefusedException, CodeFailedException;
    }

    private <T> T locked(String name, Deployment<T> deployment) throws RefusedException, CodeFailedException {
        ReentrantLock lock = lockOf(name);
        lock.lock();
        try {
            return deployment.run();
        } catch (StoreException e) {
            throw StoreRefusal.of(e);
        } finally {
            lock.unlock();
        }
    }

    private ReentrantLock lockOf(String name) {
        return names[Math.floorMod(name.hashCode(), names.length)];
    }
}
