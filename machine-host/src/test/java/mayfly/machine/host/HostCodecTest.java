package mayfly.machine.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mayfly.base.Ids;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Outcome;
import mayfly.machine.TemplateSpec;
import org.junit.jupiter.api.Test;

class HostCodecTest {
    private static final int ROUNDS = 20_000;
    private static final Ids IDS = Ids.system();

    private final long seed = Long.getLong("mayfly.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void whatIsSaidIsHeard() {
        for (int round = 0; round < ROUNDS; round++) {
            HostFrame frame = new HostFrame(random.nextLong() >>> 1, message());
            assertThat(read(bytes(frame)))
                    .as("seed %d, %s", seed, frame)
                    .usingRecursiveComparison()
                    .isEqualTo(new HostRead.Whole(frame));
        }
    }

    /** Bits of whole messages flipped, ends cut off, or nothing but noise: a message or a reason, and no exception. */
    @Test
    void anyBytesGiveAnAnswer() {
        int malformed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = bytes(new HostFrame(round, message()));
            int flips = random.nextInt(4);
            for (int i = 0; i < flips; i++) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            if (random.nextInt(4) == 0) {
                bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            }
            if (random.nextInt(10) == 0) {
                random.nextBytes(bytes);
            }
            HostRead read = read(bytes);
            if (read instanceof HostRead.Whole(HostFrame frame)) {
                assertThat(read(bytes(frame)))
                        .as("seed %d: what was read can be said again", seed)
                        .usingRecursiveComparison()
                        .isEqualTo(read);
            } else {
                malformed++;
            }
        }
        assertThat(malformed).as("seed %d", seed).isBetween(ROUNDS / 10, ROUNDS);
    }

    @Test
    void bodiesOverTheLimitAreRefusedBeforeTheyAreRead() {
        ByteBuffer header = ByteBuffer.allocate(HostCodec.HEADER_BYTES).putInt(HostCodec.BODY_BYTES_MAX + 1);
        header.put((byte) HostCodec.VERSION).clear();
        assertThat(HostCodec.header(header)).isInstanceOf(HostCodec.Header.Bad.class);
    }

    @Test
    void longReasonsAreCutAndLongNamesRefused() {
        String euros = "€".repeat(100_000);
        HostRead read = read(bytes(new HostFrame(1, new HostMessage.Ended(new Outcome.Crashed(euros)))));
        assertThat(read).isInstanceOfSatisfying(HostRead.Whole.class, whole -> {
            String cut = ((Outcome.Crashed) ((HostMessage.Ended) whole.frame().message()).outcome()).reason();
            assertThat(cut).hasSizeBetween(5_000, 6_000).matches("€*");
        });
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HostCodec.bytes(new HostFrame(1, new HostMessage.Boot(spec(euros, Map.of())))));
    }

    @Test
    void keysTellSpecsApart() {
        TemplateSpec spec = spec("a@1", Map.of("A", "1", "B", "2"));
        assertThat(HostCodec.key(spec)).isEqualTo(HostCodec.key(spec("a@1", Map.of("B", "2", "A", "1"))));
        assertThat(HostCodec.key(spec)).isNotEqualTo(HostCodec.key(spec("a@2", spec.env())));
        assertThat(HostCodec.key(spec)).isNotEqualTo(HostCodec.key(spec("a@1", Map.of("A", "1", "B", "3"))));
    }

    private static byte[] bytes(HostFrame frame) {
        ByteBuffer buffer = HostCodec.bytes(frame);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static HostRead read(byte[] bytes) {
        if (bytes.length < HostCodec.HEADER_BYTES) {
            return new HostRead.Ended();
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return switch (HostCodec.header(buffer)) {
            case HostCodec.Header.Bad(var reason) -> new HostRead.Malformed(reason);
            case HostCodec.Header.Good good
            when good.bodyBytes() <= buffer.remaining() -> {
                byte[] body = new byte[good.bodyBytes()];
                buffer.get(body);
                yield HostCodec.message(good, body);
            }
            case HostCodec.Header.Good _ -> new HostRead.Ended();
        };
    }

    private HostMessage message() {
        return switch (random.nextInt(19)) {
            case 0 -> new HostMessage.Boot(spec(text(), Map.of(text() + "1", text(), text() + "2", text())));
            case 1 -> new HostMessage.ListTemplates();
            case 2 -> new HostMessage.CloseTemplate(number());
            case 3 ->
                new HostMessage.Exec(number(), random.nextBoolean(), IDS.invocation(), true, millis(), someBytes());
            case 4 -> new HostMessage.Ping(number(), random.nextBoolean(), random.nextInt(9999));
            case 5 -> new HostMessage.Cancel();
            case 6 -> new HostMessage.Release();
            case 7 -> new HostMessage.Ready(number());
            case 8 -> new HostMessage.InitFailed(error());
            case 9 -> new HostMessage.Refused(text());
            case 10 -> new HostMessage.Templates(listed());
            case 11 -> new HostMessage.Done();
            case 12 -> new HostMessage.Pong(random.nextBoolean());
            case 13 -> new HostMessage.Log(1 + random.nextInt(2), someBytes());
            case 14 -> new HostMessage.Ended(new Outcome.Success(someBytes(), random.nextBoolean(), number()));
            case 15 -> new HostMessage.Ended(new Outcome.HandlerError(error(), number()));
            case 17 -> new HostMessage.Forget(text());
            case 16 -> new HostMessage.Ended(new Outcome.TimedOut());
            default ->
                new HostMessage.Ended(
                        random.nextBoolean() ? new Outcome.Crashed(text()) : new Outcome.NotStarted(text()));
        };
    }

    private List<HostMessage.Listed> listed() {
        List<HostMessage.Listed> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(new HostMessage.Listed(number(), text()));
        }
        return list;
    }

    private GuestError error() {
        return new GuestError(text(), text(), text(), text(), random.nextInt(1000));
    }

    private TemplateSpec spec(String name, Map<String, String> env) {
        return new TemplateSpec(
                name,
                GuestRuntime.NODE,
                "app.handle",
                Path.of("/host/code/x"),
                new HashMap<>(env),
                128L << 20,
                8,
                false,
                Duration.ofSeconds(5));
    }

    private long number() {
        return random.nextLong() >>> 1;
    }

    private Duration millis() {
        return Duration.ofMillis(random.nextInt(100_000));
    }

    private String text() {
        return "aé€😀\n".repeat(3).substring(0, random.nextInt(3));
    }

    private byte[] someBytes() {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return bytes;
    }
}
