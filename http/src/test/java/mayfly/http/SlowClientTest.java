package mayfly.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static mayfly.http.RawClient.head;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Clients that take their time, stop, or leave. */
class SlowClientTest extends ServerCase {
    private static final Duration SHORT = Duration.ofMillis(150);
    private static final Duration LONG = Duration.ofMinutes(5);

    private static void hello(Exchange exchange) throws IOException {
        exchange.send(200, Headers.NONE, exchange.body());
    }

    @Test
    void closesIdleConnectionsQuietly() throws IOException {
        serve(limited(limits -> limits.withTimes(SHORT, LONG, LONG, LONG)), SlowClientTest::hello);
        try (RawClient fresh = connect();
                RawClient used = connect()) {
            assertThat(used.get("/").status()).isEqualTo(200);
            assertThat(fresh.atEnd()).isTrue();
            assertThat(used.atEnd()).isTrue();
        }
    }

    @Test
    void refusesHeadsThatDrip() throws Exception {
        serve(limited(limits -> limits.withTimes(LONG, SHORT, LONG, LONG)), SlowClientTest::hello);
        try (RawClient client = connect()) {
            client.send("GET / HTTP/1.1\r\n");
            // A byte now and then must not help: the time is for the whole head.
            try (ScheduledExecutorService drip = Executors.newSingleThreadScheduledExecutor()) {
                Future<?> dripping =
                        drip.scheduleAtFixedRate(() -> sendQuietly(client, "X"), 20, 20, TimeUnit.MILLISECONDS);
                assertThat(client.read().status()).isEqualTo(408);
                dripping.cancel(true);
            }
        }
    }

    private static void sendQuietly(RawClient client, String text) {
        try {
            client.send(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the server closed; the schedule ends with it
        }
    }

    @Test
    void refusesBodiesThatStall() throws IOException {
        serve(limited(limits -> limits.withTimes(LONG, LONG, SHORT, LONG)), SlowClientTest::hello);
        for (String framing : List.of("Content-Length: 100", "Content-Length: 100000", "Transfer-Encoding: chunked")) {
            try (RawClient client = connect()) {
                client.send(head("POST / HTTP/1.1", "Host: h", framing));
                RawClient.Response response = client.read();
                assertThat(response.status()).as(framing).isEqualTo(408);
                assertThat(response.header("connection")).isEqualTo("close");
                assertThat(client.atEnd()).isTrue();
            }
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void aHandlerThatDoesNotReadIsNotASlowClient() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        serve(limited(limits -> limits.withTimes(LONG, LONG, SHORT, LONG)), exchange -> {
            read.await();
            exchange.send(
                    200, Headers.NONE, Integer.toString(exchange.body().length).getBytes(US_ASCII));
        });
        byte[] big = new byte[6 << 20];
        try (RawClient client = connect()) {
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                try {
                    client.send(head("POST / HTTP/1.1", "Host: h", "Content-Length: " + big.length))
                            .send(big);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            // Long enough for many sweeps; back-pressure must hold the client meanwhile.
            Awaitility.await().during(Duration.ofMillis(600)).until(() -> !sent.isDone());
            read.countDown();
            assertThat(client.read().text()).isEqualTo(Integer.toString(big.length));
        }
    }

    @Test
    void cutsClientsThatTakeNothing() throws Exception {
        AtomicLong written = new AtomicLong();
        serve(limited(limits -> limits.withTimes(LONG, LONG, LONG, Duration.ofMillis(400))), exchange -> {
            try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                byte[] part = new byte[64 * 1024];
                while (true) {
                    out.write(part);
                    written.addAndGet(part.length);
                }
            }
        });
        try (RawClient client = connect()) {
            client.send(head("GET / HTTP/1.1", "Host: h"));
            Awaitility.await().until(() -> written.get() > 0 && server().exchanges() == 0);
            assertThat(written.get()).as("bounded by socket buffers").isLessThan(32 << 20);
            Awaitility.await().until(() -> server().connections() == 0);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void noticesAClientThatLeavesWhileNothingIsWritten() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        serve(exchange -> {
            ResponseStream out = exchange.stream(200, Headers.NONE);
            out.flush();
            exchange.onClientGone(left::countDown);
            started.countDown();
            left.await();
            assertThat(exchange.clientGone()).isTrue();
            CountDownLatch late = new CountDownLatch(1);
            exchange.onClientGone(late::countDown);
            late.await();
        });
        RawClient client = connect();
        client.send(head("GET / HTTP/1.1", "Host: h"));
        started.await();
        assertThat(left.getCount()).isEqualTo(1);
        client.close();
        Awaitility.await().until(() -> server().exchanges() == 0);
        assertThat(failures).isEmpty();
    }

    @Test
    void endsBlockedWritersAndReadersWhenTheClientLeaves() throws Exception {
        serve(exchange -> {
            if (exchange.path().equals("/write")) {
                try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                    while (true) {
                        out.write(new byte[100_000]);
                    }
                }
            } else if (exchange.path().equals("/send")) {
                exchange.send(200, Headers.NONE, new byte[64 << 20]);
            } else {
                exchange.send(200, Headers.NONE, exchange.body());
            }
        });
        List<String> requests = List.of(
                head("GET /write HTTP/1.1", "Host: h"),
                head("GET /send HTTP/1.1", "Host: h"),
                head("POST /read HTTP/1.1", "Host: h", "Content-Length: 100000") + "part",
                head("POST /read HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") + "5\r\npa",
                head("POST /read HTTP/1.1", "Host: h", "Content-Length: 100000", "Expect: 100-continue"));
        for (String request : requests) {
            for (boolean reset : new boolean[] {false, true}) {
                RawClient client = connect();
                client.send(request);
                Awaitility.await().until(() -> server().exchanges() == 1);
                client.socket.setSoLinger(reset, 0);
                client.close();
                Awaitility.await().until(() -> server().exchanges() == 0 && server().connections() == 0);
            }
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void stillAnswersAClientThatClosedOnlyItsSendingHalf() throws IOException {
        serve(SlowClientTest::hello);
        try (RawClient client = connect()) {
            client.send(head("POST / HTTP/1.1", "Host: h", "Content-Length: 2") + "ok");
            client.socket.shutdownOutput();
            assertThat(client.read().text()).isEqualTo("ok");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void answersAllThatAClientSentBeforeItClosedItsSendingHalf() throws IOException {
        serve(SlowClientTest::hello);
        byte[] big = new byte[300_000];
        for (int round = 0; round < 12; round++) { // what it guards against is a race, lost in a third of the rounds
            try (RawClient client = connect()) {
                client.send(head("GET /1 HTTP/1.1", "Host: h").repeat(3));
                client.send(head("POST /2 HTTP/1.1", "Host: h", "Content-Length: " + big.length))
                        .send(big);
                client.send(head("GET /3 HTTP/1.1", "Host: h") + "GET /never");
                client.socket.shutdownOutput();
                for (int size : new int[] {0, 0, 0, big.length, 0}) {
                    assertThat(client.read().body()).hasSize(size);
                }
                assertThat(client.atEnd()).isTrue();
            }
        }
    }

    @Test
    void doesNotRunAheadOfAClientThatReadsNoResponses() throws Exception {
        AtomicLong handled = new AtomicLong();
        serve(exchange -> {
            handled.incrementAndGet();
            exchange.send(200, Headers.NONE, new byte[16_000]);
        });
        try (RawClient client = connect()) {
            byte[] many = head("GET / HTTP/1.1", "Host: h").repeat(5_000).getBytes(US_ASCII);
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.send(many);
                } catch (IOException e) {
                    // The test ended first.
                }
            });
            Awaitility.await().during(Duration.ofMillis(300)).until(() -> {
                long now = handled.get();
                return now > 0 && now < 5_000;
            });
            for (int i = 0; i < 5_000; i++) {
                assertThat(client.read().status()).isEqualTo(200);
            }
            sender.join();
        }
    }

    @Test
    void holdsAThousandIdleConnections() throws IOException {
        serve(SlowClientTest::hello);
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 1_000; i++) {
                clients.add(connect());
            }
            for (RawClient client : clients) {
                assertThat(client.get("/").status()).isEqualTo(200);
            }
            assertThat(server().connections()).isEqualTo(1_000);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    /** Smallest flushes of a stream must leave at once, not when the client's next acknowledgement comes. */
    @Test
    void streamsSmallFlushesWithoutWaitingForAcknowledgements() throws Exception {
        int rounds = 60;
        serve(exchange -> {
            try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                for (int i = 0; i < 4; i++) {
                    out.write('a' + i);
                    out.flush();
                }
            }
        });
        try (RawClient client = connect();
                LoopbackEcho raw = new LoopbackEcho()) {
            client.get("/");
            long http = System.nanoTime();
            for (int i = 0; i < rounds; i++) {
                assertThat(client.get("/").text()).isEqualTo("abcd");
            }
            http = System.nanoTime() - http;
            // The same number of one-byte writes on a raw socket without delay. Nagle would cost 40 ms each round.
            long base = raw.roundTrips(rounds * 4);
            assertThat(http / rounds).isLessThan(20 * base / rounds + 10_000_000);
        }
    }

    /** A raw socket pair on the loopback that returns each byte: what the machine gives without any HTTP. */
    private static final class LoopbackEcho implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final Socket socket = new Socket();

        LoopbackEcho() throws IOException {
            socket.setTcpNoDelay(true);
            Thread.ofPlatform().daemon(true).start(() -> {
                try (Socket peer = listener.accept();
                        InputStream in = peer.getInputStream()) {
                    peer.setTcpNoDelay(true);
                    for (int b = in.read(); b >= 0; b = in.read()) {
                        peer.getOutputStream().write(b);
                    }
                } catch (IOException e) {
                    // The test ended.
                }
            });
            socket.connect(new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()));
        }

        long roundTrips(int count) throws IOException {
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                socket.getOutputStream().write(1);
                assertThat(socket.getInputStream().read()).isEqualTo(1);
            }
            return System.nanoTime() - start;
        }

        @Override
        public void close() throws IOException {
            socket.close();
            listener.close();
        }
    }
}
