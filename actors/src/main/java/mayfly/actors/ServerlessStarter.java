package mayfly.actors;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Makes runners appear by requests to an endpoint; each connection is one such request. */
final class ServerlessStarter implements RunnerStarter {
    private final PoolName pool;
    private final String namespaceName;
    private final PoolConfig.Serverless config;
    private final ActorEngine engine;
    private final HttpClient client;
    private final CompletableFuture<NodeAddress> address;
    private final EndpointWatch watch;
    private final ConcurrentHashMap<Long, StartStream> open = new ConcurrentHashMap<>();

    ServerlessStarter(
            PoolName pool,
            String namespaceName,
            PoolConfig.Serverless config,
            ActorEngine engine,
            HttpClient client,
            CompletableFuture<NodeAddress> address) {
        this.pool = pool;
        this.namespaceName = namespaceName;
        this.config = config;
        this.engine = engine;
        this.client = client;
        this.address = address;
        this.watch = new EndpointWatch(pool, config, engine, client);
        watch.start();
    }

    @Override
    public void open(long number) {
        StartStream stream = new StartStream(number, engine.pools().shell(pool), client, () -> open.remove(number));
        open.put(number, stream);
        engine.executor().execute(() -> stream.run(request(address.join())));
    }

    @Override
    public void end(long number, long graceMillis) {
        StartStream stream = open.get(number);
        if (stream == null) {
            return;
        }
        if (graceMillis <= 0) {
            stream.close();
            return;
        }
        var _ = engine.timers().in(graceMillis, stream::close);
    }

    @Override
    public boolean refresh() {
        watch.look();
        return true;
    }

    @Override
    public void close() {
        watch.close();
    }

    private HttpRequest request(NodeAddress node) {
        HttpRequest.Builder request = EndpointWatch.request(config, "/start");
        request.header("accept", "text/event-stream");
        request.header("x-rivet-endpoint", node.url());
        request.header(
                "x-rivet-total-slots", Integer.toString(config.slotsPerRunner().orElse(1)));
        request.header("x-rivet-runner-name", pool.name());
        request.header("x-rivet-namespace-name", namespaceName);
        request.header("x-rivet-namespace-id", namespaceName); // the name here too, as clients expect it
        node.token().ifPresent(token -> request.header("x-rivet-token", token));
        return request.GET().build();
    }
}
