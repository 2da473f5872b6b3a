package mayfly.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mayfly.http.RawClient.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Start, load, drain, close. */
class LifecycleTest extends ServerCase {
    @Test
    void namesThePortThatIsInUse() throws IOException {
        HttpServer first = serve(exchange -> exchange.send(200, Headers.NONE, new byte[0]));
        int port = first.address().getPort();
        for (boolean epoll : new boolean[] {true, false}) {
            HttpServerSpec same = HttpServerSpec.at("127.0.0.1", port).withTransport(1, epoll);
            assertThatThrownBy(() -> HttpServer.start(same, exchange -> {}))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("127.0.0.1:" + port)
                    .hasMessageContaining("choose another port");
        }
        assertThatThrownBy(() -> HttpServer.start(HttpServerSpec.at("192.0.2.1", 0), exchange -> {}))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("this machine does not have that address");
        assertThatThrownBy(() -> HttpServer.start(HttpServerSpec.at("no.such.host.invalid", 1), exchange -> {}))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("no.such.host.invalid:1")
                .hasMessageContaining("unknown host");
    }

    @Test
    void aPortIsFreeAgainAfterClose() throws IOException {
        HttpServer first = serve(exchange -> exchange.send(200, Headers.NONE, new byte[0]));
        int port = first.address().getPort();
        try (RawClient client = connect()) {
            assertThat(client.get("/").status()).isEqualTo(200);
        }
        first.close();
        HttpServer second = HttpServer.start(
                HttpServerSpec.at("127.0.0.1", port), exchange -> exchange.send(201, Headers.NONE, new byte[0]));
        try (second;
                RawClient client = new RawClient(second.address())) {
            assertThat(client.get("/").status()).isEqualTo(201);
        }
    }

    @Test
    void drainFinishesWhatRunsAndClosesWhatIsIdle() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        serve(exchange -> {
            release.await();
            exchange.send(200, Headers.NONE, "done".getBytes(UTF_8));
        });
        try (RawClient busy = connect();
                RawClient idle = connect()) {
            busy.send(head("GET / HTTP/1.1", "Host: h"));
            Awaitility.await().until(() -> server().exchanges() == 1 && server().connections() == 2);
            assertThat(server().drain(Duration.ofMillis(300)))
                    .as("a handler still runs")
                    .isFalse();
            assertThat(idle.atEnd()).isTrue();
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
            release.countDown();
            RawClient.Response response = busy.read();
            assertThat(response.text()).isEqualTo("done");
            assertThat(response.header("connection")).isEqualTo("close");
            assertThat(busy.atEnd()).isTrue();
        }
        assertThat(server().drain(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void drainUnderLoadLosesNoAcceptedRequest() throws Exception {
        AtomicLong begun = new AtomicLong();
        AtomicLong answered = new AtomicLong();
        AtomicInteger running = new AtomicInteger();
        // A client that closes its side ends the wait for it, however long that may be.
        serve(limited(limits -> limits.withLinger(Duration.ofMinutes(5))), exchange -> {
            begun.incrementAndGet();
            byte[] body = exchange.body();
            if (exchange.path().equals("/stream")) {
                try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                    out.write(body);
                    out.flush();
                    out.write(body);
                }
            } else {
                exchange.send(200, Headers.NONE, body);
            }
        });
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            String request =
                    head("POST /" + (i % 2 == 0 ? "stream" : "") + " HTTP/1.1", "Host: h", "Content-Length: " + i)
                            + "x".repeat(i);
            clients.add(Thread.ofVirtual().start(() -> {
                try (RawClient client = connect()) {
                    running.incrementAndGet();
                    while (true) {
                        RawClient.Response response = client.send(request).read();
                        answered.incrementAndGet();
                        if ("close".equals(response.header("connection"))) {
                            return;
                        }
                    }
                } catch (IOException e) {
                    failures.add(e);
                }
            }));
        }
        Awaitility.await().until(() -> running.get() == 24 && answered.get() > 500);
        assertThat(server().drain(Duration.ofSeconds(20))).isTrue();
        for (Thread client : clients) {
            client.join();
        }
        assertThat(answered.get()).isEqualTo(begun.get());
        assertThat(failures).isEmpty();
    }

    @Test
    void manyClientsGetTheirOwnAnswers() throws Exception {
        for (boolean epoll : new boolean[] {true, false}) {
            HttpServerSpec spec = HttpServerSpec.at("127.0.0.1", 0).withTransport(2, epoll);
            try (HttpServer here = HttpServer.start(spec, exchange -> {
                try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                    out.write(exchange.path().getBytes(UTF_8));
                    out.flush();
                    out.write(exchange.body());
                }
            })) {
                List<Thread> clients = new ArrayList<>();
                for (int c = 0; c < 32; c++) {
                    int id = c;
                    clients.add(Thread.ofVirtual().start(() -> {
                        try (RawClient client = new RawClient(here.address())) {
                            for (int i = 0; i < 200; i++) {
                                String body = ("<" + id + "." + i + ">").repeat(1 + (i * 37 % 4000));
                                String length = "Content-Length: " + body.length();
                                String path = "/" + id + "/" + i;
                                client.send(head("POST " + path + " HTTP/1.1", "Host: h", length) + body);
                                if (!client.read().text().equals(path + body)) {
                                    throw new IOException("wrong answer to " + path);
                                }
                            }
                        } catch (IOException e) {
                            failures.add(e);
                        }
                    }));
                }
                for (Thread client : clients) {
                    client.join();
                }
            }
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void closeCutsHandlersThatStillRun() throws Exception {
        CountDownLatch gone = new CountDownLatch(2);
        serve(exchange -> {
            exchange.onClientGone(gone::countDown);
            try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                while (true) {
                    out.write(new byte[10_000]);
                }
            } finally {
                gone.countDown();
            }
        });
        try (RawClient client = connect()) {
            client.send(head("GET / HTTP/1.1", "Host: h"));
            client.line();
            server().close();
            gone.await();
        }
    }
}
