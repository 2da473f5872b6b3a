package mayfly.machine.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
import mayfly.monitor.MonitorBinary;

/** Puts the monitor's binary where it can be executed, and where running monitors of other versions keep theirs. */
final class MonitorExecutable {
    private MonitorExecutable() {}

    /**
     * The executable {@code <run>/bin/<hash>/mayfly-monitor}, written when it is not there yet or is another. The hash
     * only keeps versions apart and the content decides, so that a node's start does not pay for loading the JDK's
     * cryptography (40 ms).
     */
    static Path extract(Path run) throws IOException {
        byte[] bytes = MonitorBinary.bytes();
        Path directory = run.resolve("bin").resolve(hash(bytes));
        Path executable = directory.resolve("mayfly-monitor");
        if (Files.isRegularFile(executable, LinkOption.NOFOLLOW_LINKS)
                && Files.isExecutable(executable)
                && Arrays.equals(Files.readAllBytes(executable), bytes)) {
            return executable;
        }
        Files.createDirectories(directory);
        // The name it is executed by comes last: a file of that name is whole, and a busy one is never written to.
        Path temporary =
                directory.resolve(".mayfly-monitor." + ProcessHandle.current().pid());
        try {
            Files.write(temporary, bytes);
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(temporary, executable, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return executable;
    }

    private static String hash(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return HexFormat.of().toHexDigits(crc.getValue(), 8) + "-" + bytes.length;
    }
}
