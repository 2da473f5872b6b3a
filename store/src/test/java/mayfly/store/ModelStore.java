package mayfly.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Stream;
import mayfly.base.FunctionId;
import mayfly.base.InvocationId;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;
import mayfly.store.StoreException.Kind;

/** The contract in its plainest words: maps. What the engines are compared with. Not for several threads. */
final class ModelStore implements Store {
    private static final Set<String> UNFINISHED = Set.of("pending", "running");
    private static final Comparator<String> BY_CODE_POINT =
            Comparator.comparing(name -> name.codePoints().toArray(), java.util.Arrays::compare);

    private final Map<String, byte[]> artifacts = new HashMap<>();
    private final Map<String, FunctionRecord> living = new TreeMap<>(BY_CODE_POINT);
    private final Set<FunctionId> everMade = new HashSet<>();
    private final Map<String, VersionRecord> versions = new HashMap<>();
    private final TreeMap<InvocationId, InvocationRecord> invocations = new TreeMap<>();
    private final TreeMap<TaskId, TaskRecord> tasks = new TreeMap<>();
    private final ModelActors actors = new ModelActors();
    private final Map<String, ServiceRecord> services = new TreeMap<>(BY_CODE_POINT);

    private static <T> CompletableFuture<T> told(T answer) {
        return CompletableFuture.completedFuture(answer);
    }

    private static <T> CompletableFuture<T> failed(String why) {
        return CompletableFuture.failedFuture(new StoreException(Kind.FAILED, why));
    }

    private static String key(FunctionId id, int version) {
        return id + "/" + version;
    }

    @Override
    public String engine() {
        return "model";
    }

    @Override
    public CompletableFuture<Void> putArtifact(String sha256, byte[] bytes) {
        artifacts.putIfAbsent(sha256, bytes);
        return told(null);
    }

    @Override
    public CompletableFuture<Integer> pruneArtifacts(int limit) {
        int before = artifacts.size();
        artifacts
                .keySet()
                .removeIf(artifact -> before - artifacts.size() < limit
                        && living.values().stream()
                                .map(f -> versions.get(key(f.id(), f.latest())))
                                .noneMatch(version -> version.artifact().equals(artifact)));
        return told(before - artifacts.size());
    }

    @Override
    public Optional<byte[]> artifact(String sha256) {
        return Optional.ofNullable(artifacts.get(sha256));
    }

    @Override
    public CompletableFuture<Boolean> createFunction(FunctionRecord function, VersionRecord version) {
        if (living.containsKey(function.name()) || everMade.contains(function.id())) {
            return told(false);
        }
        if (!artifacts.containsKey(version.artifact())) {
            return failed("no such artifact");
        }
        everMade.add(function.id());
        living.put(function.name(), function);
        versions.put(key(function.id(), 1), version);
        return told(true);
    }

    private Optional<FunctionRecord> livingById(FunctionId id) {
        return living.values().stream().filter(f -> f.id().equals(id)).findFirst();
    }

    @Override
    public CompletableFuture<Boolean> addVersion(VersionRecord version, Instant updatedAt) {
        FunctionRecord old = livingById(version.function()).orElse(null);
        if (old == null || version.version() != old.latest() + 1) {
            return told(false);
        }
        if (!artifacts.containsKey(version.artifact())) {
            return failed("no such artifact");
        }
        versions.put(key(version.function(), version.version()), version);
        living.put(
                old.name(),
                new FunctionRecord(
                        old.id(),
                        old.name(),
                        version.runtime(),
                        version.tags(),
                        version.version(),
                        old.createdAt(),
                        updatedAt));
        return told(true);
    }

    @Override
    public CompletableFuture<Boolean> deleteFunction(FunctionId id, Instant deletedAt) {
        Optional<FunctionRecord> old = livingById(id);
        old.ifPresent(f -> living.remove(f.name()));
        return told(old.isPresent());
    }

    @Override
    public Optional<FunctionRecord> function(String name) {
        return Optional.ofNullable(living.get(name));
    }

    @Override
    public Optional<VersionRecord> version(FunctionId id, int version) {
        return Optional.ofNullable(versions.get(key(id, version)));
    }

    @Override
    public List<FunctionRecord> functions(FunctionFilter filter) {
        return living.values().stream()
                .filter(f -> filter.namePrefix() == null || f.name().startsWith(filter.namePrefix()))
                .filter(f -> filter.runtime() == null || f.runtime().equals(filter.runtime()))
                .filter(f -> filter.tag() == null || f.tags().contains(filter.tag()))
                .filter(f -> filter.after() == null || BY_CODE_POINT.compare(f.name(), filter.after()) > 0)
                .limit(filter.limit())
                .toList();
    }

    @Override
    public CompletableFuture<Void> putInvocation(InvocationRecord invocation) {
        InvocationRecord old = invocations.get(invocation.id());
        if (old == null || UNFINISHED.contains(old.status()) || !UNFINISHED.contains(invocation.status())) {
            invocations.put(invocation.id(), invocation);
        }
        return told(null);
    }

    @Override
    public Optional<InvocationRecord> invocation(InvocationId id) {
        return Optional.ofNullable(invocations.get(id));
    }

    private static InvocationRecord narrow(InvocationRecord r) {
        return new InvocationRecord(
                r.id(),
                r.function(),
                r.functionName(),
                r.version(),
                r.mode(),
                r.status(),
                null,
                r.payloadJson(),
                null,
                r.resultJson(),
                r.error(),
                r.start(),
                r.machine(),
                r.queuedAt(),
                r.startedAt(),
                r.endedAt(),
                r.durationMicros(),
                null,
                r.attempts());
    }

    @Override
    public List<InvocationRecord> invocations(InvocationFilter filter) {
        return invocations.descendingMap().values().stream()
                .filter(r -> filter.functionName() == null || r.functionName().equals(filter.functionName()))
                .filter(r -> filter.status() == null || r.status().equals(filter.status()))
                .filter(r -> filter.before() == null || r.id().compareTo(filter.before()) < 0)
                .limit(filter.limit())
                .map(ModelStore::narrow)
                .toList();
    }

    @Override
    public List<InvocationRecord> unfinishedAsync(int limit) {
        return invocations.values().stream()
                .filter(r -> r.mode().equals("async") && UNFINISHED.contains(r.status()))
                .sorted(Comparator.comparing(InvocationRecord::queuedAt).thenComparing(InvocationRecord::id))
                .limit(limit)
                .toList();
    }

    @Override
    public CompletableFuture<Integer> pruneInvocations(Instant before, int limit) {
        List<InvocationRecord> old = invocations.values().stream()
                .filter(r -> r.queuedAt().isBefore(before) && !UNFINISHED.contains(r.status()))
                .sorted(Comparator.comparing(InvocationRecord::queuedAt))
                .limit(limit)
                .toList();
        old.forEach(r -> invocations.remove(r.id()));
        return told(old.size());
    }

    @Override
    public CompletableFuture<Void> putTask(TaskRecord task) {
        TaskRecord old = tasks.get(task.id());
        if (old == null || task.version() >= old.version()) {
            tasks.put(task.id(), task);
        }
        return told(null);
    }

    @Override
    public Optional<TaskRecord> task(TaskId id) {
        return Optional.ofNullable(tasks.get(id));
    }

    @Override
    public List<TaskRecord> tasks(TaskFilter filter) {
        List<Predicate<TaskRecord>> all = new ArrayList<>();
        all.add(r -> filter.name() == null || r.name().equals(filter.name()));
        all.add(r -> filter.status() == null || r.status().equals(filter.status()));
        all.add(r -> !filter.unfinished() || UNFINISHED.contains(r.status()));
        all.add(r -> filter.before() == null || r.id().compareTo(filter.before()) < 0);
        Stream<TaskRecord> found = tasks.descendingMap().values().stream();
        for (Predicate<TaskRecord> condition : all) {
            found = found.filter(condition);
        }
        return found.limit(filter.limit()).toList();
    }

    @Override
    public CompletableFuture<Boolean> deleteTask(TaskId id) {
        return told(tasks.remove(id) != null);
    }

    private Optional<ServiceRecord> serviceById(ServiceId id) {
        return services.values().stream().filter(it -> it.id().equals(id)).findFirst();
    }

    @Override
    public CompletableFuture<Boolean> createService(ServiceRecord service) {
        boolean free = !services.containsKey(service.name())
                && serviceById(service.id()).isEmpty();
        if (free) {
            services.put(service.name(), service);
        }
        return told(free);
    }

    @Override
    public CompletableFuture<Boolean> replaceService(ServiceRecord service) {
        ServiceRecord old = serviceById(service.id()).orElse(null);
        boolean next = old != null && old.name().equals(service.name()) && service.version() == old.version() + 1;
        if (next) {
            services.put(
                    old.name(),
                    new ServiceRecord(
                            old.id(),
                            old.name(),
                            service.version(),
                            service.definition(),
                            old.createdAt(),
                            service.updatedAt()));
        }
        return told(next);
    }

    @Override
    public CompletableFuture<Boolean> deleteService(ServiceId id) {
        Optional<ServiceRecord> old = serviceById(id);
        old.ifPresent(it -> services.remove(it.name()));
        return told(old.isPresent());
    }

    @Override
    public Optional<ServiceRecord> service(String name) {
        return Optional.ofNullable(services.get(name));
    }

    @Override
    public List<ServiceRecord> services(ServiceFilter filter) {
        return services.values().stream()
                .filter(it -> filter.namePrefix() == null || it.name().startsWith(filter.namePrefix()))
                .filter(it -> filter.after() == null || BY_CODE_POINT.compare(it.name(), filter.after()) > 0)
                .limit(filter.limit())
                .toList();
    }

    @Override
    public ActorStore actors() {
        return actors;
    }

    @Override
    public void close() {}
}
