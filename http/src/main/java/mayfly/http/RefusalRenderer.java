package mayfly.http;

import java.nio.charset.StandardCharsets;

/**
 * Writes the body of an answer that the server gives by itself. Called on event loops: it must not block, and it must
 * not throw.
 */
@FunctionalInterface
public interface RefusalRenderer {
    /** {@code detail} is one sentence in plain text, safe to show to the client. */
    Page render(Refusal refusal, String detail);

    /** A body and its content type. */
    record Page(String contentType, byte[] body) {}

    /** The detail as a line of plain text. */
    RefusalRenderer PLAIN = (refusal, detail) ->
            new Page("text/plain; charset=utf-8", (detail + "\n").getBytes(StandardCharsets.UTF_8));
}
