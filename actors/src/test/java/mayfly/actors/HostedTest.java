package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.core.actor.Actor;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.runnerpool.PoolError;
import mayfly.store.NamespaceRecord;
import mayfly.store.Store;
import mayfly.store.Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pools whose runners this node starts; their programs are threads here, and real ones in {@code checks}. */
class HostedTest {
    @TempDir
    Path data;

    private Store store;
    private ActorEngine engine;
    private final Host host = new Host();

    /** Runs a scripted runner for each program. */
    private final class Host implements ProgramHost {
        final ConcurrentLinkedQueue<Running> programs = new ConcurrentLinkedQueue<>();
        volatile boolean broken;
        volatile boolean connects = true;

        @Override
        public Program start(String name, List<String> command, Map<String, String> env, Optional<String> directory)
                throws ProgramException {
            if (broken) {
                throw new ProgramException("no such file: " + command.getFirst(), null);
            }
            Running program = new Running(env);
            programs.add(program);
            if (connects) {
                program.connect(engine);
            }
            return program;
        }

        @Override
        public List<Program> running() {
            return programs.stream()
                    .filter(it -> !it.ended.isDone())
                    .map(Program.class::cast)
                    .toList();
        }
    }

    private static final class Running implements ProgramHost.Program {
        final Map<String, String> env;
        final CompletableFuture<String> ended = new CompletableFuture<>();
        final Instant startedAt = Instant.now();
        ScriptedRunner runner;
        volatile boolean stopped;

        Running(Map<String, String> env) {
            this.env = env;
        }

        void connect(ActorEngine to) {
            runner = new ScriptedRunner(to, env.get("RIVET_RUNNER"), env.get("RIVET_TOKEN"), 1, 2);
            runner.token = Optional.of(env.get("RIVET_TOKEN"));
            try {
                runner.connect();
            } catch (ActorException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public Map<String, String> env() {
            return env;
        }

        @Override
        public Instant startedAt() {
            return startedAt;
        }

        @Override
        public String awaitEnd() throws InterruptedException {
            try {
                return ended.get();
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void stop() {
            stopped = true;
            ended.complete("killed");
        }
    }

    @BeforeEach
    void start() {
        store = Stores.embedded(data);
        engine = ActorEngine.start(store.actors(), Clock.system(), Ids.system(), EngineTimes.DEFAULT, host);
        engine.reachableAt(new NodeAddress("http://127.0.0.1:7070", Optional.of("the node's own")));
    }

    @AfterEach
    void stop() {
        engine.close();
        store.close();
    }

    private NamespaceRecord namespace() {
        return engine.namespaces().find(Namespaces.DEFAULT).orElseThrow();
    }

    private void putPool(int idleSeconds) throws ActorException {
        putPool("hosted", idleSeconds);
    }

    private void putPool(String pool, int idleSeconds) throws ActorException {
        engine.pools()
                .put(
                        namespace(),
                        pool,
                        new PoolConfig(
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(new PoolConfig.Hosted(
                                        List.of("node", "server.mjs"),
                                        Optional.of(Map.of("OWN", "1")),
                                        Optional.empty(),
                                        Optional.of(2),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.of(1),
                                        Optional.of(idleSeconds))),
                                Optional.empty(),
                                Optional.empty()));
    }

    private ActorId created(String key) throws ActorException {
        return created(key, "hosted");
    }

    private ActorId created(String key, String pool) throws ActorException {
        return engine.catalog()
                .create(new ActorRequest(
                        namespace(), "counter", Optional.of(key), pool, CrashPolicy.SLEEP, Optional.empty()))
                .id();
    }

    private void awaitRunning(ActorId id) {
        await().until(() -> engine.catalog().get(id).orElseThrow().state() instanceof Actor.Running);
    }

    @Test
    void aProgramIsStartedForItsActorsAndStoppedWhenTheySleep() throws ActorException {
        putPool(0);
        assertThat(host.programs).isEmpty();
        ActorId id = created("a");
        awaitRunning(id);
        Running program = host.programs.peek();
        assertThat(program.env())
                .containsEntry("OWN", "1")
                .containsEntry("RIVET_ENDPOINT", "http://127.0.0.1:7070/")
                .containsEntry("RIVET_NAMESPACE", "default")
                .containsEntry("RIVET_TOTAL_SLOTS", "2");
        String token = program.env().get("RIVET_TOKEN");
        assertThat(token).isNotEqualTo("the node's own");
        assertThat(engine.admits(token)).isTrue();
        assertThat(engine.admits(token + "x")).isFalse();
        program.runner.wantsSleep(id);
        await().until(() -> program.stopped);
        await().until(() -> !engine.admits(token));
        assertThat(engine.catalog().wake(id)).isTrue();
        awaitRunning(id);
        assertThat(host.programs).hasSize(2);
    }

    @Test
    void aProgramThatDoesNotStartIsNamed() throws ActorException {
        host.broken = true;
        putPool(0);
        created("a");
        await().until(() -> engine.pools()
                .get(namespace(), "hosted")
                .orElseThrow()
                .error()
                .equals(Optional.of(new PoolError.ProgramFailed("no such file: node"))));
    }

    @Test
    void aProgramThatEndsBeforeItConnectsIsNamedWithItsLastWords() throws ActorException {
        host.connects = false;
        putPool(0);
        created("a");
        await().until(() -> !host.programs.isEmpty());
        host.programs.peek().ended.complete("failed, exit code 1: cannot find module");
        await().until(() -> engine.pools()
                .get(namespace(), "hosted")
                .orElseThrow()
                .error()
                .equals(Optional.of(new PoolError.ProgramFailed("failed, exit code 1: cannot find module"))));
    }

    @Test
    void aRestartedNodeFindsItsProgramsAgain() throws ActorException {
        putPool(3600);
        ActorId id = created("a");
        awaitRunning(id);
        Running program = host.programs.peek();
        ScriptedRunner before = program.runner;
        stop();
        start();
        program.runner = before.reconnectedTo(engine);
        awaitRunning(id);
        awaitRunning(created("b"));
        assertThat(host.programs).hasSize(1);
        assertThat(engine.admits(program.env().get("RIVET_TOKEN"))).isTrue();
    }

    @Test
    void aRestartedNodeKeepsTheProgramsOfItsPoolsApart() throws ActorException {
        putPool("one", 3600);
        putPool("two", 3600);
        awaitRunning(created("a", "one"));
        awaitRunning(created("b", "two"));
        Running one = host.programs.peek();
        Running two = host.programs.stream().skip(1).findFirst().orElseThrow();
        stop();
        start();
        for (Running program : host.programs) {
            program.runner = program.runner.reconnectedTo(engine);
        }
        assertThat(engine.pools().delete(namespace(), "one")).isTrue();
        await().until(() -> one.stopped);
        assertThat(two.stopped).isFalse();
        assertThat(engine.pools().delete(namespace(), "two")).isTrue();
        await().until(() -> two.stopped);
    }
}
