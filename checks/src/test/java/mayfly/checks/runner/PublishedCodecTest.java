package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import mayfly.checks.npm.NpmPackages;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.RunnerProtocol;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Our codec and the one that Rivet publishes: the same bytes for the same messages, and the same bytes refused. */
class PublishedCodecTest {
    private static final int MESSAGES = 4_000;
    private static final HexFormat HEX = HexFormat.of();

    private static PublishedCodec published;

    private final long seed = Long.getLong("mayfly.seed", new Random().nextLong());
    private final Random random = new Random(seed);

    @BeforeAll
    static void start() throws Exception {
        published = PublishedCodec.start(NpmPackages.orSkip("@rivetkit/engine-runner-protocol"));
    }

    @AfterAll
    static void end() {
        if (published != null) {
            published.close();
        }
    }

    @Test
    void whatWeWriteItReadsAndWritesTheSame() throws Exception {
        List<String> lines = ours();
        List<String> answers = published.askEach(lines);
        for (int at = 0; at < lines.size(); at++) {
            assertThat("s " + answers.get(at))
                    .as("seed %s", seed)
                    .endsWith(lines.get(at).substring(2));
        }
    }

    @Test
    void whatItWritesWeReadAndWriteTheSame() throws Exception {
        for (String line : published.generate((int) seed, MESSAGES)) {
            assertThat(answer(line)).as("seed %s", seed).isEqualTo(line.substring(2));
        }
    }

    /** Where a byte is wrong, both say so; where it is merely different, both read the same. */
    @Test
    void whatItRefusesWeRefuse() throws Exception {
        List<String> lines = new ArrayList<>();
        for (String line : ours()) {
            lines.add(line.substring(0, 2) + mutated(line.substring(2)));
        }
        List<String> answers = published.askEach(lines);
        int malformed = 0;
        for (int at = 0; at < lines.size(); at++) {
            assertThat(answer(lines.get(at)))
                    .as("%s (seed %s)", lines.get(at), seed)
                    .isEqualTo(answers.get(at));
            malformed += answers.get(at).equals("malformed") ? 1 : 0;
        }
        assertThat(malformed).isBetween(MESSAGES / 10, MESSAGES * 9 / 10);
    }

    private List<String> ours() {
        RandomMessages messages = new RandomMessages(random);
        List<String> lines = new ArrayList<>();
        for (int at = 0; at < MESSAGES; at++) {
            lines.add(
                    random.nextBoolean()
                            ? "s " + HEX.formatHex(RunnerProtocol.encode(messages.toServer()))
                            : "c " + HEX.formatHex(RunnerProtocol.encode(messages.toClient())));
        }
        return lines;
    }

    /** As the script would answer. */
    private static String answer(String line) {
        byte[] bytes = HEX.parseHex(line.substring(2));
        try {
            return HEX.formatHex(
                    line.startsWith("s")
                            ? RunnerProtocol.encode(RunnerProtocol.decodeToServer(bytes))
                            : RunnerProtocol.encode(RunnerProtocol.decodeToClient(bytes)));
        } catch (MalformedMessageException e) {
            return "malformed";
        }
    }

    /** Mostly near the beginning, where tags and lengths are. */
    private String mutated(String hex) {
        byte[] bytes = HEX.parseHex(hex);
        int at = random.nextInt(random.nextInt(4) == 0 ? bytes.length : Math.min(bytes.length, 24));
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] = (byte) random.nextInt(256);
            case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> bytes[at] = (byte) random.nextInt(4);
            default -> bytes = stretched(bytes, at);
        }
        return HEX.formatHex(bytes);
    }

    /** If this byte is a length, it has one more byte now and is the same number. */
    private static byte[] stretched(byte[] bytes, int at) {
        byte[] longer = new byte[bytes.length + 1];
        System.arraycopy(bytes, 0, longer, 0, at + 1);
        System.arraycopy(bytes, at + 1, longer, at + 2, bytes.length - at - 1);
        longer[at] |= (byte) 0x80;
        return longer;
    }
}
