package mayfly.machine.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import mayfly.agents.AgentFiles;
import mayfly.hook.HookFiles;
import mayfly.monitor.MonitorBinary;

/** Puts what runs inside machines on disk, readable for every user, since sandboxes run as users of their own. */
final class AgentDirectory {
    private static final int HASH_CHARS = 32;

    private AgentDirectory() {}

    /** The directory {@code <run>/agents/<hash of the content>}, made when it is not there; whole when it has its name. */
    static Path install(Path run) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        AgentFiles.names().forEach(name -> files.put(name, AgentFiles.bytes(name)));
        HookFiles.names().forEach(name -> files.put(name, HookFiles.bytes(name)));
        files.put(SandboxPlan.MONITOR, MonitorBinary.bytes());
        Path parent = Files.createDirectories(run.resolve("agents"));
        Path directory = parent.resolve(hash(files));
        if (Files.isDirectory(directory)) {
            return directory;
        }
        Path temporary = Files.createTempDirectory(parent, ".new-");
        for (var file : files.entrySet()) {
            Path path = temporary.resolve(file.getKey());
            Files.write(path, file.getValue());
            boolean executed = file.getKey().equals(SandboxPlan.MONITOR);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(executed ? "r-xr-xr-x" : "r--r--r--"));
        }
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(temporary, directory, StandardCopyOption.ATOMIC_MOVE);
        return directory;
    }

    private static String hash(SortedMap<String, byte[]> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            files.forEach((name, bytes) -> {
                digest.update((name + "\0" + bytes.length + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8));
                digest.update(bytes);
            });
            return HexFormat.of().formatHex(digest.digest()).substring(0, HASH_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
