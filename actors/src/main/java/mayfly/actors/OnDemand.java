package mayfly.actors;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Makes runners appear for pools that are defined so; what these need of the node. */
final class OnDemand implements AutoCloseable {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

    private final ActorEngine engine;
    private final HttpClient client;
    private final CompletableFuture<NodeAddress> address = new CompletableFuture<>();
    private final CompletableFuture<ProgramHost> programs = new CompletableFuture<>();

    OnDemand(ActorEngine engine) {
        this.engine = engine;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_MAX)
                .executor(engine.executor())
                .build();
    }

    void reachableAt(NodeAddress here) {
        address.complete(here);
    }

    void programs(ProgramHost host) {
        programs.complete(host);
    }

    /** Blocks. */
    EndpointMetadata look(PoolConfig.Serverless endpoint) throws EndpointException {
        return EndpointWatch.ask(client, endpoint);
    }

    RunnerStarter starter(PoolName pool, PoolConfig config) {
        return config.serverless()
                .<RunnerStarter>map(it -> new ServerlessStarter(
                        pool, engine.namespaces().nameOf(pool.namespace()), it, engine, client, address))
                .orElse(RunnerStarter.NONE);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
