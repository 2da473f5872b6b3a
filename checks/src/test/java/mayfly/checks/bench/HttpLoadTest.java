package mayfly.checks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import mayfly.http.Headers;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import org.junit.jupiter.api.Test;

class HttpLoadTest {
    @Test
    void quantilesAreWithinTheirError() {
        Latencies latencies = new Latencies();
        for (long i = 1; i <= 100_000; i++) {
            latencies.record(i * 1_000);
        }
        assertThat(latencies.quantileNanos(0.5)).isBetween(50_000_000L, 50_800_000L);
        assertThat(latencies.quantileNanos(0.99)).isBetween(99_000_000L, 100_000_000L);
        assertThat(latencies.quantileNanos(1)).isEqualTo(100_000_000L);
        assertThat(latencies.count()).isEqualTo(100_000);
    }

    @Test
    void countsAnswersOfEveryFramingByStatus() throws IOException, InterruptedException {
        byte[] page = "x".repeat(30_000).getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.start(HttpServerSpec.at("127.0.0.1", 0), exchange -> {
            if (exchange.path().equals("/length")) {
                exchange.send(201, Headers.NONE, page);
            } else {
                exchange.stream(200, Headers.NONE).write(page);
            }
        });
        try {
            byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
            HttpLoad.Report length = HttpLoad.run(spec(server, HttpLoad.request("POST", "/length", "h", body)));
            assertThat(length.statuses()).isEqualTo(Map.of(201, 50L));
            assertThat(length.failures()).isEmpty();
            assertThat(length.p50Micros()).isBetween(1.0, length.maxMicros());
            HttpLoad.Report chunked = HttpLoad.run(spec(server, HttpLoad.request("GET", "/chunked", "h", new byte[0])));
            assertThat(chunked.statuses()).isEqualTo(Map.of(200, 50L));
        } finally {
            server.close();
        }
    }

    private static HttpLoad.Spec spec(HttpServer server, byte[] request) {
        return new HttpLoad.Spec(server.address(), request, 4, Duration.ZERO, Duration.ofSeconds(60), 50);
    }
}
