package mayfly.runner.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Bytes that nobody meant as messages. Whatever comes, it is a message or it is malformed, and what is a message has no
 * other bytes than these.
 */
class HostileBytesTest {
    private static final List<Golden> GOLDEN = Golden.all();

    private final long seed = Long.getLong("mayfly.seed", new Random().nextLong());
    private final Random random = new Random(seed);

    @Test
    void mutatedMessages() {
        int taken = 0;
        for (int round = 0; round < 200_000; round++) {
            Golden golden = GOLDEN.get(random.nextInt(GOLDEN.size()));
            taken += isTaken(golden.message(), mutated(golden.bytes())) ? 1 : 0;
        }
        // Else the mutations would all end at the first byte, and show nothing.
        assertThat(taken).as("messages among them, seed %s", seed).isBetween(20_000, 180_000);
    }

    @Test
    void randomBytes() {
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            isTaken(GOLDEN.get(random.nextInt(GOLDEN.size())).message(), bytes);
        }
    }

    private boolean isTaken(Object example, byte[] bytes) {
        Object message;
        try {
            message = Coding.decodeLike(example, bytes);
        } catch (MalformedMessageException e) {
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(described(bytes), e);
        }
        assertThat(Coding.encode(message)).as(described(bytes)).isEqualTo(bytes);
        return true;
    }

    private String described(byte[] bytes) {
        String hex = HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 200));
        return bytes.length + " bytes " + hex + " (seed " + seed + ", replay with -Dmayfly.seed)";
    }

    private byte[] mutated(byte[] original) {
        byte[] bytes = original.clone();
        for (int times = 1 + random.nextInt(3); times > 0 && bytes.length > 0; times--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(3));
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                default -> bytes = spliced(bytes, at);
            }
        }
        return bytes;
    }

    /** A part of another message in the middle. */
    private byte[] spliced(byte[] bytes, int at) {
        byte[] other = GOLDEN.get(random.nextInt(GOLDEN.size())).bytes();
        int from = random.nextInt(other.length);
        int length = random.nextInt(Math.min(other.length - from, 8) + 1);
        byte[] both = Arrays.copyOf(bytes, bytes.length + length);
        System.arraycopy(bytes, at, both, at + length, bytes.length - at);
        System.arraycopy(other, from, both, at, length);
        return both;
    }
}
