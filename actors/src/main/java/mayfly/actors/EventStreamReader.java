package mayfly.actors;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads a stream of server-sent events (WHATWG HTML, section "Server-sent events"), as far as endpoints use it: events with
 * data, each bounded. Comments, ids and retry times are skipped.
 */
final class EventStreamReader {
    /** One event's data and name; {@link #MESSAGE} when it has none. */
    record Event(String name, String data) {}

    static final String MESSAGE = "message";
    /** Of a line, and of all lines that say an event's data and name. */
    static final int EVENT_BYTES_MAX = 64 * 1024;

    private final InputStream in;
    private boolean afterReturn;
    private boolean begun;
    /** Of the last line, without its end. */
    private int lineBytes;

    EventStreamReader(InputStream in) {
        this.in = in;
    }

    /** The next event with data; empty at the end of the stream. @throws IOException also for an event that is too large */
    Optional<Event> next() throws IOException {
        StringBuilder data = new StringBuilder();
        String name = MESSAGE;
        boolean any = false;
        int bytes = 0;
        while (true) {
            Optional<String> line = line();
            if (line.isEmpty()) {
                return Optional.empty(); // an event that was not finished is none
            }
            if (line.get().isEmpty()) {
                if (any) {
                    return Optional.of(new Event(name, data.toString()));
                }
                name = MESSAGE;
                bytes = 0;
                continue;
            }
            String field = field(line.get());
            String value = value(line.get());
            boolean isData = field.equals("data");
            boolean isName = field.equals("event");
            if (isData || isName) {
                bytes += lineBytes;
                if (bytes > EVENT_BYTES_MAX) {
                    throw new IOException("an event of more than " + EVENT_BYTES_MAX + " bytes");
                }
            }
            if (isData) {
                data.append(any ? "\n" : "").append(value);
                any = true;
            } else if (isName) {
                name = value.isEmpty() ? MESSAGE : value;
            }
        }
    }

    private static String field(String line) {
        int colon = line.indexOf(':');
        return colon < 0 ? line : line.substring(0, colon);
    }

    private static String value(String line) {
        int colon = line.indexOf(':');
        if (colon < 0) {
            return "";
        }
        String value = line.substring(colon + 1);
        return value.startsWith(" ") ? value.substring(1) : value;
    }

    /** Lines end with CR LF, LF or CR. */
    private Optional<String> line() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        while (true) {
            int b = in.read();
            if (b == '\n' && afterReturn) {
                afterReturn = false;
                continue;
            }
            afterReturn = b == '\r';
            if (b < 0) {
                return Optional.empty();
            }
            if (b == '\n' || b == '\r') {
                lineBytes = bytes.size();
                return Optional.of(text(bytes));
            }
            if (bytes.size() >= EVENT_BYTES_MAX) {
                throw new IOException("a line of more than " + EVENT_BYTES_MAX + " bytes");
            }
            bytes.write(b);
        }
    }

    /** A byte order mark may come first. */
    private String text(ByteArrayOutputStream line) {
        String text = line.toString(StandardCharsets.UTF_8);
        boolean marked = !begun && text.startsWith("\ufeff");
        begun = true;
        return marked ? text.substring(1) : text;
    }
}
