package mayfly.http;

import static mayfly.http.RawWebSocket.CLOSE;
import static mayfly.http.RawWebSocket.FIN;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** A server of WebSockets that echo, and how they ended. */
abstract class WebSocketCase extends ServerCase {
    static final WebSocketSpec SPEC =
            new WebSocketSpec(100_000, 1_000_000, Duration.ofMillis(200), Duration.ofSeconds(30));

    final Echo echo = new Echo();

    RawWebSocket open(UnaryOperator<WebSocketSpec> change) throws IOException {
        serve(exchange -> exchange.acceptWebSocket(null, Headers.NONE, change.apply(SPEC), echo));
        return new RawWebSocket(server().address());
    }

    RawWebSocket open() throws IOException {
        return open(spec -> spec);
    }

    void endsWith(String end) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !echo.ends.isEmpty());
        assertThat(echo.ends).containsExactly(end);
        assertThat(echo.socket.isOpen()).isFalse();
    }

    static void assertClosed(RawWebSocket client, int code, String reason) throws IOException {
        RawWebSocket.Frame frame = client.read();
        assertThat(frame.first()).isEqualTo(FIN | CLOSE);
        assertThat(frame.code()).isEqualTo(code);
        assertThat(frame.reason()).contains(reason);
        assertThat(client.client.atEnd()).isTrue();
    }
}
