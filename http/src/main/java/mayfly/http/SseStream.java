package mayfly.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Server-sent events; each one leaves at once. Used by one thread at a time. */
public final class SseStream implements AutoCloseable {
    private final ResponseStream out;

    SseStream(ResponseStream out) {
        this.out = out;
    }

    /** Sends an event; data may have several lines, {@code name} (null: "message") only one. */
    public void event(@Nullable String name, String data) throws IOException {
        StringBuilder text = new StringBuilder(data.length() + 32);
        if (name != null) {
            text.append("event: ").append(oneLine(name)).append('\n');
        }
        data.lines().forEach(line -> text.append("data: ").append(line).append('\n'));
        if (data.isEmpty()) {
            text.append("data: \n");
        }
        send(text);
    }

    /** Sends a comment, which clients ignore: a sign of life that also finds out whether the client is still there. */
    public void comment(String text) throws IOException {
        send(new StringBuilder(": ").append(oneLine(text)).append('\n'));
    }

    /** Ends the stream. */
    @Override
    public void close() throws IOException {
        out.close();
    }

    private void send(StringBuilder text) throws IOException {
        out.write(text.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static String oneLine(String text) {
        if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("more than one line");
        }
        return text;
    }
}
