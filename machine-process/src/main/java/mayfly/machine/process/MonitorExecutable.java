package mayfly.machine.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import mayfly.monitor.MonitorBinary;

/** Puts the monitor's binary where it can be executed, and where running monitors of other versions keep theirs. */
final class MonitorExecutable {
    private MonitorExecutable() {}

    /**
     * The executable {@code <run>/bin/<sha256>/mayfly-monitor}, written when it is not there yet. A file of that name is
     * whole: it gets the name last.
     */
    static Path extract(Path run) throws IOException {
        byte[] bytes = MonitorBinary.bytes();
        Path directory = run.resolve("bin").resolve(HexFormat.of().formatHex(sha256(bytes)));
        Path executable = directory.resolve("mayfly-monitor");
        if (Files.isRegularFile(executable, LinkOption.NOFOLLOW_LINKS) && Files.size(executable) == bytes.length) {
            return executable;
        }
        Files.createDirectories(directory);
        Path temporary = Files.createTempFile(directory, "mayfly-monitor", ".tmp");
        try {
            Files.write(temporary, bytes);
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(temporary, executable, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return executable;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
