package mayfly.gateway.rivet;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.actors.ActorEngine;
import mayfly.actors.ActorException;
import mayfly.actors.ActorRequest;
import mayfly.actors.EngineTimes;
import mayfly.actors.ProgramHost;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.core.actor.CrashPolicy;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import mayfly.store.Store;
import mayfly.store.Stores;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A gateway on a real server, engine and store; runners and clients are scripts. */
abstract class GatewayCase {
    @TempDir
    Path data;

    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final AtomicLong heldBytes = new AtomicLong();
    volatile long roomBytes = 512L << 20;
    volatile @Nullable String token;

    Store store;
    ActorEngine engine;
    HttpServer server;
    RivetGateway gateway;
    private final List<AutoCloseable> opened = new ArrayList<>();

    EngineTimes times() {
        return EngineTimes.DEFAULT;
    }

    ProgramHost programs() {
        return ProgramHost.NONE;
    }

    GatewayTimes gatewayTimes() {
        return GatewayTimes.DEFAULT;
    }

    @BeforeEach
    void start() throws IOException {
        store = Stores.embedded(data);
        engine = ActorEngine.start(store.actors(), Clock.system(), Ids.system(), times(), programs());
        gateway = new RivetGateway(engine, new Open(), new Counted(), gatewayTimes());
        server = HttpServer.start(
                HttpServerSpec.at("127.0.0.1", 0).withFailures((exchange, cause) -> failures.add(cause)), exchange -> {
                    if (!gateway.handle(exchange)) {
                        exchange.send(404, Headers.NONE, new byte[0]);
                    }
                });
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (AutoCloseable it : opened) {
            it.close();
        }
        server.close();
        await().until(() -> server.exchanges() == 0 && server.connections() == 0);
        await().until(() -> engine.load().tunnels() == 0);
        gateway.close();
        engine.close();
        store.close();
        Assertions.assertThat(heldBytes.get()).isZero();
        Assertions.assertThat(failures).isEmpty();
    }

    private final class Open implements Doorman {
        @Override
        public void check(Exchange exchange) {}

        @Override
        public void checkOpen(Exchange exchange) {}

        @Override
        public boolean admits(@Nullable String given) {
            return token == null || token.equals(given);
        }
    }

    private final class Counted implements Room {
        @Override
        public Held reserve(Exchange exchange, int bodyMax, int copies) {
            return () -> {};
        }

        @Override
        public @Nullable Held holdNow(long bytes) {
            if (heldBytes.addAndGet(bytes) > roomBytes) {
                heldBytes.addAndGet(-bytes);
                return null;
            }
            return () -> heldBytes.addAndGet(-bytes);
        }
    }

    <T extends AutoCloseable> T open(T it) {
        opened.add(it);
        return it;
    }

    Wire client() throws IOException {
        return open(new Wire(server.address()));
    }

    ScriptedRunner runner(ScriptedRunner.Script script) throws IOException {
        return runner("key", script);
    }

    ScriptedRunner runner(String key, ScriptedRunner.Script script) throws IOException {
        ScriptedRunner runner = open(new ScriptedRunner(server.address(), "pool", key, script));
        await().until(() -> engine.pools()
                .get(engine.namespaces().require("default"), "pool")
                .isPresent());
        return runner;
    }

    /** One that starts with generation 0: under SLEEP it would sleep first if the runner is not offered yet. */
    String actor(String key) throws ActorException {
        return actor(key, CrashPolicy.RESTART);
    }

    String actor(String key, CrashPolicy policy) throws ActorException {
        return engine.catalog()
                .create(new ActorRequest(
                        engine.namespaces().require("default"),
                        "kind",
                        Optional.of(key),
                        "pool",
                        policy,
                        Optional.empty()))
                .id()
                .value();
    }

    /** The answer to one request on a connection of its own. */
    Wire.Answer get(String target, String... headers) throws IOException {
        try (Wire client = new Wire(server.address())) {
            return client.get(target, headers).read();
        }
    }
}
