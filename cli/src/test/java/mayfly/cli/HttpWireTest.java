package mayfly.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpWireTest {
    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A:  b \r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\n";

    @Test
    void readsEveryKindOfBody() throws IOException {
        assertThat(body(CHUNKED)).isEqualTo("abc0123456789");
        assertThat(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef"))
                .isEqualTo("abc");
        assertThat(body("HTTP/1.0 200\r\n\r\nto the end")).isEqualTo("to the end");
        assertThat(body("HTTP/1.1 204 No Content\r\n\r\n")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 OK\r\n",
                "HTTP/2 200\r\n\r\n",
                "SSH-2.0-x\r\n",
                "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            })
    void whatBreaksOffIsNotAnAnswer(String bytes) {
        assertThat(catchThrowableOfType(IOException.class, () -> body(bytes)))
                .as(bytes)
                .isNotNull();
    }

    @Test
    void anyBytesAreReadOrRefused() {
        Random random = new Random(Long.getLong("mayfly.seed", 5L));
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = CHUNKED.getBytes(ISO_8859_1);
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(128);
            }
            try {
                assertThat(body(new String(bytes, ISO_8859_1)).length()).isLessThanOrEqualTo(bytes.length);
            } catch (IOException e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
    }

    private static String body(String bytes) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(bytes.getBytes(ISO_8859_1));
        return new String(HttpWire.body(HttpWire.readHead(in), in).readAllBytes(), ISO_8859_1);
    }
}
