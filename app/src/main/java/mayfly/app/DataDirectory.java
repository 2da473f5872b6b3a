package mayfly.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** A node's directory: made if absent, readable by its owner only, used by one node at a time. */
final class DataDirectory implements AutoCloseable {
    /** Counts changes of the layout; a directory written by a newer layout is refused. */
    private static final int LAYOUT = 1;

    private final Path root;
    private final FileChannel lockFile;

    private DataDirectory(Path root, FileChannel lockFile) {
        this.root = root;
        this.lockFile = lockFile;
    }

    /** @throws StartException when it cannot be used; the message says why and what to do */
    static DataDirectory open(Path root) throws StartException {
        try {
            Files.createDirectories(root);
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
            FileChannel lockFile =
                    FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                lock(root, lockFile);
                checkLayout(root);
                return new DataDirectory(root, lockFile);
            } catch (StartException | IOException e) {
                lockFile.close();
                throw e;
            }
        } catch (IOException e) {
            throw new StartException(
                    "cannot use the data directory " + root + ": " + e + "; choose another with --data DIR", e);
        }
    }

    Path root() {
        return root;
    }

    private static void lock(Path root, FileChannel lockFile) throws IOException, StartException {
        FileLock lock = lockFile.tryLock();
        if (lock == null) {
            throw new StartException("another node is using the data directory " + root
                    + "; stop it first, or start this one with --data OTHER_DIR");
        }
    }

    private static void checkLayout(Path root) throws IOException, StartException {
        Path file = root.resolve("VERSION");
        if (!Files.exists(file)) {
            Files.writeString(file, LAYOUT + "\n", StandardCharsets.UTF_8);
            return;
        }
        String text = Files.readString(file, StandardCharsets.UTF_8).strip();
        if (!text.matches("[0-9]{1,6}")) {
            throw new StartException(file + " does not hold a layout number but '" + text
                    + "'; this is not a Mayfly data directory, or it was damaged");
        }
        if (Integer.parseInt(text) > LAYOUT) {
            throw new StartException("the data directory " + root + " has layout " + text
                    + ", written by a newer Mayfly; this one knows layouts up to " + LAYOUT
                    + ": upgrade Mayfly, or start with --data OTHER_DIR");
        }
    }

    /** Gives the directory free for another node. */
    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
