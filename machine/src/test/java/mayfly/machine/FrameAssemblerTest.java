package mayfly.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameAssemblerTest {
    private static final long SEED = Long.getLong("mayfly.seed", System.nanoTime());

    @Test
    void framesSurviveEveryCut() {
        System.out.println("frame assembler seed " + SEED);
        Random random = new Random(SEED);
        for (int round = 0; round < 200; round++) {
            List<String> sent = new ArrayList<>();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = random.nextInt(6); i >= 0; i--) {
                byte[] meta = new byte[random.nextInt(3) * random.nextInt(40)];
                byte[] bytes = new byte[random.nextInt(3) * random.nextInt(5000)];
                random.nextBytes(bytes);
                Frame frame = new Frame(FrameType.RESPONSE, meta, bytes);
                sent.add(text(frame));
                out.writeBytes(FrameAssembler.bytes(frame));
            }
            byte[] all = out.toByteArray();
            FrameAssembler assembler = new FrameAssembler();
            List<String> got = new ArrayList<>();
            for (int at = 0; at < all.length; ) {
                int count = Math.min(all.length - at, 1 + random.nextInt(random.nextBoolean() ? 3 : 4000));
                assembler.take(java.util.Arrays.copyOfRange(all, at, at + count), count, frame -> got.add(text(frame)));
                at += count;
            }
            assertThat(got).isEqualTo(sent);
            assertThat(assembler.trouble()).isNull();
        }
    }

    @Test
    void garbageIsNamedAndNothingFollows() {
        FrameAssembler assembler = new FrameAssembler();
        byte[] garbage = {0, 0, 0, 1, 9, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        assembler.take(garbage, garbage.length, _ -> {
            throw new AssertionError("no frame in there");
        });
        assertThat(assembler.trouble()).isEqualTo("frame version 9, expected 1");
        assembler.take(FrameAssembler.bytes(Frame.PING), 8, _ -> {
            throw new AssertionError("the stream has ended");
        });
    }

    private static String text(Frame frame) {
        return frame.type() + " " + java.util.HexFormat.of().formatHex(frame.meta()) + " "
                + java.util.HexFormat.of().formatHex(frame.bytes());
    }
}
