package mayfly.http;

import static mayfly.http.RawClient.head;
import static mayfly.http.RawWebSocket.BINARY;
import static mayfly.http.RawWebSocket.CLOSE;
import static mayfly.http.RawWebSocket.FIN;
import static mayfly.http.RawWebSocket.PING;
import static mayfly.http.RawWebSocket.PONG;
import static mayfly.http.RawWebSocket.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What hostile, broken and slow clients of WebSockets are told. */
class HostileWebSocketTest extends WebSocketCase {
    @ParameterizedTest
    @CsvSource({
        "0x81, 0x00, 1002", // not masked
        "0xc1, 0x80, 1002", // reserved bits
        "0xa1, 0x80, 1002",
        "0x91, 0x80, 1002",
        "0x83, 0x80, 1002", // reserved opcodes
        "0x87, 0x80, 1002",
        "0x8b, 0x80, 1002",
        "0x8f, 0x80, 1002",
        "0x09, 0x80, 1002", // control frames in fragments
        "0x08, 0x80, 1002",
        "0x89, 0xfe, 1002", // control frames over 125 bytes
        "0x88, 0x81, 1002", // half a code
        "0x80, 0x80, 1002", // continues nothing
        "0x00, 0x80, 1002",
    })
    void closesOnFramesThatBreakTheRules(String first, String second, int code) throws IOException {
        try (RawWebSocket client = open()) {
            byte[] bytes = new byte[400];
            bytes[0] = Integer.decode(first).byteValue();
            bytes[1] = Integer.decode(second).byteValue();
            bytes[3] = (byte) 200; // the length of those that have a longer one
            client.client.send(bytes);
            assertThat(client.read().code()).isEqualTo(code);
            client.client.send(new byte[100_000]); // dropped
            assertThat(client.client.atEnd()).isTrue();
        }
        Awaitility.await().until(() -> echo.ends.size() == 1);
        assertThat(echo.ends.peek()).startsWith(code + " ");
    }

    @Test
    void closesOnAMessageWithinAMessage() throws IOException {
        try (RawWebSocket client = open()) {
            client.send(TEXT, "begun").send(FIN | BINARY, "another");
            assertThat(client.read().code()).isEqualTo(1002);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535})
    void closesOnCodesThatMustNotBeSent(int code) throws IOException {
        try (RawWebSocket client = open()) {
            client.send(FIN | CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
            assertThat(client.read().code()).isEqualTo(1002);
        }
        Awaitility.await().until(() -> echo.ends.size() == 1);
        assertThat(echo.ends.peek()).startsWith("1002 ");
    }

    @Test
    void closesOnTextThatIsNotUtf8() throws IOException {
        byte[][] wrong = {
            {(byte) 0xff},
            {(byte) 0xc3},
            {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
            {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80}
        };
        serve(exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, new Echo()));
        for (byte[] text : wrong) {
            try (RawWebSocket client = new RawWebSocket(server().address())) {
                client.send(TEXT, "a".repeat(10_000)).send(FIN, text);
                assertClosed(client, 1007, "not UTF-8");
            }
        }
    }

    @Test
    void closesOnACloseReasonThatIsNotUtf8() throws IOException {
        try (RawWebSocket client = open()) {
            client.send(FIN | CLOSE, new byte[] {0x03, (byte) 0xe8, (byte) 0xff});
            assertThat(client.read().code()).isIn(1002, 1007);
        }
    }

    @Test
    void closesOnFramesOverTheLimitBeforeTheyArrive() throws IOException {
        for (long length : new long[] {100_001, 1L << 40, Long.MAX_VALUE}) {
            Echo own = new Echo();
            try (HttpServer one = HttpServer.start(
                            HttpServerSpec.at("127.0.0.1", 0),
                            exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, own));
                    RawWebSocket client = new RawWebSocket(one.address())) {
                ByteArrayOutputStream head = new ByteArrayOutputStream();
                RawWebSocket.head(head, FIN | BINARY, 0x80, length);
                head.writeBytes(new byte[4]);
                client.client.send(head.toByteArray());
                assertThat(client.read().code()).isEqualTo(1009);
            }
        }
    }

    @Test
    void closesOnALengthWithItsHighestBit() throws IOException {
        try (RawWebSocket client = open()) {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            RawWebSocket.head(head, FIN | BINARY, 0x80, -1);
            head.reset();
            head.write(FIN | BINARY);
            head.write(0xff);
            head.writeBytes(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0});
            client.client.send(head.toByteArray());
            assertThat(client.read().code()).isIn(1002, 1009);
        }
    }

    @Test
    void closesOnFragmentsOverTheLimitTogether() throws IOException {
        try (RawWebSocket client = open()) {
            client.send(BINARY, new byte[60_000]).send(0, new byte[40_000]);
            client.send(FIN | PING, "still there");
            assertThat(client.read().text()).isEqualTo("still there");
            client.send(0, new byte[1]);
            assertClosed(client, 1009, "100000 bytes");
        }
    }

    @Test
    void closesOneThatTakesTooLittle() throws Exception {
        try (RawWebSocket client = open()) {
            echo.open.await();
            int sent = 0;
            while (echo.socket.isOpen()) {
                echo.socket.binary(new byte[50_000]);
                assertThat(echo.socket.queuedBytes()).isLessThan(2_000_000);
                assertThat(++sent).isLessThan(10_000);
            }
            endsWith("1011 the client takes too little of what is sent");
            while (client.client.in.read() >= 0) {}
        } catch (IOException e) {
            assertThat(e).isInstanceOf(java.net.SocketException.class);
        }
    }

    @Test
    void pingsOneThatIsQuietAndCutsOneThatIsGone() throws IOException {
        UnaryOperator<HttpServerSpec> quick =
                limited(limits -> limits.withLinger(Duration.ofMillis(40))); // the sweeper's period
        serve(
                quick,
                exchange -> exchange.acceptWebSocket(
                        null, Headers.NONE, SPEC.withTimes(Duration.ofMillis(100), Duration.ofMillis(150)), echo));
        try (RawWebSocket client = new RawWebSocket(server().address())) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.read().first()).isEqualTo(FIN | PING);
                client.send(FIN | PONG, "");
            }
            assertThat(client.read().first()).isEqualTo(FIN | PING);
            assertThat(client.client.atEnd()).isTrue();
        }
        endsWith("1006 ");
    }

    @Test
    void aPausedClientIsNotReadAndNotTakenForGone() throws Exception {
        WebSocketSpec spec = new WebSocketSpec(100_000, 100_000_000, Duration.ofMillis(100), Duration.ofSeconds(2));
        serve(limited(limits -> limits.withLinger(Duration.ofMillis(40))), exchange -> {
            exchange.acceptWebSocket(null, Headers.NONE, spec, echo);
        });
        try (RawWebSocket client = new RawWebSocket(server().address())) {
            echo.open.await();
            echo.socket.reading(false);
            Thread writing = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 2_000; i++) {
                        client.send(FIN | BINARY, new byte[10_000]);
                    }
                } catch (IOException e) {
                    failures.add(e);
                }
            });
            Awaitility.await()
                    .during(Duration.ofMillis(2_600))
                    .until(() -> writing.isAlive() && server().connections() == 1);
            echo.socket.reading(true);
            for (int i = 0; i < 2_000; ) {
                i += client.read().first() == (FIN | BINARY) ? 1 : 0;
            }
            writing.join();
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void partsOfMessagesTakeBoundedMemoryOfAllTogether() throws IOException {
        serve(
                limited(limits -> limits.withMessageBytes(200_000)),
                exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, new Echo()));
        byte[] part = Arrays.copyOf(RawWebSocket.frame(FIN | BINARY, new byte[90_000]), 89_000);
        try (RawWebSocket first = new RawWebSocket(server().address());
                RawWebSocket second = new RawWebSocket(server().address());
                RawWebSocket third = new RawWebSocket(server().address())) {
            first.client.send(part);
            second.client.send(part);
            third.client.send(part);
            int refused = 0;
            for (RawWebSocket client : new RawWebSocket[] {third, second}) {
                client.client.socket.setSoTimeout(2_000);
                try {
                    refused += client.read().code() == 1013 ? 1 : 0;
                } catch (java.net.SocketTimeoutException _) {
                    // This one was let in.
                }
            }
            assertThat(refused).isGreaterThanOrEqualTo(1);
        }
        Awaitility.await().until(() -> server().connections() == 0);
        try (RawWebSocket later = new RawWebSocket(server().address())) { // what they held was given back
            assertThat(later.send(FIN | BINARY, new byte[90_000]).read().payload())
                    .hasSize(90_000);
        }
    }

    @Test
    void aListenerThatThrowsClosesItsSocketOnly() throws IOException {
        serve(exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, new Echo() {
            @Override
            public void text(byte[] utf8) {
                if (utf8.length > 3) {
                    throw new IllegalStateException("planted");
                }
                super.text(utf8);
            }
        }));
        try (RawWebSocket bad = new RawWebSocket(server().address());
                RawWebSocket good = new RawWebSocket(server().address())) {
            bad.send(FIN | TEXT, "long");
            assertClosed(bad, 1011, "internal error");
            assertThat(good.send(FIN | TEXT, "ok").read().text()).isEqualTo("ok");
        }
    }

    @Test
    void survivesRandomFrames() throws IOException {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("fuzz seed: -Dmayfly.seed=" + seed);
        Random random = new Random(seed);
        serve(exchange -> exchange.acceptWebSocket(null, Headers.NONE, SPEC, new Echo()));
        for (int round = 0; round < 500; round++) {
            try (RawWebSocket client = new RawWebSocket(server().address())) {
                for (int i = random.nextInt(6); i >= 0; i--) {
                    byte[] frame = RawWebSocket.frame(
                            random.nextInt(3) == 0 ? random.nextInt(256) : FIN | random.nextInt(3),
                            new byte[random.nextInt(4) == 0 ? random.nextInt(70_000) : random.nextInt(130)]);
                    if (random.nextInt(4) == 0) {
                        frame[random.nextInt(Math.min(frame.length, 10))] = (byte) random.nextInt();
                    }
                    client.client.send(frame);
                }
                if (random.nextBoolean()) {
                    client.client.socket.setSoLinger(true, 0);
                }
            } catch (java.net.SocketException e) {
                // Closed by the server while we wrote.
            }
        }
        Awaitility.await().until(() -> server().connections() == 0);
        assertThat(failures).isEmpty();
    }
}
