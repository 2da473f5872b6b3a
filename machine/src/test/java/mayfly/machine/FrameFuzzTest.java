package mayfly.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Can bytes hurt us? Replay a failure with {@code -Dmayfly.seed=N}. */
final class FrameFuzzTest {
    private static final int ROUNDS = 20_000;

    @Test
    void noBytesMakeTheReaderThrowOrRunOn() throws IOException {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("frame fuzz seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] raw = mutated(random);
            var reader = new FrameReader(
                    new Wire(raw, raw.length).replay(1 + random.nextInt(64)),
                    ByteBuffer.allocate(8 + random.nextInt(100)));
            int messages = 0;
            FrameRead read = reader.next();
            while (read instanceof FrameRead.Whole(Frame frame)) {
                messages++;
                if (frame.type() == FrameType.RESPONSE) {
                    assertThat(AgentAnswerCodec.answer(frame.meta())).isNotNull();
                }
                AgentAnswerCodec.logStream(frame.meta());
                read = reader.next();
            }
            assertThat(messages).as("seed %d round %d", seed, round).isLessThanOrEqualTo(raw.length / 8);
        }
    }

    /** A few good frames, then some bytes changed, cut or doubled. */
    private static byte[] mutated(SplittableRandom random) throws IOException {
        var wire = new Wire();
        var writer = new FrameWriter(wire, ByteBuffer.allocate(32));
        for (int i = random.nextInt(4); i >= 0; i--) {
            byte[] meta = META[random.nextInt(META.length)].getBytes(java.nio.charset.StandardCharsets.UTF_8);
            for (int hits = random.nextInt(3); hits > 0 && meta.length > 0; hits--) {
                meta[random.nextInt(meta.length)] = (byte) random.nextInt(256);
            }
            FrameType type = Objects.requireNonNull(FrameType.ofCode(1 + random.nextInt(5)));
            writer.write(new Frame(type, meta, FrameTest.pattern(random.nextInt(200))));
        }
        byte[] raw = wire.sent();
        for (int hits = random.nextInt(4); hits > 0; hits--) {
            raw[random.nextInt(raw.length)] = (byte) random.nextInt(256);
        }
        return java.util.Arrays.copyOf(raw, random.nextInt(4) == 0 ? random.nextInt(raw.length + 1) : raw.length);
    }

    private static final String[] META = {
        "",
        "{}",
        "{\"status\":\"ok\",\"json\":true,\"us\":123}",
        "{\"status\":\"error\",\"us\":1,\"error\":{\"type\":\"E\",\"message\":\"\\u00e4\",\"line\":3,\"x\":[[{}]]}}",
        "{\"status\":\"exited\",\"signal\":9}",
        "{\"stream\":2}"
    };
}
