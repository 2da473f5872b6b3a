package mayfly.node;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
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

/** The tasks' part of a store in memory: what is in it survives the node; writes can be slow, fail, or kill the node. */
final class SimTaskStore implements Store {
    final Map<String, TaskRecord> records = new TreeMap<>();
    private final TaskWorld world;

    SimTaskStore(TaskWorld world) {
        this.world = world;
    }

    @Override
    public CompletableFuture<Void> putTask(TaskRecord task) {
        world.writes(task.id().value());
        return world.writing(task.id().value(), () -> {
            TaskRecord old = records.get(task.id().value());
            if (old == null || task.version() >= old.version()) {
                records.put(task.id().value(), task);
                world.referee.written(old, task);
            }
        });
    }

    @Override
    public CompletableFuture<Boolean> deleteTask(TaskId id) {
        boolean[] there = {false};
        return world.deleting(id.value(), () -> there[0] = records.remove(id.value()) != null)
                .thenApply(_ -> there[0]);
    }

    @Override
    public Optional<TaskRecord> task(TaskId id) {
        world.alive();
        return Optional.ofNullable(records.get(id.value()));
    }

    @Override
    public List<TaskRecord> tasks(TaskFilter filter) {
        world.alive();
        return records.values().stream()
                .filter(it -> !filter.unfinished() || it.endedAt() == null)
                .filter(it -> filter.before() == null
                        || it.id().value().compareTo(filter.before().value()) < 0)
                .sorted(Comparator.comparing((TaskRecord it) -> it.id().value()).reversed())
                .limit(filter.limit())
                .toList();
    }

    @Override
    public String engine() {
        return "simulated";
    }

    @Override
    public ActorStore actors() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    // What tasks do not use ----------------------------------------------------------------------------------------

    private static StoreException unused() {
        return new StoreException(StoreException.Kind.FAILED, "tasks only");
    }

    @Override
    public CompletableFuture<Void> putArtifact(String sha256, byte[] bytes) {
        throw unused();
    }

    @Override
    public Optional<byte[]> artifact(String sha256) {
        throw unused();
    }

    @Override
    public CompletableFuture<Boolean> createFunction(FunctionRecord function, VersionRecord version) {
        throw unused();
    }

    @Override
    public CompletableFuture<Boolean> addVersion(VersionRecord version, Instant updatedAt) {
        throw unused();
    }

    @Override
    public CompletableFuture<Boolean> deleteFunction(FunctionId id, Instant deletedAt) {
        throw unused();
    }

    @Override
    public Optional<FunctionRecord> function(String name) {
        throw unused();
    }

    @Override
    public Optional<VersionRecord> version(FunctionId id, int version) {
        throw unused();
    }

    @Override
    public List<FunctionRecord> functions(FunctionFilter filter) {
        throw unused();
    }

    @Override
    public CompletableFuture<Void> putInvocation(InvocationRecord invocation) {
        throw unused();
    }

    @Override
    public Optional<InvocationRecord> invocation(InvocationId id) {
        throw unused();
    }

    @Override
    public List<InvocationRecord> invocations(InvocationFilter filter) {
        throw unused();
    }

    @Override
    public List<InvocationRecord> unfinishedAsync(int limit) {
        throw unused();
    }

    @Override
    public CompletableFuture<Integer> pruneInvocations(Instant before, int limit) {
        throw unused();
    }

    @Override
    public CompletableFuture<Integer> pruneArtifacts(int limit) {
        throw unused();
    }

    @Override
    public CompletableFuture<Boolean> createService(ServiceRecord service) {
        throw unused();
    }

    @Override
    public CompletableFuture<Boolean> replaceService(ServiceRecord service) {
        throw unused();
    }

    @Override
    public CompletableFuture<Boolean> deleteService(ServiceId id) {
        throw unused();
    }

    @Override
    public Optional<ServiceRecord> service(String name) {
        throw unused();
    }

    @Override
    public List<ServiceRecord> services(ServiceFilter filter) {
        throw unused();
    }
}
