package mayfly.http;

import static mayfly.http.RawClient.head;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Requests that are refused before a handler sees them: status, close, and no second request out of the same bytes. */
class MalformedRequestTest extends ServerCase {
    /** Follows every bad request: a server that misreads the framing would answer it. */
    private static final String SMUGGLED = head("GET /smuggled HTTP/1.1", "Host: h");

    private record Case(int status, String name, String request) {}

    private static Stream<Case> cases() {
        return Stream.concat(lines(), framing());
    }

    private static Stream<Case> lines() {
        return Stream.of(
                new Case(400, "no target", head("GET HTTP/1.1", "Host: h")),
                new Case(400, "two spaces", head("GET  / HTTP/1.1", "Host: h")),
                new Case(400, "tab for a space", head("GET\t/ HTTP/1.1", "Host: h")),
                new Case(400, "tab behind the space", head("GET \t/ HTTP/1.1", "Host: h")),
                new Case(400, "CR for a space", head("GET /\rHTTP/1.1", "Host: h")),
                new Case(400, "blank before the method", head(" GET / HTTP/1.1", "Host: h")),
                new Case(400, "blank after the version", head("GET / HTTP/1.1 ", "Host: h")),
                new Case(400, "no version", head("GET /", "Host: h")),
                new Case(400, "method of other characters", head("G(T / HTTP/1.1", "Host: h")),
                new Case(400, "empty line twice", "\r\n\r\n\r\n"),
                new Case(400, "empty line of LF", "\n" + head("GET / HTTP/1.1", "Host: h")),
                new Case(400, "two empty lines of LF", "\n\n" + head("GET / HTTP/1.1", "Host: h")),
                new Case(400, "empty line of CR", "\r" + head("GET / HTTP/1.1", "Host: h")),
                new Case(400, "version in lower case", head("GET / http/1.1", "Host: h")),
                new Case(505, "HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                new Case(505, "HTTP/1.2", head("GET / HTTP/1.2", "Host: h")),
                new Case(400, "TLS hello", "\026\003\001\002\000\001\000\001\374"),
                new Case(400, "bare LF", "GET / HTTP/1.1\nHost: h\n\n"),
                new Case(400, "bare CR", "GET / HTTP/1.1\rX\r\nHost: h\r\n\r\n"),
                new Case(400, "no Host", head("GET / HTTP/1.1", "X: y")),
                new Case(400, "two Hosts", head("GET / HTTP/1.1", "Host: a", "Host: a")),
                new Case(400, "folded header", head("GET / HTTP/1.1", "Host: h", "X: a", " b")),
                new Case(400, "folded first header", head("GET / HTTP/1.1", " Host: h")),
                new Case(400, "folded with a tab", head("GET / HTTP/1.1", "Host: h", "\tX: b")),
                new Case(400, "blank line for the empty one", "GET / HTTP/1.1\r\nHost: h\r\n \r\n\r\n"),
                new Case(400, "space before colon", head("GET / HTTP/1.1", "Host: h", "X : a")),
                new Case(400, "no colon", head("GET / HTTP/1.1", "Host: h", "X")),
                new Case(400, "empty name", head("GET / HTTP/1.1", "Host: h", ": x")),
                new Case(400, "NUL in a value", head("GET / HTTP/1.1", "Host: h", "X: a\000b")),
                new Case(400, "another host in the target", head("GET http://evil/ HTTP/1.1", "Host: h")),
                new Case(400, "bad percent", head("GET /%zz HTTP/1.1", "Host: h")),
                new Case(400, "percent at the end", head("GET /a%2 HTTP/1.1", "Host: h")),
                new Case(400, "encoded NUL", head("GET /a%00b HTTP/1.1", "Host: h")),
                new Case(400, "not UTF-8", head("GET /%ff HTTP/1.1", "Host: h")),
                new Case(400, "dot dot", head("GET /a/../b HTTP/1.1", "Host: h")),
                new Case(400, "encoded dot dot", head("GET /a/%2e%2E/b HTTP/1.1", "Host: h")),
                new Case(400, "raw byte over 127", head("GET /\351 HTTP/1.1", "Host: h")),
                new Case(400, "fragment", head("GET /a#b HTTP/1.1", "Host: h")),
                new Case(400, "asterisk", head("GET * HTTP/1.1", "Host: h")),
                new Case(501, "CONNECT", head("CONNECT h:80 HTTP/1.1", "Host: h")),
                new Case(431, "long header", head("GET / HTTP/1.1", "Host: h", "X: " + "x".repeat(40_000))),
                new Case(431, "long target", head("GET /" + "x".repeat(40_000) + " HTTP/1.1", "Host: h")),
                new Case(431, "no end in sight", "GET / HTTP/1.1\r\nX: " + "x".repeat(40_000)),
                new Case(431, "many headers", head("GET / HTTP/1.1", "Host: h", "a: b\r\n".repeat(200) + "c: d")),
                new Case(
                        431,
                        "together too long",
                        head("GET /" + "x".repeat(20_000) + " HTTP/1.1", "Host: h", "X: " + "x".repeat(20_000))),
                new Case(417, "other expectation", head("GET / HTTP/1.1", "Host: h", "Expect: tea")));
    }

    private static Stream<Case> framing() {
        return Stream.of(
                new Case(400, "length and chunked", body("Content-Length: 4", "Transfer-Encoding: chunked")),
                new Case(400, "chunked and length", body("Transfer-Encoding: chunked", "Content-Length: 4")),
                new Case(400, "two lengths", body("Content-Length: 4", "Content-Length: 5")),
                new Case(400, "the same length twice", body("Content-Length: 4", "Content-Length: 4")),
                new Case(
                        400,
                        "two lengths in HTTP/1.0",
                        head("POST / HTTP/1.0", "Content-Length: 4", "Content-Length: 4") + "0\r\n\r\n"),
                new Case(
                        400,
                        "WebSocket draft with a hidden body",
                        head("GET / HTTP/1.1", "Host: h", "Sec-WebSocket-Key1: a", "Sec-WebSocket-Key2: b")),
                new Case(400, "list of lengths", body("Content-Length: 4, 4")),
                new Case(400, "negative length", body("Content-Length: -4")),
                new Case(400, "signed length", body("Content-Length: +4")),
                new Case(400, "hexadecimal length", body("Content-Length: 0x4")),
                new Case(400, "empty length", body("Content-Length:")),
                new Case(400, "length of 19 digits", body("Content-Length: 9999999999999999999")),
                new Case(400, "two codings", body("Transfer-Encoding: chunked", "Transfer-Encoding: identity")),
                new Case(
                        400,
                        "two codings, chunked last",
                        body("Transfer-Encoding: identity", "Transfer-Encoding: chunked")),
                new Case(501, "list of codings", body("Transfer-Encoding: gzip, chunked")),
                new Case(400, "nearly chunked", body("Transfer-Encoding: \tchunkedx")),
                new Case(400, "identity", body("Transfer-Encoding: identity")),
                new Case(
                        400,
                        "chunked in HTTP/1.0",
                        head("POST / HTTP/1.0", "Transfer-Encoding: chunked") + "0\r\n\r\n"),
                new Case(400, "chunk size not hexadecimal", chunks("g\r\n")),
                new Case(400, "chunk size with sign", chunks("-1\r\n")),
                new Case(400, "chunk size with space", chunks("1 \r\nx\r\n0\r\n\r\n")),
                new Case(400, "chunk size empty", chunks("\r\n")),
                new Case(400, "chunk size of 2 GiB", chunks("80000000\r\nx\r\n0\r\n\r\n")),
                new Case(400, "chunk size over 64 bits", chunks("10000000000000001\r\nx\r\n0\r\n\r\n")),
                new Case(400, "chunk with LF", chunks("1\nx\r\n0\r\n\r\n")),
                new Case(400, "chunk longer than its size", chunks("1\r\nxy\r\n0\r\n\r\n")),
                new Case(400, "long extension", chunks("1;" + "e".repeat(40_000) + "\r\nx\r\n0\r\n\r\n")),
                new Case(400, "trailer with LF", chunks("0\r\na: b\n\r\n")),
                new Case(400, "endless trailers", chunks("0\r\n" + "a: b\r\n".repeat(1000))),
                new Case(
                        400,
                        "more framing than payload",
                        chunks(("1;" + "e".repeat(100) + "\r\nx\r\n").repeat(2000) + "0\r\n\r\n")));
    }

    private static String body(String... headers) {
        return head("POST / HTTP/1.1", "Host: h", String.join("\r\n", headers)) + "0\r\n\r\n";
    }

    private static String chunks(String body) {
        return head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") + body;
    }

    @TestFactory
    Stream<DynamicTest> refuses() {
        return cases().map(each -> DynamicTest.dynamicTest(each.name, () -> refused(each)));
    }

    private void refused(Case wrong) throws IOException {
        AtomicInteger smuggled = new AtomicInteger();
        try (HttpServer here = serve(exchange -> {
                    exchange.body();
                    if (exchange.path().equals("/smuggled")) {
                        smuggled.incrementAndGet();
                    }
                    exchange.send(200, Headers.NONE, new byte[0]);
                });
                RawClient client = connect()) {
            assertThat(here.exchanges()).isZero();
            client.send(wrong.request).send(SMUGGLED);
            RawClient.Response response = client.read();
            assertThat(response.status()).as(response.text()).isEqualTo(wrong.status);
            assertThat(response.header("connection")).isEqualTo("close");
            assertThat(response.text()).isNotBlank();
            assertThat(client.atEnd()).isTrue();
            assertThat(smuggled).hasValue(0);
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void takesWhatIsUnusualButRight() throws IOException {
        serve(exchange -> exchange.send(200, Headers.NONE, exchange.body()));
        try (RawClient client = connect()) {
            client.send("\r\n" + head("OPTIONS * HTTP/1.1", "hOsT:", "X:", "Y: caf\351"));
            assertThat(client.read().status()).isEqualTo(200);
            client.send(head("GET http://h:1/a HTTP/1.1", "Host: H:1"));
            assertThat(client.read().status()).isEqualTo(200);
            client.send(head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: Chunked") + "1\r\nx\r\n".repeat(50_000)
                    + "00000000\r\n\r\n");
            assertThat(client.read().body()).hasSize(50_000);
        }
    }
}
