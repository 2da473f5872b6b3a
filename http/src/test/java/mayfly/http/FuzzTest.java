package mayfly.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static mayfly.http.RawClient.head;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Random and damaged bytes: the server answers or closes, stays healthy, and keeps nothing. */
class FuzzTest extends ServerCase {
    private static final String[] SEEDS = {
        head("GET /a/b?c=d HTTP/1.1", "Host: h"),
        head("POST / HTTP/1.1", "Host: h", "Content-Length: 10") + "0123456789",
        head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")
                + "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
        head("POST / HTTP/1.1", "Host: h", "Content-Length: 40000", "Expect: 100-continue"),
        head("GET / HTTP/1.0", "Connection: keep-alive"),
        head("HEAD /s HTTP/1.1", "Host: h") + head("GET /s HTTP/1.1", "Host: h"),
    };

    private static long seed() {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("fuzz seed: -Dmayfly.seed=" + seed);
        return seed;
    }

    @Test
    void survivesDamagedRequests() throws IOException {
        Random random = new Random(seed());
        Duration soon = Duration.ofMillis(300);
        serve(limited(limits -> limits.withTimes(soon, soon, soon, soon).withSizes(4096, 20_000)), exchange -> {
            byte[] body = exchange.body();
            if (exchange.path().contains("s")) {
                try (ResponseStream out = exchange.stream(200, Headers.NONE)) {
                    out.write(body);
                    out.flush();
                    out.write(body);
                }
            } else {
                exchange.send(200, Headers.NONE, body);
            }
        });
        for (int round = 0; round < 1_500; round++) {
            try (RawClient client = connect()) {
                byte[] bytes = damaged(random);
                int split = random.nextInt(bytes.length + 1);
                client.send(java.util.Arrays.copyOfRange(bytes, 0, split));
                client.send(java.util.Arrays.copyOfRange(bytes, split, bytes.length));
                if (random.nextInt(10) == 0) {
                    client.socket.setSoLinger(true, 0);
                } else if (random.nextInt(4) > 0) {
                    client.socket.shutdownOutput();
                    client.in.readAllBytes();
                }
            } catch (java.net.SocketException e) {
                // The server refused the bytes and closed before all were sent.
            }
            if (round % 100 == 0) {
                healthy();
            }
        }
        healthy();
        Awaitility.await().until(() -> server().exchanges() == 0 && server().connections() == 0);
        assertThat(failures).isEmpty();
    }

    private void healthy() throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.get("/").status()).isEqualTo(200);
        }
    }

    private static byte[] damaged(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int parts = 1 + random.nextInt(3);
        for (int i = 0; i < parts; i++) {
            byte[] part = SEEDS[random.nextInt(SEEDS.length)].getBytes(ISO_8859_1);
            int flips = random.nextInt(4);
            for (int f = 0; f < flips; f++) {
                part[random.nextInt(part.length)] = (byte) random.nextInt(256);
            }
            int from = random.nextInt(8) == 0 ? random.nextInt(part.length) : 0;
            int to = random.nextInt(8) == 0 ? from + random.nextInt(part.length - from) : part.length;
            out.write(part, from, to - from);
        }
        if (random.nextInt(5) == 0) {
            byte[] noise = new byte[random.nextInt(6000)];
            random.nextBytes(noise);
            out.writeBytes(noise);
        }
        return out.toByteArray();
    }

    /** Any cut of the same bytes must give the same requests: the decoder must not care how bytes arrive. */
    @Test
    void decodesTheSameHoweverBytesAreCut() {
        Random random = new Random(seed());
        for (int round = 0; round < 2_000; round++) {
            String part = SEEDS[random.nextInt(SEEDS.length)];
            byte[] bytes = (part + SEEDS[2]).getBytes(ISO_8859_1);
            boolean damage = random.nextBoolean();
            if (damage) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            String whole = decode(bytes, bytes.length, random);
            assertThat(decode(bytes, 1, random)).isEqualTo(whole);
            assertThat(decode(bytes, 7, random)).isEqualTo(whole);
            if (!damage && part.equals(SEEDS[2])) {
                assertThat(whole).isEqualTo("POST / hello0123456789|POST / hello0123456789|");
            }
        }
    }

    private static String decode(byte[] bytes, int stepMax, Random random) {
        RequestDecoder decoder = new RequestDecoder(4096);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        StringBuilder seen = new StringBuilder();
        for (int at = 0; at < bytes.length; ) {
            int step = Math.min(bytes.length - at, 1 + random.nextInt(stepMax));
            channel.writeInbound(Unpooled.copiedBuffer(bytes, at, step));
            at += step;
            show(channel, seen);
            while (decoder.resume()) {
                channel.writeInbound(Unpooled.EMPTY_BUFFER);
                show(channel, seen);
            }
        }
        channel.finishAndReleaseAll();
        return seen.toString();
    }

    private static void show(EmbeddedChannel channel, StringBuilder seen) {
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            switch (message) {
                case RequestHead head ->
                    seen.append(head.method() + " " + head.target().raw() + " ");
                case HttpContent content -> {
                    seen.append(content.content().toString(ISO_8859_1))
                            .append(content instanceof LastHttpContent ? "|" : "");
                    content.release();
                }
                case MalformedException malformed -> seen.append(malformed.refusal());
                default -> throw new AssertionError(message);
            }
        }
    }
}
