package mayfly.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mayfly.http.RawClient.head;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests as handlers see them, and responses as clients see them. */
class ExchangeTest extends ServerCase {
    private static final Headers TEXT = Headers.of("Content-Type", "text/plain");

    private static void answer(Exchange exchange, String text) throws IOException {
        exchange.send(200, TEXT, text.getBytes(UTF_8));
    }

    @Test
    void answersOnOneConnectionAgainAndAgain() throws IOException {
        serve(exchange -> answer(exchange, exchange.method() + " " + exchange.rawTarget()));
        try (RawClient client = connect()) {
            for (int i = 0; i < 100; i++) {
                RawClient.Response response = client.get("/n/" + i);
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.text()).isEqualTo("GET /n/" + i);
                assertThat(response.header("connection")).isNull();
                assertThat(response.header("date")).endsWith(" GMT");
            }
        }
    }

    @Test
    void showsTheRequestDecoded() throws IOException {
        serve(exchange -> answer(
                exchange,
                exchange.segments() + "|" + exchange.path() + "|" + exchange.queryParameters() + "|"
                        + exchange.query("b") + "|" + exchange.header("X-One") + "|"
                        + exchange.headers().all("x-two") + "|" + exchange.host() + "|"
                        + exchange.remoteAddress().getAddress().isLoopbackAddress()));
        try (RawClient client = connect()) {
            String target = "/a%20b/%C3%A9%2Fc/?a=1&b=x+y%26&a=2&c";
            client.send(head("GET " + target + " HTTP/1.1", "Host: h:1", "x-ONE:  first \t", "X-Two: 1", "x-two:2"));
            assertThat(client.read().text())
                    .isEqualTo("[a b, é/c, ]|/a%20b/%C3%A9%2Fc/|{a=[1, 2], b=[x y&], c=[]}|x y&|first|[1, 2]|h:1|true");
        }
    }

    @Test
    void readsBodiesOfEveryFraming() throws IOException {
        serve(exchange -> exchange.send(200, TEXT, exchange.body(1 << 20)));
        byte[] big = new byte[600_000];
        for (int i = 0; i < big.length; i++) {
            big[i] = (byte) (i * 31);
        }
        try (RawClient client = connect()) {
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel")
                    .send("lo");
            assertThat(client.read().text()).isEqualTo("hello");
            client.send(head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked"))
                    .send("3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n");
            assertThat(client.read().text()).isEqualTo("hello");
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + big.length + "\r\n\r\n")
                    .send(big);
            assertThat(client.read().body()).isEqualTo(big);
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.read().body()).isEmpty();
        }
    }

    @Test
    void streamsInChunksAndSendsShortStreamsWhole() throws IOException {
        serve(exchange -> {
            try (ResponseStream out = exchange.stream(200, TEXT)) {
                out.write("one".getBytes(UTF_8));
                if (exchange.path().equals("/flushed")) {
                    out.flush();
                    out.write("two".getBytes(UTF_8));
                }
            }
        });
        try (RawClient client = connect()) {
            RawClient.Response whole = client.get("/");
            assertThat(whole.header("content-length")).isEqualTo("3");
            RawClient.Response flushed = client.get("/flushed");
            assertThat(flushed.header("transfer-encoding")).isEqualTo("chunked");
            assertThat(flushed.text()).isEqualTo("onetwo");
            client.send("GET /flushed HTTP/1.0\r\n\r\n");
            RawClient.Response old = client.read();
            assertThat(old.headers()).doesNotContainKeys("transfer-encoding", "content-length");
            assertThat(old.text()).isEqualTo("onetwo");
        }
    }

    @Test
    void answersHeadWithoutABody() throws IOException {
        serve(exchange -> {
            if (exchange.path().equals("/stream")) {
                try (ResponseStream out = exchange.stream(200, TEXT)) {
                    out.write(new byte[100_000]);
                }
            } else {
                answer(exchange, "hello");
            }
        });
        try (RawClient client = connect()) {
            client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(client.read(true).header("content-length")).isEqualTo("5");
            assertThat(client.read(true).status()).isEqualTo(200);
            assertThat(client.get("/").text()).isEqualTo("hello");
        }
    }

    @Test
    void sendsEventsAtOnce() throws IOException {
        serve(exchange -> {
            try (SseStream events = exchange.sse()) {
                events.event("state", "a\nb");
                events.comment("alive");
                events.event(null, "");
            }
        });
        try (RawClient client = connect()) {
            RawClient.Response response = client.get("/");
            assertThat(response.header("content-type")).startsWith("text/event-stream");
            assertThat(response.text()).isEqualTo("event: state\ndata: a\ndata: b\n\n: alive\n\ndata: \n\n");
        }
    }

    @Test
    void continuesOnlyForAHandlerThatWantsTheBody() throws IOException {
        serve(exchange -> {
            if (exchange.path().equals("/no")) {
                answer(exchange, "no");
            } else {
                exchange.send(200, TEXT, exchange.body());
            }
        });
        String expect = " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
        try (RawClient client = connect()) {
            client.send("POST /yes" + expect);
            assertThat(client.read().status()).isEqualTo(100);
            assertThat(client.send("abc").read().text()).isEqualTo("abc");
            client.send("POST /no" + expect);
            RawClient.Response refused = client.read();
            assertThat(refused.text()).isEqualTo("no");
            assertThat(refused.header("connection")).isEqualTo("close");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void answersPipelinedRequestsInOrder() throws IOException {
        serve(exchange ->
                exchange.send(200, TEXT, (exchange.path() + new String(exchange.body(), UTF_8)).getBytes(UTF_8)));
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            all.append("POST /").append(i).append(" HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
        }
        try (RawClient client = connect()) {
            client.send(all.toString());
            for (int i = 0; i < 500; i++) {
                assertThat(client.read().text()).isEqualTo("/" + i + "ok");
            }
        }
    }

    @Test
    void closesWhenAskedTo() throws IOException {
        serve(exchange -> {
            exchange.closeAfterResponse();
            answer(exchange, "bye");
        });
        for (String request : List.of(
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n")) {
            try (RawClient client = connect()) {
                RawClient.Response response = client.send(request).read();
                assertThat(response.header("connection")).isEqualTo("close");
                assertThat(client.atEnd()).isTrue();
            }
        }
    }

    @Test
    void keepsHttp10ConnectionsForThoseWhoAsk() throws IOException {
        serve(exchange -> answer(exchange, "hi"));
        try (RawClient client = connect()) {
            for (int i = 0; i < 3; i++) {
                RawClient.Response response = client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                        .read();
                assertThat(response.header("connection")).isEqualTo("keep-alive");
            }
        }
    }

    @Test
    void aQueryIsItsHandlersBusiness() throws IOException {
        serve(exchange -> {
            String seen = exchange.path().equals("/look") ? exchange.query("a") : exchange.rawTarget();
            exchange.send(200, Headers.NONE, String.valueOf(seen).getBytes(UTF_8));
        });
        try (RawClient client = connect()) {
            for (String query : new String[] {"a=100%", "a=%f", "a=%ff", "%00=1", "a=%0A"}) {
                assertThat(client.get("/pass?" + query).text()).isEqualTo("/pass?" + query);
                assertThat(client.get("/look?" + query).status()).isEqualTo(400);
            }
            assertThat(client.get("/look?a=%41").text()).isEqualTo("A");
        }
        assertThat(failures).isEmpty();
    }
}
