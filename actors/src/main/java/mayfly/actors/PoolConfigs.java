package mayfly.actors;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.base.Limits;
import mayfly.core.runnerpool.PoolError;
import mayfly.core.runnerpool.RunnerPoolSpec;
import mayfly.store.ActorStore;
import mayfly.store.NamespaceRecord;
import mayfly.store.PoolConfigRecord;
import org.jspecify.annotations.Nullable;

/** The runner pools of all namespaces: their definitions, which are durable, and their shells, made when first needed. */
public final class PoolConfigs {
    private static final int PAGE = 500;

    private final ConcurrentHashMap<PoolName, RunnerPoolShell> shells = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<PoolName, PoolConfig> configs = new ConcurrentHashMap<>();
    private final ActorEngine engine;
    private final ActorStore store;
    private final RandomGenerator random;

    PoolConfigs(ActorEngine engine, ActorStore store, RandomGenerator random) {
        this.engine = engine;
        this.store = store;
        this.random = random;
    }

    /** A pool with its definition, and why it gets no runners. */
    public record Pool(String name, PoolConfig config, Optional<PoolError> error) {}

    /** The definition of a pool, unless nobody has defined it and no runner has come. */
    public Optional<Pool> get(NamespaceRecord namespace, String name) {
        PoolName key = new PoolName(namespace.id(), name);
        return Optional.ofNullable(configs.get(key)).map(config -> pool(key, config));
    }

    /**
     * By name ascending.
     *
     * @param after names strictly above this one; null from the start
     */
    public List<Pool> list(NamespaceRecord namespace, @Nullable String after, int limit) {
        return configs.entrySet().stream()
                .filter(it -> it.getKey().namespace().equals(namespace.id()))
                .filter(it -> after == null || it.getKey().name().compareTo(after) > 0)
                .sorted((a, b) -> a.getKey().name().compareTo(b.getKey().name()))
                .limit(limit)
                .map(it -> pool(it.getKey(), it.getValue()))
                .toList();
    }

    private Pool pool(PoolName key, PoolConfig config) {
        RunnerPoolShell shell = shells.get(key);
        return new Pool(key.name(), config, shell == null ? Optional.empty() : shell.error());
    }

    /** True when it is other than before; then the runners of before are drained. May block. */
    public boolean put(NamespaceRecord namespace, String name, PoolConfig config) throws ActorException {
        check(name, config);
        PoolName key = new PoolName(namespace.id(), name);
        synchronized (lockOf(key)) {
            PoolConfig last = configs.get(key);
            if (config.equals(last)) {
                return false;
            }
            write(key, config);
            configs.put(key, config);
            shell(key).configure(spec(config), starter(key, config), last != null && isOther(last, config));
            return true;
        }
    }

    /** Whether connections made under one are of no use under the other. */
    private static boolean isOther(PoolConfig last, PoolConfig next) {
        boolean sameEndpoint = last.serverless()
                        .map(PoolConfig.Serverless::url)
                        .equals(next.serverless().map(PoolConfig.Serverless::url))
                && last.serverless()
                        .flatMap(PoolConfig.Serverless::headers)
                        .equals(next.serverless().flatMap(PoolConfig.Serverless::headers));
        boolean sameProgram = last.hosted()
                        .map(PoolConfig.Hosted::command)
                        .equals(next.hosted().map(PoolConfig.Hosted::command))
                && last.hosted()
                        .flatMap(PoolConfig.Hosted::env)
                        .equals(next.hosted().flatMap(PoolConfig.Hosted::env))
                && last.hosted()
                        .flatMap(PoolConfig.Hosted::directory)
                        .equals(next.hosted().flatMap(PoolConfig.Hosted::directory));
        return !sameEndpoint || !sameProgram;
    }

    /** False when there is none. Its runners are drained. May block. */
    public boolean delete(NamespaceRecord namespace, String name) throws ActorException {
        PoolName key = new PoolName(namespace.id(), name);
        synchronized (lockOf(key)) {
            if (!configs.containsKey(key)) {
                return false;
            }
            Durably.write(store.deletePoolConfig(key.namespace(), key.name()));
            configs.remove(key);
            RunnerPoolShell shell = shells.get(key);
            if (shell != null) {
                shell.configure(spec(PoolConfig.NORMAL), RunnerStarter.NONE, true);
            }
            return true;
        }
    }

    /** A runner of this name has come: without a definition the pool is a normal one from now on. May block. */
    RunnerPoolShell ensure(PoolName key) throws ActorException {
        if (!configs.containsKey(key)) {
            synchronized (lockOf(key)) {
                if (!configs.containsKey(key)) {
                    write(key, PoolConfig.NORMAL);
                    configs.put(key, PoolConfig.NORMAL);
                }
            }
        }
        return shell(key);
    }

    boolean isDefined(PoolName key) {
        return configs.containsKey(key);
    }

    RunnerPoolShell shell(PoolName key) {
        return shells.computeIfAbsent(key, name -> new RunnerPoolShell(name, spec(PoolConfig.NORMAL), engine, random));
    }

    /** The connections of the pool are of no use any more, for what they reach was upgraded. */
    void renew(PoolName key) {
        PoolConfig config = configs.get(key);
        if (config != null && config.drainOnVersionUpgrade().orElse(true)) {
            shell(key).renew(spec(config));
        }
    }

    boolean admits(String token) {
        return shells.values().stream().anyMatch(it -> it.admits(token));
    }

    /** Looks at a serverless pool's endpoint now. False when it is none. */
    public boolean refresh(NamespaceRecord namespace, String name) {
        return configs.containsKey(new PoolName(namespace.id(), name))
                && shell(new PoolName(namespace.id(), name)).refresh();
    }

    /** Reads the definitions, and starts what they ask for. */
    void resume(NamespaceRecord namespace) {
        String after = null;
        while (true) {
            List<PoolConfigRecord> page = store.poolConfigs(namespace.id(), after, PAGE);
            page.forEach(this::resume);
            if (page.size() < PAGE) {
                return;
            }
            after = page.getLast().name();
        }
    }

    private void resume(PoolConfigRecord record) {
        PoolName key = new PoolName(record.namespace(), record.name());
        try {
            PoolConfig config = Json.readAnswer(record.definition().getBytes(StandardCharsets.UTF_8), PoolConfig.class);
            configs.put(key, config);
            RunnerPoolShell shell =
                    shells.computeIfAbsent(key, name -> new RunnerPoolShell(name, spec(config), engine, random));
            shell.resume(spec(config), starter(key, config));
        } catch (InvalidException e) {
            engine.log("the definition of pool " + record.name() + " cannot be read", e);
        }
    }

    private RunnerPoolSpec spec(PoolConfig config) {
        return config.spec(engine.times().drainGrace().toMillis());
    }

    private RunnerStarter starter(PoolName key, PoolConfig config) {
        return engine.starter(key, config);
    }

    private void write(PoolName key, PoolConfig config) throws ActorException {
        long revision = store.poolConfig(key.namespace(), key.name())
                .map(PoolConfigRecord::revision)
                .orElse(0L);
        String definition = new String(Json.write(config), StandardCharsets.UTF_8);
        PoolConfigRecord record = new PoolConfigRecord(
                key.namespace(),
                key.name(),
                definition,
                revision + 1,
                engine.clock().now());
        Durably.write(store.putPoolConfig(record));
    }

    private Object lockOf(PoolName key) {
        return shell(key); // one per pool, never forgotten, and locked by nobody else
    }

    /** Refuses what cannot be, all of it at once. */
    public static void check(String name, PoolConfig config) throws ActorException {
        List<String> problems = new ArrayList<>();
        if (name.isEmpty() || name.length() > Limits.RUNNER_NAME_CHARS_MAX) {
            problems.add("the name of a pool has 1 to " + Limits.RUNNER_NAME_CHARS_MAX + " characters");
        }
        long kinds = Stream.of(config.normal(), config.serverless(), config.hosted())
                .filter(Optional::isPresent)
                .count();
        if (kinds != 1) {
            problems.add("exactly one of normal, serverless and hosted");
        }
        config.serverless().ifPresent(it -> PoolChecks.serverless(it, problems));
        config.hosted().ifPresent(it -> PoolChecks.hosted(it, problems));
        if (!problems.isEmpty()) {
            throw new ActorException(ActorError.RUNNER_CONFIG_INVALID, String.join("; ", problems));
        }
    }

    void close() {
        shells.values().forEach(RunnerPoolShell::close);
    }
}
