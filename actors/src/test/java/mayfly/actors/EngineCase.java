package mayfly.actors;

import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorTimes;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.runner.RunnerTimes;
import mayfly.runner.protocol.ToServerKind;
import mayfly.store.Store;
import mayfly.store.Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The real shells on a real store, for runners that tests script. */
abstract class EngineCase {
    static final EngineTimes QUICK = new EngineTimes(
            new ActorTimes(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(20)),
            new RunnerTimes(900, 1_200, 300),
            Duration.ofSeconds(2),
            Duration.ofMillis(200),
            Duration.ofMillis(500));

    @TempDir
    Path data;

    Store store;
    ActorEngine engine;

    @BeforeEach
    void start() {
        store = Stores.embedded(data);
        engine = ActorEngine.start(store.actors(), Clock.system(), Ids.system(), QUICK, ProgramHost.NONE);
    }

    @AfterEach
    void stop() {
        engine.close();
        store.close();
    }

    /** As a node that is killed and started again: nothing but the store is left. */
    void restart() {
        stop();
        start();
    }

    ActorRequest request(String key, CrashPolicy policy) {
        return new ActorRequest(
                engine.namespaces().find(Namespaces.DEFAULT).orElseThrow(),
                "counter",
                Optional.of(key),
                "pool",
                policy,
                Optional.of(new byte[] {1, 2, 3}));
    }

    ActorId created(String key, CrashPolicy policy) throws ActorException {
        return engine.catalog().create(request(key, policy)).id();
    }

    Actor state(ActorId id) {
        return engine.catalog().get(id).orElseThrow().state();
    }

    void awaitState(ActorId id, Class<? extends Actor> state) {
        await().until(() -> state.isInstance(state(id)));
    }

    ScriptedRunner runner() throws ActorException {
        ScriptedRunner runner = ScriptedRunner.connected(engine, "pool", 10);
        await().until(() -> engine.pools()
                .get(engine.namespaces().find(Namespaces.DEFAULT).orElseThrow(), "pool")
                .isPresent());
        return runner;
    }

    ActorPlace place(ActorId id) {
        try (ActorWatch watch = engine.watch(id, new Listener()).orElseThrow()) {
            watch.wake();
            await().until(() -> watch.place().isPresent());
            return watch.place().orElseThrow();
        }
    }

    mayfly.store.RunnerFilter all() {
        return new mayfly.store.RunnerFilter(
                engine.namespaces().find(Namespaces.DEFAULT).orElseThrow().id(), null, List.of(), false, null, 100);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static final class Listener implements ActorListener {
        @Override
        public void ready(ActorPlace place) {}

        @Override
        public void stopped(long generation) {}

        @Override
        public void destroyed() {}
    }

    static final class Answers implements TunnelListener {
        private final AtomicReference<ToServerKind> answer;
        volatile boolean gone;

        Answers(AtomicReference<ToServerKind> answer) {
            this.answer = answer;
        }

        @Override
        public void message(ToServerKind message, int index) {
            answer.set(message);
        }

        @Override
        public void gone() {
            gone = true;
        }
    }
}
