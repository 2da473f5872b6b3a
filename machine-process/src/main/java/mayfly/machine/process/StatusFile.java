package mayfly.machine.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32;

/** The file {@code status}: a record of fixed size with a checksum, the first of all truths (PROTOCOL.md, section 4). */
final class StatusFile {
    static final int BYTES = 2048;
    private static final String MAGIC = "mayfly1 ";
    private static final int CRC_AT = 8;
    private static final int LENGTH_AT = 17;
    private static final int JSON_AT = 32;

    private StatusFile() {}

    /** What the file says; empty when there is none, it is a torn write, or it is not ours. */
    static Optional<MonitorStatus> read(SupervisedDirectory directory) throws IOException {
        try (InputStream in = Files.newInputStream(directory.file("status"), LinkOption.NOFOLLOW_LINKS)) {
            return parse(in.readNBytes(BYTES + 1));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    /** Whether a monitor was here. */
    static boolean exists(SupervisedDirectory directory) {
        return Files.exists(directory.file("status"), LinkOption.NOFOLLOW_LINKS);
    }

    static Optional<MonitorStatus> parse(byte[] bytes) {
        if (bytes.length != BYTES) {
            return Optional.empty();
        }
        String header = new String(bytes, 0, JSON_AT, StandardCharsets.ISO_8859_1);
        if (!header.matches("mayfly1 [0-9a-f]{8} [0-9]{4} {10}\n")) {
            return Optional.empty();
        }
        int length = Integer.parseInt(header, LENGTH_AT, LENGTH_AT + 4, 10);
        if (length > BYTES - JSON_AT) {
            return Optional.empty();
        }
        long crc = HexFormat.fromHexDigitsToLong(header, CRC_AT, CRC_AT + 8);
        return crc == crc(bytes, JSON_AT, length) ? MonitorStatus.parse(bytes, JSON_AT, length) : Optional.empty();
    }

    /** The file's bytes for a JSON object of at most 2,015 bytes. */
    static byte[] encode(String json) {
        byte[] text = (json + "\n").getBytes(StandardCharsets.UTF_8);
        String header = MAGIC + HexFormat.of().toHexDigits(crc(text, 0, text.length), 8) + " "
                + "%04d".formatted(text.length) + " ".repeat(10) + "\n";
        byte[] bytes = new byte[BYTES];
        ByteBuffer.wrap(bytes).put(header.getBytes(StandardCharsets.US_ASCII)).put(text);
        return bytes;
    }

    /**
     * Records that a command was never started and never will be: a monitor that comes late finds its directory used.
     * Only for who holds the directory's lock and found no status.
     */
    static void writeNeverStarted(SupervisedDirectory directory, int errno, String stage, long nowMillis, String boot)
            throws IOException {
        String json = ("{\"v\":1,\"task\":\"%s\",\"seq\":1,\"state\":\"failed\",\"monitor\":0,\"monitor_start\":0,"
                        + "\"pid\":0,\"start\":0,\"boot\":\"%s\",\"started_ms\":0,\"ended_ms\":%d,\"exit_code\":-1,"
                        + "\"signal\":0,\"cause\":\"\",\"errno\":%d,\"stage\":\"%s\",\"detail\":\"\",\"user_us\":0,"
                        + "\"system_us\":0,\"max_rss_bytes\":0}")
                .formatted(directory.name(), boot, nowMillis, errno, stage);
        Path file = directory.file("status");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(encode(json));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        }
    }

    private static long crc(byte[] bytes, int offset, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, offset, length);
        return crc.getValue();
    }
}
