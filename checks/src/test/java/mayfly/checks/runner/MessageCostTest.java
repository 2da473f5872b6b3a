package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reading and writing a message costs in memory: hostile bytes little, ours once. */
class MessageCostTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int HOSTILE_MESSAGE_BYTES = 4 << 20;

    /** Of the costliest part, an entry of a map; the part of the message that is not read is a few times this. */
    private static final long HOSTILE_COST_MAX = 64 << 20;

    /** Megabytes of whatever is smallest, with counts that are true or are not. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "01ffffffff0f", // events: a count of 32 bits
                "01ffffff7f", // events: a count of 28 bits
                "01ffff0f", // 262143 events
                "02ffff0f", // 262143 checkpoints
                "05000000000000ffff0f", // 262143 empty keys
                "05000000000002ffff0f", // the same, to be put
                "06000000000000000000000000c800ffff03", // 65535 headers
                "0000000000000000000001ffff03", // 65535 names of actors
            })
    void hostileBytesCostLittle(String start) {
        byte[] bytes = Arrays.copyOf(HexFormat.of().parseHex(start), HOSTILE_MESSAGE_BYTES);
        // Distinct names and valid tags follow for a long way, so that the parts are really made.
        for (int at = start.length() / 2, number = 0; at + 5 < bytes.length; at += 5, number++) {
            if (start.endsWith("ff03")) {
                bytes[at] = 3;
                bytes[at + 1] = (byte) (1 + number % 127);
                bytes[at + 2] = (byte) (1 + number / 127 % 127);
                bytes[at + 3] = (byte) (1 + number / 127 / 127);
            }
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            RunnerProtocol.decodeToServer(bytes);
        } catch (MalformedMessageException e) {
            assertThat(e).hasMessageContaining(" at byte ");
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(HOSTILE_COST_MAX);
    }

    @Test
    void aMessageIsWrittenIntoOneArray() {
        RandomMessages messages = new RandomMessages(new Random(5));
        var large = new ToServer.TunnelMessage(
                new MessageId(1, 2, 3), new ToServerKind.ResponseChunk(new byte[1 << 20], true));
        for (int warmUp = 0; warmUp < 100; warmUp++) {
            RunnerProtocol.encode(messages.toServer());
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        byte[] bytes = RunnerProtocol.encode(large);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
                .isBetween((long) bytes.length, bytes.length + 1_000L);
    }
}
