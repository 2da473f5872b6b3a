package mayfly.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mayfly.http.RawClient.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Handlers that throw, forget, repeat themselves, or meet a body they do not want. */
class FailingHandlerTest extends ServerCase {
    @Test
    void answers500AndTellsTheHook() throws IOException {
        serve(exchange -> {
            if (exchange.path().equals("/throw")) {
                throw new IllegalStateException("planted");
            }
        });
        try (RawClient client = connect()) {
            assertThat(client.get("/throw").status()).isEqualTo(500);
            assertThat(client.get("/forget").status()).isEqualTo(500);
        }
        assertThat(failures)
                .extracting(Throwable::getMessage)
                .containsExactly("planted", "the handler returned without a response");
    }

    @Test
    void letsTheHookAnswerAndOutlivesAHookThatThrows() throws IOException {
        serve(
                spec -> spec.withFailures((exchange, cause) -> {
                    if (exchange.path().equals("/hook")) {
                        throw new IllegalStateException("the hook too");
                    }
                    exchange.send(418, Headers.NONE, "mine".getBytes(UTF_8));
                }),
                exchange -> {
                    throw new IllegalStateException("planted");
                });
        try (RawClient client = connect()) {
            assertThat(client.get("/").text()).isEqualTo("mine");
            assertThat(client.get("/hook").status()).isEqualTo(500);
        }
    }

    @Test
    void cutsAnIncompleteStream() throws IOException {
        serve(exchange -> {
            ResponseStream out = exchange.stream(200, Headers.NONE);
            out.write(1);
            out.flush();
            throw new IllegalStateException("planted");
        });
        try (RawClient client = connect()) {
            assertThatThrownBy(() -> client.get("/")).isInstanceOfAny(EOFException.class, IOException.class);
        }
        assertThat(failures).hasSize(1);
    }

    @Test
    void refusesASecondResponseAndBadHeaders() throws IOException {
        AtomicReference<Throwable> second = new AtomicReference<>();
        serve(exchange -> {
            assertThatThrownBy(() -> Headers.of("a", "b\r\nc: d")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Headers.of("a b", "c")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> exchange.send(200, Headers.of("Content-Length", "1"), new byte[0]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(exchange.answered()).isFalse();
            exchange.send(200, Headers.NONE, "first".getBytes(UTF_8));
            try {
                exchange.send(200, Headers.NONE, "second".getBytes(UTF_8));
            } catch (AssertionError e) {
                second.set(e);
                throw e;
            }
        });
        try (RawClient client = connect()) {
            assertThat(client.get("/").text()).isEqualTo("first");
            assertThat(client.get("/").text()).isEqualTo("first");
        }
        assertThat(second.get()).hasMessageContaining("a second response");
        Awaitility.await().until(() -> failures.size() == 2);
    }

    @Test
    void refusesBodiesOverTheLimitSoThatClientsCanReadIt() throws IOException {
        serve(exchange -> {
            byte[] body = exchange.path().equals("/stream")
                    ? exchange.bodyStream(1000).readAllBytes()
                    : exchange.body(1000);
            exchange.send(200, Headers.NONE, body);
        });
        byte[] big = new byte[4 << 20];
        for (String path : new String[] {"/whole", "/stream"}) {
            try (RawClient client = connect()) {
                client.send(head("POST " + path + " HTTP/1.1", "Host: h", "Content-Length: 1001"))
                        .send(new byte[1001]);
                assertThat(client.read().status()).isEqualTo(413);
                assertThat(client.get("/").status())
                        .as("a small rest is dropped")
                        .isEqualTo(200);
            }
            try (RawClient client = connect()) {
                client.send(head("POST " + path + " HTTP/1.1", "Host: h", "Content-Length: " + big.length))
                        .send(big);
                RawClient.Response response = client.read();
                assertThat(response.status()).isEqualTo(413);
                assertThat(response.header("connection")).isEqualTo("close");
                assertThat(client.atEnd()).isTrue();
            }
            try (RawClient client = connect()) {
                client.send(head("POST " + path + " HTTP/1.1", "Host: h", "Transfer-Encoding: chunked"));
                client.send("400000\r\n").send(big).send("\r\n0\r\n\r\n");
                assertThat(client.read().status()).isEqualTo(413);
                assertThat(client.atEnd()).isTrue();
            }
            try (RawClient client = connect()) {
                String length = "Content-Length: 999999999999";
                client.send(head("POST " + path + " HTTP/1.1", "Host: h", length, "Expect: 100-continue"));
                assertThat(client.read().status()).isEqualTo(413);
                assertThat(client.atEnd()).isTrue();
            }
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void doesNotLetAHandlerWaitForABodyAfterItsResponse() throws IOException {
        serve(exchange -> {
            exchange.send(200, Headers.NONE, new byte[0]);
            exchange.body();
        });
        try (RawClient client = connect()) {
            client.send(head("POST / HTTP/1.1", "Host: h", "Content-Length: 50000"));
            assertThat(client.read().status()).isEqualTo(200);
            Awaitility.await().until(() -> server().exchanges() == 0);
            assertThat(client.send(new byte[50_000]).get("/").status()).isEqualTo(200);
        }
        assertThat(failures).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("was dropped"));
    }

    @Test
    void refusesRequestsOverTheLimitAndRecovers() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        serve(limited(limits -> limits.withCounts(100, 2)), exchange -> {
            if (exchange.path().equals("/wait")) {
                release.await();
            }
            exchange.send(200, Headers.NONE, new byte[0]);
        });
        try (RawClient one = connect();
                RawClient two = connect();
                RawClient three = connect()) {
            one.send(head("GET /wait HTTP/1.1", "Host: h"));
            two.send(head("GET /wait HTTP/1.1", "Host: h"));
            Awaitility.await().until(() -> server().exchanges() == 2);
            assertThat(three.get("/").status()).isEqualTo(503);
            release.countDown();
            assertThat(one.read().status()).isEqualTo(200);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> three.get("/").status() == 200);
        }
    }

    @Test
    void refusesConnectionsOverTheLimitAndRecovers() throws Exception {
        serve(limited(limits -> limits.withCounts(1, 10)), exchange -> exchange.send(200, Headers.NONE, new byte[0]));
        try (RawClient one = connect()) {
            assertThat(one.get("/").status()).isEqualTo(200);
            try (RawClient two = connect()) {
                assertThat(two.read().status()).isEqualTo(503);
                assertThat(two.atEnd()).isTrue();
            }
            assertThat(one.get("/").status()).isEqualTo(200);
        }
        Awaitility.await().until(() -> server().connections() == 0);
        try (RawClient three = connect()) {
            assertThat(three.get("/").status()).isEqualTo(200);
        }
    }
}
