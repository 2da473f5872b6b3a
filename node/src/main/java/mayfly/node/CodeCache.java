package mayfly.node;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import org.jspecify.annotations.Nullable;

/**
 * Functions' code as directories under {@code <data>/code/<sha256>}, unpacked from artifacts. A directory appears whole
 * or not at all; sandboxes see it read-only, under another uid, so its files are world-readable.
 */
final class CodeCache {
    private final Path root;

    CodeCache(Path root) throws IOException {
        this.root = Files.createDirectories(root);
        sweepUnfinished();
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The directory of an artifact that was unpacked before, or null. */
    @Nullable
    Path find(String sha256) {
        Path directory = root.resolve(sha256);
        return Files.isDirectory(directory) ? directory : null;
    }

    /** Unpacks an artifact unless that was done before. */
    Path unpack(String sha256, byte[] archive) throws RefusedException, IOException {
        Path ready = find(sha256);
        if (ready != null) {
            return ready;
        }
        Path partial = Files.createTempDirectory(root, ".partial-");
        try {
            Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
            CodeArchive.read(archive, (path, bytes, executable) -> write(partial, path, bytes, executable));
            Path target = root.resolve(sha256);
            try {
                return Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException e) {
                return target; // another deployment of the same bytes was faster
            }
        } catch (FileAlreadyExistsException e) {
            throw new RefusedException(
                    ErrorCode.FUNCTION_INVALID,
                    "the archive has two entries for '" + partial.relativize(Path.of(e.getFile())) + "'",
                    e);
        } finally {
            delete(partial);
        }
    }

    private static void write(Path directory, String path, byte[] bytes, boolean executable) throws IOException {
        Path file = directory.resolve(path);
        Path parent = file.getParent();
        if (parent != null) {
            Files.createDirectories(
                    parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        Files.write(file, bytes, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    private void sweepUnfinished() throws IOException {
        try (var entries = Files.newDirectoryStream(root, ".partial-*")) {
            for (Path partial : entries) {
                delete(partial);
            }
        }
    }

    /** Removes a directory with all in it; what cannot be removed is logged and left. */
    static void deleteQuietly(Path directory) {
        try {
            delete(directory);
        } catch (IOException e) {
            System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, "cannot remove " + directory, e);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                try {
                    Files.deleteIfExists(visited);
                } catch (NoSuchFileException e) {
                    return FileVisitResult.CONTINUE;
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
