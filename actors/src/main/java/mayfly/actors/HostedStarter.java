package mayfly.actors;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import mayfly.base.RunnerId;
import mayfly.core.runnerpool.PoolError;
import mayfly.core.runnerpool.RunnerPoolEvent;
import org.jspecify.annotations.Nullable;

/**
 * Makes runners appear by starting their program; each connection is one such program. It is known by the token that it
 * was given when its runner connects; the runner of a program that shows none counts as that of the longest waiting.
 */
final class HostedStarter implements RunnerStarter {
    static final String POOL = "MAYFLY_RUNNER_POOL";
    static final String CONNECTION = "MAYFLY_RUNNER_CONNECTION";
    static final String TOKEN = "RIVET_TOKEN";
    private static final int TOKEN_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PoolName pool;
    private final String namespaceName;
    private final PoolConfig.Hosted config;
    private final ActorEngine engine;
    private final ProgramHost host;
    private final CompletableFuture<NodeAddress> address;
    private final ConcurrentHashMap<Long, Connection> open = new ConcurrentHashMap<>();

    /** A program of ours. Fields are set under its own lock. */
    private static final class Connection {
        final long number;
        final String token;
        ProgramHost.@Nullable Program program;

        @Nullable
        RunnerId runner;

        boolean stopping;

        Connection(long number, String token) {
            this.number = number;
            this.token = token;
        }

        synchronized void started(ProgramHost.Program it) {
            program = it;
            if (stopping) {
                it.stop();
            }
        }

        synchronized void stop() {
            stopping = true;
            if (program != null) {
                program.stop();
            }
        }

        synchronized boolean isUp() {
            return runner != null;
        }

        /** True the first time. */
        synchronized boolean appeared(RunnerId it) {
            boolean first = runner == null;
            runner = it;
            return first;
        }

        synchronized boolean has(RunnerId it) {
            return it.equals(runner);
        }
    }

    HostedStarter(
            PoolName pool,
            String namespaceName,
            PoolConfig.Hosted config,
            ActorEngine engine,
            ProgramHost host,
            CompletableFuture<NodeAddress> address) {
        this.pool = pool;
        this.namespaceName = namespaceName;
        this.config = config;
        this.engine = engine;
        this.host = host;
        this.address = address;
    }

    /** Programs that an earlier node started are connections still. */
    @Override
    public void resume(RunnerPoolShell shell) {
        for (ProgramHost.Program program : host.running()) {
            Map<String, String> env = program.env();
            if (!label().equals(env.get(POOL))) {
                continue;
            }
            Connection connection =
                    new Connection(Long.parseLong(env.getOrDefault(CONNECTION, "0")), env.getOrDefault(TOKEN, ""));
            open.put(connection.number, connection);
            shell.tell(new RunnerPoolEvent.ConnectionFound(
                    connection.number, Optional.empty(), millis(program.startedAt()), shell.now()));
            engine.executor().execute(() -> watch(connection, program, shell));
        }
    }

    private static long millis(Instant at) {
        return at.toEpochMilli();
    }

    @Override
    public void open(long number) {
        byte[] secret = new byte[TOKEN_BYTES];
        RANDOM.nextBytes(secret);
        Connection connection =
                new Connection(number, "hosted." + HexFormat.of().formatHex(secret));
        open.put(number, connection);
        RunnerPoolShell shell = engine.pools().shell(pool);
        engine.executor().execute(() -> start(connection, shell));
    }

    private void start(Connection connection, RunnerPoolShell shell) {
        ProgramHost.Program program;
        try {
            program = host.start(
                    "runner-" + pool.name(), config.command(), env(connection, address.join()), config.directory());
        } catch (ProgramHost.ProgramException e) {
            open.remove(connection.number);
            shell.tell(new RunnerPoolEvent.ConnectionFailed(
                    connection.number, new PoolError.ProgramFailed(String.valueOf(e.getMessage())), shell.now()));
            return;
        }
        watch(connection, program, shell);
    }

    private void watch(Connection connection, ProgramHost.Program program, RunnerPoolShell shell) {
        connection.started(program);
        String how;
        try {
            how = program.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return; // the node ends; the program goes on
        }
        open.remove(connection.number);
        shell.tell(
                connection.isUp() || connection.stopping
                        ? new RunnerPoolEvent.ConnectionEnded(connection.number, shell.now())
                        : new RunnerPoolEvent.ConnectionFailed(
                                connection.number, new PoolError.ProgramFailed(how), shell.now()));
    }

    private Map<String, String> env(Connection connection, NodeAddress node) {
        Map<String, String> env = new TreeMap<>(config.env().orElse(Map.of()));
        env.put("RIVET_ENDPOINT", node.url());
        env.put("RIVET_NAMESPACE", namespaceName);
        env.put("RIVET_RUNNER", pool.name());
        env.put("RIVET_TOTAL_SLOTS", Integer.toString(config.slotsPerRunner().orElse(PoolConfig.HOSTED_SLOTS)));
        env.put(TOKEN, connection.token);
        env.put(POOL, label());
        env.put(CONNECTION, Long.toString(connection.number));
        return env;
    }

    private String label() {
        return pool.namespace().value() + "/" + pool.name();
    }

    @Override
    public boolean admits(String token) {
        byte[] given = token.getBytes(StandardCharsets.UTF_8);
        return open.values().stream()
                .anyMatch(it -> MessageDigest.isEqual(it.token.getBytes(StandardCharsets.UTF_8), given));
    }

    @Override
    public void appeared(RunnerId runner, Optional<String> token) {
        if (open.values().stream().anyMatch(it -> it.has(runner))) {
            return; // it came back
        }
        Optional<Connection> own = token.flatMap(shown ->
                open.values().stream().filter(it -> it.token.equals(shown)).findFirst());
        own.or(() -> open.values().stream()
                        .filter(it -> !it.isUp())
                        .min(Comparator.comparingLong((Connection it) -> it.number)))
                .filter(it -> it.appeared(runner))
                .ifPresent(it -> {
                    RunnerPoolShell shell = engine.pools().shell(pool);
                    shell.tell(new RunnerPoolEvent.ConnectionUp(it.number, runner, shell.now()));
                });
    }

    @Override
    public void left(RunnerId runner) {
        open.values().stream().filter(it -> it.has(runner)).forEach(Connection::stop);
    }

    @Override
    public void end(long number, long graceMillis) {
        Connection connection = open.get(number);
        if (connection != null) {
            var _ = engine.timers().in(graceMillis, connection::stop);
        }
    }

    @Override
    public void close() {
        // what runs is ended by its pool, one by one
    }
}
