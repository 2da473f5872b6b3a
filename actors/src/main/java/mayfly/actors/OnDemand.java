package mayfly.actors;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Makes runners appear for pools that are defined so; what these need of the node. */
final class OnDemand implements AutoCloseable {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

    private final ActorEngine engine;
    private final ProgramHost programs;
    private final CompletableFuture<NodeAddress> address = new CompletableFuture<>();
    // order: OnDemand.this is innermost; guards the client
    private @Nullable HttpClient client;

    OnDemand(ActorEngine engine, ProgramHost programs) {
        this.engine = engine;
        this.programs = programs;
    }

    /** Made when it is first needed: it has a thread of its own. */
    private synchronized HttpClient client() {
        HttpClient made = client;
        if (made == null) {
            made = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_MAX)
                    .executor(engine.executor())
                    .build();
            client = made;
        }
        return made;
    }

    void reachableAt(NodeAddress here) {
        address.complete(here);
    }

    /** Blocks. */
    EndpointMetadata look(PoolConfig.Serverless endpoint) throws EndpointException {
        return EndpointWatch.ask(client(), endpoint);
    }

    RunnerStarter starter(PoolName pool, PoolConfig config) {
        String namespace = engine.namespaces().nameOf(pool.namespace());
        if (config.serverless().isPresent()) {
            return new ServerlessStarter(pool, namespace, config.serverless().get(), engine, client(), address);
        }
        if (config.hosted().isPresent()) {
            return new HostedStarter(pool, namespace, config.hosted().get(), engine, programs, address);
        }
        return RunnerStarter.NONE;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.shutdownNow();
        }
    }
}
