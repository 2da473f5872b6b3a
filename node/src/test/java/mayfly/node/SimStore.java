package mayfly.node;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;
import mayfly.store.ActorStore;
import mayfly.store.FunctionFilter;
import mayfly.store.FunctionRecord;
import mayfly.store.InvocationFilter;
import mayfly.store.InvocationRecord;
import mayfly.store.ServiceFilter;
import mayfly.store.ServiceRecord;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.TaskFilter;
import mayfly.store.TaskRecord;
import mayfly.store.VersionRecord;

/** A store in memory: writes are applied in their order, some time after they were handed in, or fail for a while. */
final class SimStore implements Store {
    private static final long WRITE_NANOS_MAX = 3_000_000;

    private final SimTime time;
    private final Random random;
    private final Map<String, FunctionRecord> functions = new TreeMap<>();
    private final Map<String, VersionRecord> versions = new HashMap<>();
    private final Map<String, byte[]> artifacts = new HashMap<>();
    private final Map<InvocationId, InvocationRecord> invocations =
            new TreeMap<>(Comparator.comparing(InvocationId::value));
    private long lastWriteNanos;
    boolean failing;
    boolean hasFailed;

    SimStore(SimTime time, Random random) {
        this.time = time;
        this.random = random;
    }

    private <T> CompletableFuture<T> write(Supplier<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        boolean fails = failing;
        lastWriteNanos = Math.max(lastWriteNanos, time.nanos() + random.nextLong(WRITE_NANOS_MAX));
        time.inNanos(
                lastWriteNanos - time.nanos(),
                () -> time.start(() -> {
                    if (fails) {
                        done.completeExceptionally(broken());
                        return;
                    }
                    T answer;
                    try {
                        answer = work.get();
                    } catch (StoreException e) {
                        done.completeExceptionally(e);
                        return;
                    }
                    done.complete(answer);
                }));
        return done;
    }

    private static StoreException broken() {
        return new StoreException(StoreException.Kind.FAILED, "simulated failure", null);
    }

    private <T> T read(Supplier<T> work) {
        if (failing) {
            throw broken();
        }
        return work.get();
    }

    Map<InvocationId, InvocationRecord> all() {
        return invocations;
    }

    List<String> storedArtifacts() {
        return List.copyOf(artifacts.keySet());
    }

    @Override
    public String engine() {
        return "simulated";
    }

    @Override
    public CompletableFuture<Void> putArtifact(String sha256, byte[] bytes) {
        return write(() -> {
            artifacts.putIfAbsent(sha256, bytes);
            return null;
        });
    }

    @Override
    public Optional<byte[]> artifact(String sha256) {
        return read(() -> Optional.ofNullable(artifacts.get(sha256)));
    }

    @Override
    public CompletableFuture<Integer> pruneArtifacts(int limit) {
        return write(() -> {
            int before = artifacts.size();
            artifacts
                    .keySet()
                    .removeIf(it -> functions.values().stream()
                            .map(f -> versions.get(f.id() + "/" + f.latest()).artifact())
                            .noneMatch(it::equals));
            return before - artifacts.size();
        });
    }

    private void requireArtifact(VersionRecord version) {
        if (!artifacts.containsKey(version.artifact())) {
            throw new AssertionError("a version was stored whose artifact had been removed");
        }
    }

    @Override
    public CompletableFuture<Boolean> createFunction(FunctionRecord function, VersionRecord version) {
        return write(() -> {
            if (functions.containsKey(function.name())) {
                return false;
            }
            requireArtifact(version);
            functions.put(function.name(), function);
            versions.put(function.id() + "/1", version);
            return true;
        });
    }

    @Override
    public CompletableFuture<Boolean> addVersion(VersionRecord version, Instant updatedAt) {
        return write(() -> {
            FunctionRecord old = byId(version.function());
            if (old == null || version.version() != old.latest() + 1) {
                return false;
            }
            requireArtifact(version);
            versions.put(version.function() + "/" + version.version(), version);
            functions.put(
                    old.name(),
                    new FunctionRecord(
                            old.id(),
                            old.name(),
                            version.runtime(),
                            version.tags(),
                            version.version(),
                            old.createdAt(),
                            updatedAt));
            return true;
        });
    }

    private FunctionRecord byId(FunctionId id) {
        return functions.values().stream()
                .filter(it -> it.id().equals(id))
                .findFirst()
                .orElse(null);
    }

    @Override
    public CompletableFuture<Boolean> deleteFunction(FunctionId id, Instant deletedAt) {
        return write(() -> functions.values().removeIf(it -> it.id().equals(id)));
    }

    @Override
    public Optional<FunctionRecord> function(String name) {
        return read(() -> Optional.ofNullable(functions.get(name)));
    }

    @Override
    public Optional<VersionRecord> version(FunctionId id, int version) {
        return read(() -> Optional.ofNullable(versions.get(id + "/" + version)));
    }

    @Override
    public List<FunctionRecord> functions(FunctionFilter filter) {
        return read(() -> List.copyOf(functions.values()));
    }

    @Override
    public CompletableFuture<Void> putInvocation(InvocationRecord invocation) {
        return write(() -> {
            InvocationRecord old = invocations.get(invocation.id());
            if (old == null || old.endedAt() == null || invocation.endedAt() != null) {
                invocations.put(invocation.id(), invocation);
            }
            return null;
        });
    }

    @Override
    public Optional<InvocationRecord> invocation(InvocationId id) {
        return read(() -> Optional.ofNullable(invocations.get(id)));
    }

    @Override
    public List<InvocationRecord> invocations(InvocationFilter filter) {
        return read(() -> new ArrayList<>(invocations.values()));
    }

    @Override
    public List<InvocationRecord> unfinishedAsync(int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Integer> pruneInvocations(Instant before, int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Void> putTask(TaskRecord task) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<TaskRecord> task(TaskId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<TaskRecord> tasks(TaskFilter filter) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Boolean> deleteTask(TaskId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ActorStore actors() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    @Override
    public CompletableFuture<Boolean> createService(ServiceRecord service) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Boolean> replaceService(ServiceRecord service) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Boolean> deleteService(ServiceId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<ServiceRecord> service(String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<ServiceRecord> services(ServiceFilter filter) {
        throw new UnsupportedOperationException();
    }
}
