package mayfly.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
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
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import org.jspecify.annotations.Nullable;

/**
 * Functions' code as directories under {@code <data>/code/<sha256>}, unpacked from artifacts. A directory appears whole
 * or not at all, and goes when nobody uses it any more; sandboxes see it read-only, under another uid, so its files are
 * world-readable.
 */
final class CodeCache {
    private static final String PARTIAL = ".partial-";

    private final Path root;
    private final ReentrantLock lock = new ReentrantLock(); // guards users, and directories' coming and going
    private final Map<String, Integer> users = new HashMap<>();

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

    /** Where an artifact's bytes come from when it was not unpacked yet. */
    interface Source {
        byte[] archive() throws IOException;
    }

    /** The directory of an artifact, which stays until it is {@link #release released} as often as it was asked for. */
    Path acquire(String sha256, Source source) throws RefusedException, IOException {
        Path target = root.resolve(sha256);
        if (!use(target)) {
            Path partial = Files.createTempDirectory(root, PARTIAL);
            try {
                unpack(source.archive(), partial);
                publish(partial, target);
            } finally {
                delete(partial);
            }
        }
        return target;
    }

    private boolean use(Path target) {
        lock.lock();
        try {
            boolean there = Files.isDirectory(target);
            if (there) {
                users.merge(target.getFileName().toString(), 1, Integer::sum);
            }
            return there;
        } finally {
            lock.unlock();
        }
    }

    private void publish(Path partial, Path target) throws IOException {
        lock.lock();
        try {
            if (!use(target)) { // else another deployment of the same bytes was faster
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
                users.put(target.getFileName().toString(), 1);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives a directory back; it is removed when that was its last user. */
    void release(String sha256) {
        lock.lock();
        try {
            users.computeIfPresent(sha256, (_, count) -> count == 1 ? null : count - 1);
        } finally {
            lock.unlock();
        }
        removeUnused(sha256);
    }

    /** Removes a directory unless somebody uses it; whoever wants it later gets it unpacked again. */
    void removeUnused(String sha256) {
        Path gone = null;
        lock.lock();
        try {
            if (!users.containsKey(sha256) && Files.isDirectory(root.resolve(sha256))) {
                gone = hidden(sha256);
            }
        } finally {
            lock.unlock();
        }
        if (gone != null) {
            deleteQuietly(gone);
        }
    }

    /** Removes what nobody uses, except what is expected to be used: an earlier node's failed and deleted functions. */
    void sweep(Set<String> expected) {
        try (var entries = Files.newDirectoryStream(root, "[0-9a-f]*")) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!expected.contains(name)) {
                    removeUnused(name);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, "old code stays in " + root, e);
        }
    }

    /** Out of the way under the lock, so that the slow part of removing it needs none; null when it cannot be. */
    private @Nullable Path hidden(String sha256) {
        try {
            Path hidden = Files.createTempDirectory(root, PARTIAL);
            Files.move(root.resolve(sha256), hidden.resolve(sha256), StandardCopyOption.ATOMIC_MOVE);
            return hidden;
        } catch (IOException e) {
            System.getLogger("mayfly.node").log(System.Logger.Level.WARNING, "code " + sha256 + " stays", e);
            return null;
        }
    }

    private static void unpack(byte[] archive, Path partial) throws RefusedException, IOException {
        try {
            Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
            CodeArchive.read(archive, (path, bytes, executable) -> write(partial, path, bytes, executable));
        } catch (FileAlreadyExistsException e) {
            throw new RefusedException(
                    ErrorCode.FUNCTION_INVALID,
                    "the archive has two entries for '" + partial.relativize(Path.of(e.getFile())) + "'",
                    e);
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
        try (var entries = Files.newDirectoryStream(root, PARTIAL + "*")) {
            for (Path partial : entries) {
                delete(partial);
            }
        }
    }

    /** What a directory holds; nothing when there is none. */
    static List<String> namesIn(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
