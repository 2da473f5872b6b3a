package mayfly.http;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;

/** Starts servers for tests, and after each test holds that nothing is left: no exchange, connection or buffer. */
abstract class ServerCase {
    static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
    /** Failures that handlers of the current test threw. */
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    private HttpServer server;

    static {
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new ResourceLeakDetectorFactory() {
            @Override
            @SuppressWarnings("deprecation") // the only abstract method of the factory is a deprecated one
            public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                    Class<T> resource, int samplingInterval, long maxActive) {
                return new ResourceLeakDetector<>(resource, 1) {
                    @Override
                    protected void reportTracedLeak(String type, String records) {
                        LEAKS.add(type + records);
                    }

                    @Override
                    protected void reportUntracedLeak(String type) {
                        LEAKS.add(type);
                    }

                    @Override
                    protected boolean needReport() {
                        return true;
                    }
                };
            }
        });
        // As a property, because Transport turns detection off where nobody asked for it.
        System.setProperty("io.netty.leakDetection.level", "paranoid");
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    HttpServer serve(HttpHandler handler) throws IOException {
        return serve(spec -> spec, handler);
    }

    HttpServer serve(UnaryOperator<HttpServerSpec> change, HttpHandler handler) throws IOException {
        server = HttpServer.start(
                change.apply(HttpServerSpec.at("127.0.0.1", 0).withFailures((exchange, cause) -> failures.add(cause))),
                handler);
        return server;
    }

    static UnaryOperator<HttpServerSpec> limited(UnaryOperator<HttpLimits> change) {
        return spec -> spec.withLimits(change.apply(spec.limits()));
    }

    RawClient connect() throws IOException {
        return new RawClient(server.address());
    }

    HttpServer server() {
        return server;
    }

    @AfterEach
    void nothingIsLeft() {
        if (server != null) {
            server.close();
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> server.exchanges() == 0);
            Assertions.assertThat(server.connections()).isZero();
        }
        Assertions.assertThat(leaks()).isEmpty();
    }

    /** The detector reports a buffer that was lost when it tracks a new one after the lost one was collected. */
    private static Queue<String> leaks() {
        System.gc();
        PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
        return LEAKS;
    }
}
