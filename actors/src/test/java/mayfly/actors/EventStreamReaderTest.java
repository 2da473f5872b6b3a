package mayfly.actors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.actors.EventStreamReader.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule of the event stream grammar, one row each, and what no endpoint may make us hold. */
class EventStreamReaderTest {
    private static final int MAX = EventStreamReader.EVENT_BYTES_MAX;

    static List<Event> all(InputStream in) throws IOException {
        EventStreamReader reader = new EventStreamReader(in);
        List<Event> events = new ArrayList<>();
        for (Optional<Event> next = reader.next(); next.isPresent(); next = reader.next()) {
            events.add(next.get());
        }
        assertThat(reader.next()).as("after the end").isEmpty();
        return events;
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    private static Event message(String data) {
        return new Event("message", data);
    }

    private static Arguments row(String rule, String stream, Event... events) {
        return Arguments.of(rule, stream, List.of(events));
    }

    static Stream<Arguments> rules() {
        return Stream.of(
                row("a line ends with LF", "data: a\n\n", message("a")),
                row("or with CR", "data: a\r\r", message("a")),
                row("or with CR LF", "data: a\r\n\r\n", message("a")),
                row("CR LF ends one line, not two", "data: a\r\ndata: b\r\n\r\n", message("a\nb")),
                row("LF CR ends two", "data: a\n\rdata: b\n\r", message("a"), message("b")),
                row(
                        "any end after any other",
                        "data: a\rdata: b\ndata: c\r\n\rdata: d\n\n",
                        message("a\nb\nc"),
                        message("d")),
                row("CR CR LF are two ends", "data: a\r\r\ndata: b\n\n", message("a"), message("b")),
                row(
                        "no other character ends a line",
                        "data: a\u0085\u2028\u000b\f\0b\n\n",
                        message("a\u0085\u2028\u000b\f\0b")),
                row("a byte order mark at the start is skipped", "\ufeffdata: a\n\n", message("a")),
                row("one", "\ufeff\ufeffdata: a\n\ndata: b\n\n", message("b")),
                row("and only there", "data: a\n\n\ufeffdata: b\n\ndata: \ufeff\n\n", message("a"), message("\ufeff")),
                row("a comment says nothing", ": data: a\n:\n::\n\n"),
                row("not in the middle of an event either", "data: a\n: b\ndata: c\n\n", message("a\nc")),
                row("a field without a colon has no value", "data\n\n", message("")),
                row("twice", "data\ndata\n\n", message("\n")),
                row("an empty value is one", "data:\ndata:a\ndata:\n\n", message("\na\n")),
                row("one space is removed after the colon", "data:  a \n\n", message(" a ")),
                row("and need not be there", "data:a\n\n", message("a")),
                row("no other white space", "data:\ta\n\n", message("\ta")),
                row("the first colon ends the name of a field", "data:a: b\n\n", message("a: b")),
                row("a field is what it is called exactly", "Data: a\n data: b\ndata : c\ndatum: d\n\n"),
                row("an event has a name", "event: ping\ndata: a\n\n", new Event("ping", "a")),
                row("wherever it is said", "data: a\nevent: ping\n\n", new Event("ping", "a")),
                row("the last one", "event: ping\nevent: pong\ndata: a\n\n", new Event("pong", "a")),
                row("an empty one is none", "event: ping\nevent:\ndata: a\n\n", message("a")),
                row(
                        "the next event has not the same",
                        "event: ping\ndata: a\n\ndata: b\n\n",
                        new Event("ping", "a"),
                        message("b")),
                row("also when the first had no data", "event: ping\n\ndata: b\n\n", message("b")),
                row("an event without data is none", "event: ping\n\n\n\n"),
                row("ids and times to retry say nothing", "id: 7\nretry: 10\ndata: a\nid\nretry: x\n\n", message("a")),
                row("nor do other fields", "x: y\ndata: a\nnothing\n\n", message("a")),
                row("what no empty line ends is no event", "data: a\n\ndata: b\n", message("a")),
                row("what no line end ends is no line", "data: a\n\ndata: b", message("a")),
                row("nothing is no event", ""),
                row("text is UTF-8", "event: ü\ndata: 💥\n\n", new Event("ü", "💥")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void theGrammar(String rule, String stream, List<Event> events) throws IOException {
        assertThat(all(bytes(stream))).as(rule).isEqualTo(events);
    }

    @Test
    void whatIsNoUtf8IsReplaced() throws IOException {
        byte[] stream = {'d', 'a', 't', 'a', ':', (byte) 0xff, (byte) 0xc3, '\n', '\n'};
        assertThat(all(new ByteArrayInputStream(stream))).containsExactly(message("\ufffd\ufffd"));
    }

    /** A heartbeat or a start must not wait for what follows it, also after a CR that a LF may follow. */
    @ParameterizedTest
    @MethodSource("endsOfLines")
    void anEventIsToldWithoutALookAtWhatFollows(String end) throws IOException {
        InputStream in = new SequenceInputStream(bytes("data: a" + end + end), new Cut());
        EventStreamReader reader = new EventStreamReader(in);
        assertThat(reader.next()).contains(message("a"));
        assertThatThrownBy(reader::next).isInstanceOf(IOException.class).hasMessage("cut");
    }

    static Stream<String> endsOfLines() {
        return Stream.of("\n", "\r", "\r\n");
    }

    @Test
    void aLineIsAsLongAsItMayBeAndNoLonger() throws IOException {
        String longest = "a".repeat(MAX - "data:".length());
        assertThat(all(bytes("data:" + longest + "\n\n"))).containsExactly(message(longest));
        assertThat(all(bytes(":" + "a".repeat(MAX - 1) + "\ndata:a\n\n"))).containsExactly(message("a"));
        refused("data:" + longest + "a\n\n", "a line of more than 65536 bytes");
        refused(":" + "a".repeat(MAX), "a line of more than 65536 bytes");
    }

    @Test
    void anEventIsAsLargeAsItMayBeAndNoLarger() throws IOException {
        String half = "a".repeat(MAX / 2 - "data:".length());
        String two = "data:" + half + "\ndata:" + half + "\n";
        assertThat(all(bytes(two + "\n" + two + ": and a comment\n\n"))).hasSize(2);
        refused(two + "data\n\n", "an event of more than 65536 bytes");
        refused(two + "event:a\n\n", "an event of more than 65536 bytes");
    }

    /** A character may take four bytes; it is bytes that are counted. */
    @Test
    void bytesAreCountedNotCharacters() throws IOException {
        String line = "data:" + "ü".repeat(MAX / 4) + "\n";
        refused(line + line, "an event of more than 65536 bytes");
    }

    @Test
    void whatNeverEndsIsRefusedBeforeMoreIsReadThanMayBeHeld() {
        for (String endless : List.of("a", "data:a\n", "data\r\n", "event: a\n", "data:ü\n", "\u00ff")) {
            Endless in = new Endless(endless.getBytes(UTF_8));
            assertThatThrownBy(() -> new EventStreamReader(in).next())
                    .as(endless)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("of more than 65536 bytes");
            assertThat(in.read).as(endless).isLessThanOrEqualTo(2 * MAX);
        }
    }

    /** What says nothing is not counted, for it is not held: an endpoint may send comments for days. */
    @Test
    void whatSaysNothingMayGoOn() throws IOException {
        String nothing = ": ping\nid: 7\nretry\nother: x\n\nevent: ping\n\n".repeat(MAX / 8);
        assertThat(all(bytes(nothing + "data: a\n" + ": ping\n".repeat(MAX) + "\n")))
                .containsExactly(message("a"));
    }

    private static void refused(String stream, String how) {
        assertThatThrownBy(() -> all(bytes(stream)))
                .isInstanceOf(IOException.class)
                .hasMessage(how);
    }

    /** The same bytes again and again, counted. */
    private static final class Endless extends InputStream {
        private final byte[] again;
        private int read;

        Endless(byte[] again) {
            this.again = again;
        }

        @Override
        public int read() {
            assertThat(read).as("bytes read").isLessThan(100 * MAX);
            return again[read++ % again.length] & 0xff;
        }

        @Override
        public int read(byte[] into, int at, int length) {
            for (int i = 0; i < length; i++) {
                into[at + i] = (byte) read();
            }
            return length;
        }
    }

    /** The network is gone. */
    private static final class Cut extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("cut");
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            throw new IOException("cut");
        }
    }
}
