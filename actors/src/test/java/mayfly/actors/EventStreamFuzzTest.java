package mayfly.actors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mayfly.actors.EventStreamReader.Event;
import org.junit.jupiter.api.Test;

/** Whatever an endpoint sends, however the network cuts it. {@code -Dmayfly.seed=N} sends the same again. */
class EventStreamFuzzTest {
    private static final int MAX = EventStreamReader.EVENT_BYTES_MAX;
    private static final List<String> WORDS = List.of(
            "\n",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "data",
            "data:",
            "data: ",
            "event",
            "event:",
            "event: ping",
            "id: 1",
            "retry: 5",
            ":",
            " ",
            "a",
            "ü",
            "💥",
            "\ufeff",
            "\0",
            "\u0085",
            "x: y");

    private final long seed = Long.getLong("mayfly.seed", new Random().nextLong());
    private final Random random = new Random(seed);

    @Test
    void anyCutOfTheBytesGivesTheSameEventsAsTheWholeText() throws IOException {
        long events = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] stream = likely(random.nextInt(40));
            List<Event> expected = byTheBook(new String(stream, UTF_8));
            assertThat(EventStreamReaderTest.all(new ByteArrayInputStream(stream)))
                    .as("seed %s, stream %s", seed, i)
                    .isEqualTo(expected);
            assertThat(EventStreamReaderTest.all(new Cut(stream)))
                    .as("seed %s, stream %s, cut", seed, i)
                    .isEqualTo(expected);
            events += expected.size();
        }
        System.out.println("event streams: " + events + " events, seed " + seed);
        assertThat(events).as("seed %s", seed).isGreaterThan(1_000);
    }

    /** Understood or refused by name, and never more held than may be. */
    @Test
    void nothingThatIsSentBreaksIt() {
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            byte[] stream = random.nextBoolean() ? likely(random.nextInt(2_000)) : anything(random.nextInt(3 * MAX));
            try {
                for (Event event : EventStreamReaderTest.all(new Cut(stream))) {
                    assertThat(event.name().length() + event.data().length())
                            .as("seed %s, stream %s", seed, i)
                            .isLessThanOrEqualTo(MAX + "message".length());
                }
            } catch (IOException e) {
                refused++;
                assertThat(e)
                        .as("seed %s, stream %s", seed, i)
                        .hasMessageMatching("an? (line|event) of more than 65536 bytes");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", stream " + i, e);
            }
        }
        System.out.println("event streams: " + refused + " of 400 refused, seed " + seed);
        assertThat(refused).as("seed %s", seed).isBetween(20, 380);
    }

    /** Words of the grammar in any order, a byte of them spoilt now and then. */
    private byte[] likely(int words) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        boolean large = random.nextInt(4) == 0;
        for (int i = 0; i < words; i++) {
            byte[] word = WORDS.get(random.nextInt(WORDS.size())).getBytes(UTF_8);
            if (random.nextInt(50) == 0) {
                word[random.nextInt(word.length)] = (byte) random.nextInt(256);
            }
            stream.writeBytes(word);
            if (large && words > 100 && random.nextInt(200) == 0) {
                stream.writeBytes("ü".repeat(random.nextInt(MAX)).getBytes(UTF_8));
            }
        }
        return stream.toByteArray();
    }

    /** Any bytes; line ends are as rare as they happen to be, or are not there at all. */
    private byte[] anything(int length) {
        byte[] stream = new byte[length];
        random.nextBytes(stream);
        if (random.nextBoolean()) {
            for (int i = 0; i < length; i++) {
                stream[i] = stream[i] == '\n' || stream[i] == '\r' ? (byte) 'a' : stream[i];
            }
        }
        return stream;
    }

    /** The rules as the standard lists them, for a text that is all there. */
    private static List<Event> byTheBook(String text) {
        String[] lines = (text.startsWith("\ufeff") ? text.substring(1) : text).split("\r\n|\r|\n", -1);
        List<Event> events = new ArrayList<>();
        String type = "";
        String data = "";
        for (String line : List.of(lines).subList(0, lines.length - 1)) {
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    events.add(new Event(type.isEmpty() ? "message" : type, data.substring(0, data.length() - 1)));
                }
                type = "";
                data = "";
            } else if (line.equals("data") || line.startsWith("data:")) {
                data += valueOf(line) + "\n";
            } else if (line.equals("event") || line.startsWith("event:")) {
                type = valueOf(line);
            }
        }
        return events;
    }

    private static String valueOf(String line) {
        return line.contains(":") ? line.replaceFirst("^[^:]*: ?", "") : "";
    }

    /** Gives what there is in pieces of any length. */
    private final class Cut extends InputStream {
        private final ByteArrayInputStream whole;

        Cut(byte[] bytes) {
            whole = new ByteArrayInputStream(bytes);
        }

        @Override
        public int read() {
            return whole.read();
        }

        @Override
        public int read(byte[] into, int at, int length) {
            return whole.read(into, at, Math.min(length, 1 + random.nextInt(7)));
        }
    }
}
