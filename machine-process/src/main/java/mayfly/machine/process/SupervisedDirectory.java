package mayfly.machine.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory of one supervised command: its files, and how it comes and goes (monitor/PROTOCOL.md, section 1). */
record SupervisedDirectory(Path path) {
    private static final String SPEC = "spec";

    /** What a directory is called while it is being deleted. */
    private static final String REMOVED = ".removed-";

    private static final int DELETE_TRIES_MAX = 10;

    static boolean isName(String name) {
        return name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");
    }

    static SupervisedDirectory of(Path supervised, String name) {
        if (!isName(name)) {
            throw new IllegalArgumentException("not the name of a supervised command: " + name);
        }
        return new SupervisedDirectory(supervised.resolve(name));
    }

    /** The names of all directories, in no order. */
    static List<String> names(Path supervised) {
        try (Stream<Path> entries = Files.list(supervised)) {
            return entries.filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .map(entry -> entry.getFileName().toString())
                    .filter(SupervisedDirectory::isName)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends deletions that a crash interrupted or that failed. */
    static void finishRemovals(Path supervised) throws IOException {
        List<Path> left;
        try (Stream<Path> entries = Files.list(supervised)) {
            left = entries.filter(entry -> entry.getFileName().toString().startsWith(REMOVED))
                    .toList();
        }
        for (Path each : left) {
            delete(each);
        }
    }

    String name() {
        return path.getFileName().toString();
    }

    Path file(String name) {
        return path.resolve(name);
    }

    boolean exists() {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Makes it with its spec. Not synced to the disk: the command dies with the kernel, and what survives of the spec is
     * found cut short, or completed, by whoever looks after the restart. A sync would be the slowest part of a spawn: it
     * waits for the file system's journal, with the ends of other commands in it (3 of 6 ms on ext4).
     */
    void create(byte[] spec) throws IOException {
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        write(file(SPEC), spec, false, StandardOpenOption.CREATE_NEW);
    }

    /** Whether it holds this very spec, whole. */
    boolean hasSpec(byte[] spec) throws IOException {
        try {
            return Arrays.equals(Files.readAllBytes(file(SPEC)), spec);
        } catch (NoSuchFileException none) {
            return false;
        }
    }

    /** Replaces what an earlier node had written, perhaps only half, durably. Only behind a {@link SupervisedFence}. */
    void replaceSpec(byte[] spec) throws IOException {
        Path next = file(SPEC + ".new");
        write(next, spec, true, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        Files.move(next, file(SPEC), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(Path file, byte[] content, boolean durably, StandardOpenOption... how)
            throws IOException {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.WRITE, how);
        try (FileChannel channel = FileChannel.open(file, options)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            if (durably) {
                channel.force(true);
            }
        }
    }

    /** Takes the intent back: no monitor finds anything to run here. Needs no descriptor and no space on the disk. */
    void withdraw() throws IOException {
        Files.deleteIfExists(file(SPEC));
    }

    /**
     * Deletes it. It loses its name first, so that a crash half way leaves no directory that looks like a command which
     * was never started.
     */
    void remove() throws IOException {
        Path removed = path.resolveSibling(REMOVED + name());
        Files.move(path, removed, StandardCopyOption.ATOMIC_MOVE);
        delete(removed);
    }

    /** A monitor that ends may still make a file, its log for example, while its directory is being deleted. */
    private static void delete(Path tree) throws IOException {
        // First: a monitor that comes late, for which "status" would be a sign to leave, finds nothing to run.
        Files.deleteIfExists(tree.resolve(SPEC));
        for (int tries = 1; Files.exists(tree, LinkOption.NOFOLLOW_LINKS); tries++) {
            try {
                deleteOnce(tree);
            } catch (DirectoryNotEmptyException e) {
                if (tries == DELETE_TRIES_MAX) {
                    throw e;
                }
            }
        }
    }

    private static void deleteOnce(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // the monitor, ending, deleted it itself
                }
                throw failure;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(directory); // two may be deleting it
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
