package mayfly.machine.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file {@code pid}: who the processes are, for when the monitor cannot be asked (PROTOCOL.md, section 5).
 *
 * @param command pid 0 when it had not been forked yet
 */
record MonitorPidFile(MonitorPid command, String boot, MonitorPid monitor) {
    private static final int BYTES = 128;
    private static final Pattern LINE =
            Pattern.compile("([0-9]{1,7}) ([0-9]{1,18}) ([0-9a-f-]{36}) ([0-9]{1,7}) ([0-9]{1,18}) *\n");

    /** Empty when there is no such file or it is not whole. */
    static Optional<MonitorPidFile> read(SupervisedDirectory directory) throws IOException {
        try {
            return parse(Files.readAllBytes(directory.file("pid")));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    static Optional<MonitorPidFile> parse(byte[] bytes) {
        if (bytes.length != BYTES) {
            return Optional.empty();
        }
        Matcher line = LINE.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        if (!line.matches()) {
            return Optional.empty();
        }
        return Optional.of(new MonitorPidFile(
                new MonitorPid(Integer.parseInt(line.group(1)), Long.parseLong(line.group(2))),
                line.group(3),
                new MonitorPid(Integer.parseInt(line.group(4)), Long.parseLong(line.group(5)))));
    }
}
