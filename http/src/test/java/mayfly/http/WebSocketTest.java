package mayfly.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mayfly.http.RawClient.head;
import static mayfly.http.RawWebSocket.BINARY;
import static mayfly.http.RawWebSocket.CLOSE;
import static mayfly.http.RawWebSocket.FIN;
import static mayfly.http.RawWebSocket.PING;
import static mayfly.http.RawWebSocket.PONG;
import static mayfly.http.RawWebSocket.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebSockets byte for byte: the handshake, messages, closing. */
class WebSocketTest extends WebSocketCase {
    // ---- handshake

    @Test
    void answersTheHandshakeOfTheStandard() throws IOException {
        serve(exchange -> {
            assertThat(exchange.wantsWebSocket()).isTrue();
            assertThat(exchange.webSocketProtocols()).containsExactly("chat", "superchat", "last");
            exchange.acceptWebSocket("chat", Headers.of("x-ray", "r"), SPEC, echo);
        });
        try (RawClient client = connect()) {
            String[] lines = Arrays.copyOf(RawWebSocket.HANDSHAKE, RawWebSocket.HANDSHAKE.length + 2);
            lines[lines.length - 2] = "Sec-WebSocket-Protocol: chat,  superchat,";
            lines[lines.length - 1] = "Sec-WebSocket-Protocol: last";
            client.send(head(lines));
            RawClient.Response answer = client.read();
            assertThat(answer.status()).isEqualTo(101);
            assertThat(answer.header("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            assertThat(answer.header("sec-websocket-protocol")).isEqualTo("chat");
            assertThat(answer.header("upgrade")).isEqualTo("websocket");
            assertThat(answer.header("connection")).isEqualTo("upgrade");
            assertThat(answer.header("x-ray")).isEqualTo("r");
            assertThat(answer.header("sec-websocket-extensions")).isNull();
        }
        endsWith("1006 ");
    }

    @ParameterizedTest
    @CsvSource({
        "0, POST /socket HTTP/1.1, 400",
        "0, GET /socket HTTP/1.0, 400",
        "2, Connection: keep-alive, 400",
        "4, Sec-WebSocket-Version: 12, 426",
        "4, X-No: version, 400",
        "5, X-No: key, 400",
        "5, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ, 400",
        "5, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ#=, 400",
        "5, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTEyMw==, 400",
    })
    void refusesOtherHandshakes(int line, String instead, int status) throws IOException {
        serve(exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, echo));
        try (RawClient client = connect()) {
            String[] lines = RawWebSocket.HANDSHAKE.clone();
            lines[line] = instead;
            RawClient.Response answer = client.send(head(lines)).read();
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("sec-websocket-version")).isEqualTo(status == 426 ? "13" : null);
            assertThat(answer.header("upgrade")).isEqualTo(status == 426 ? "websocket" : null);
        }
        assertThat(echo.ends).isEmpty();
    }

    @Test
    void framesThatCameWithTheHandshakeAreRead() throws IOException {
        serve(exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, echo));
        try (RawClient client = connect()) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(head(RawWebSocket.HANDSHAKE).getBytes(UTF_8));
            all.writeBytes(RawWebSocket.frame(FIN | TEXT, "early".getBytes(UTF_8)));
            client.send(all.toByteArray());
            assertThat(client.read().status()).isEqualTo(101);
            assertThat(client.in.readNBytes(7)).endsWith("early".getBytes(UTF_8));
        }
    }

    @Test
    void aClientThatLeftBeforeTheAnswerIsTold() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        serve(exchange -> {
            exchange.onClientGone(gone::countDown);
            gone.await();
            Awaitility.await().until(() -> server().connections() == 0);
            WebSocket socket = exchange.acceptWebSocket(null, Headers.NONE, SPEC, echo);
            echo.socket = socket;
            socket.text(new byte[0]);
        });
        try (RawClient client = connect()) {
            client.send(head(RawWebSocket.HANDSHAKE));
            Awaitility.await().until(() -> server().exchanges() == 1);
            client.socket.setSoLinger(true, 0);
        }
        endsWith("1006 ");
    }

    // ---- messages

    @Test
    void echoesMessagesOfEverySize() throws IOException {
        try (RawWebSocket client = open()) {
            Random random = new Random(1);
            for (int size : new int[] {0, 1, 125, 126, 127, 1024, 1025, 65_535, 65_536, 100_000}) {
                byte[] data = new byte[size];
                random.nextBytes(data);
                RawWebSocket.Frame back = client.send(FIN | BINARY, data).read();
                assertThat(back.first()).isEqualTo(FIN | BINARY);
                assertThat(back.payload()).isEqualTo(data);
            }
        }
        endsWith("1006 ");
    }

    @Test
    void joinsFragmentsAroundPings() throws IOException {
        try (RawWebSocket client = open()) {
            client.send(TEXT, "one ").send(FIN | PING, "ping").send(0, new byte[] {(byte) 0xc3}); // half an ü
            client.send(FIN | PONG, "unasked").send(0, "").send(FIN, new byte[] {(byte) 0xbc});
            assertThat(client.read().text()).isEqualTo("ping");
            RawWebSocket.Frame back = client.read();
            assertThat(back.first()).isEqualTo(FIN | TEXT);
            assertThat(back.text()).isEqualTo("one ü");
        }
    }

    @Test
    void sendsFromManyThreadsInTheOrderOfEach() throws Exception {
        try (RawWebSocket client = open()) {
            echo.open.await();
            Thread[] threads = new Thread[4];
            for (int t = 0; t < threads.length; t++) {
                byte id = (byte) t;
                threads[t] = Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        echo.socket.binary(new byte[] {id, (byte) (i >> 8), (byte) i});
                    }
                });
            }
            int[] next = new int[threads.length];
            for (int i = 0; i < 4_000; i++) {
                byte[] data = client.read().payload();
                assertThat(((data[1] & 0xff) << 8) | (data[2] & 0xff)).isEqualTo(next[data[0]]++);
            }
        }
    }

    // ---- closing

    @Test
    void answersACloseWithItsCode() throws IOException {
        try (RawWebSocket client = open()) {
            client.send(FIN | CLOSE, new byte[] {0x0f, (byte) 0xa1, 'b', 'y', 'e'});
            assertClosed(client, 4001, "bye");
        }
        endsWith("4001 bye");
    }

    @Test
    void answersACloseWithoutACode() throws IOException {
        try (RawWebSocket client = open()) {
            RawWebSocket.Frame back = client.send(FIN | CLOSE, new byte[0]).read();
            assertThat(back.first()).isEqualTo(FIN | CLOSE);
            assertThat(back.payload()).isEmpty();
            assertThat(client.client.atEnd()).isTrue();
        }
        endsWith("1005 ");
    }

    @Test
    void closesBehindWhatWasSentAndDropsWhatStillComes() throws Exception {
        try (RawWebSocket client = open()) {
            echo.open.await();
            echo.socket.text("last words".getBytes(UTF_8));
            echo.socket.close(1000, "é".repeat(100)); // cut between two characters
            echo.socket.close(1001, "again");
            echo.socket.text("too late".getBytes(UTF_8));
            assertThat(client.read().text()).isEqualTo("last words");
            RawWebSocket.Frame close = client.read();
            assertThat(close.code()).isEqualTo(1000);
            assertThat(close.reason()).isEqualTo("é".repeat(61));
            client.send(FIN | TEXT, "dropped").send(FIN | CLOSE, close.payload());
            assertThat(client.client.atEnd()).isTrue();
        }
        endsWith("1000 " + "é".repeat(61));
    }

    @Test
    void cutsAClientThatDoesNotAnswerAClose() throws Exception {
        try (RawWebSocket client = open()) {
            echo.open.await();
            echo.socket.close(1000, "");
            assertThat(client.read().code()).isEqualTo(1000);
            assertThat(client.client.atEnd()).isTrue();
        }
        endsWith("1006 ");
    }

    @Test
    void sendsNoCodeThatMustNotBeSent() throws Exception {
        try (RawWebSocket client = open()) {
            echo.open.await();
            for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
                assertThatThrownBy(() -> echo.socket.close(code, "")).isInstanceOf(IllegalArgumentException.class);
            }
            assertThat(echo.socket.isOpen()).isTrue();
            assertThat(client.send(FIN | TEXT, "fine").read().text()).isEqualTo("fine");
        }
    }

    @Test
    void aDrainClosesSockets() throws Exception {
        try (RawWebSocket client = open()) {
            echo.open.await();
            Thread draining = Thread.ofVirtual().start(() -> {
                try {
                    server().drain(Duration.ofSeconds(10));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            RawWebSocket.Frame close = client.read();
            assertThat(close.code()).isEqualTo(1001);
            assertThat(server().connections()).isOne();
            client.send(FIN | CLOSE, close.payload());
            draining.join();
            assertThat(server().connections()).isZero();
        }
        endsWith("1001 the server stops");
    }

    @Test
    void aDrainKeepsSocketsWhileExchangesRun() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        serve(exchange -> {
            if (exchange.wantsWebSocket()) {
                exchange.acceptWebSocket(null, Headers.NONE, SPEC, echo);
            } else {
                release.await();
                exchange.send(200, Headers.NONE, new byte[0]);
            }
        });
        try (RawWebSocket socket = new RawWebSocket(server().address());
                RawClient asking = connect()) {
            asking.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            Awaitility.await().until(() -> server().exchanges() == 1);
            Thread draining = Thread.ofVirtual().start(() -> {
                try {
                    server().drain(Duration.ofSeconds(20));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            for (int i = 0; i < 5; i++) { // over the grace of a drain
                Awaitility.await().pollDelay(Duration.ofMillis(50)).until(() -> true);
                assertThat(socket.send(FIN | TEXT, "still").read().text()).isEqualTo("still");
            }
            release.countDown();
            assertThat(asking.read().status()).isEqualTo(200);
            RawWebSocket.Frame close = socket.read();
            assertThat(close.code()).isEqualTo(1001);
            socket.send(FIN | RawWebSocket.CLOSE, close.payload());
            draining.join();
        }
    }

    @Test
    void socketsCountAsConnections() throws IOException {
        serve(limited(limits -> limits.withCounts(2, 1)), exchange -> {
            exchange.acceptWebSocket(null, Headers.NONE, SPEC, new Echo());
        });
        try (RawWebSocket first = new RawWebSocket(server().address());
                RawWebSocket second = new RawWebSocket(server().address());
                RawClient third = connect()) {
            assertThat(third.read().status()).isEqualTo(503);
            assertThat(first.send(FIN | TEXT, "a").read().text()).isEqualTo("a");
            assertThat(second.send(FIN | TEXT, "b").read().text()).isEqualTo("b");
        }
    }
}
