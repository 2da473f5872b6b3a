package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the host, and through it what is below, for reading only. The kernel is told with each call to stay
 * beneath the directory and to follow no symbolic link (openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and
 * RESOLVE_NO_MAGICLINKS), so that neither ".." nor a link made at the wrong moment leads out. Paths and names are Latin-1
 * strings, one char for each byte; paths are relative, "." is the directory itself. Errors are positive errnos.
 */
public final class HostDirectory implements AutoCloseable {
    // sys/stat.h
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int LIST_BYTES = 32 << 10;

    private final Descriptor descriptor;
    private final int number;

    private HostDirectory(Descriptor descriptor, int number) {
        this.descriptor = descriptor;
        this.number = number;
    }

    /** Opens a directory by a path of the host's, which may go through links. */
    public static HostDirectory open(Path directory) throws ErrnoException {
        Descriptor descriptor = Descriptor.open(directory.toString(), Descriptor.O_PATH | Descriptor.O_DIRECTORY, 0);
        int number = descriptor.enter("open");
        descriptor.leave();
        return new HostDirectory(descriptor, number);
    }

    /**
     * What a path names; a link at its end is named itself.
     *
     * @return its error is ELOOP when there is a link before the end, EXDEV when the path leads out
     */
    public HostStatus status(String path) {
        FileCalls calls = FileCalls.ofThread();
        int fd = calls.open(number, path, Descriptor.O_PATH | Descriptor.O_NOFOLLOW);
        if (fd < 0) {
            return HostStatus.failed(-fd);
        }
        HostStatus status = calls.status(fd);
        calls.close(fd);
        return status;
    }

    /** The target of a symbolic link; null when it is none. */
    public @Nullable String readLink(String path) {
        FileCalls calls = FileCalls.ofThread();
        int fd = calls.open(number, path, Descriptor.O_PATH | Descriptor.O_NOFOLLOW);
        if (fd < 0) {
            return null;
        }
        String target = calls.readLink(fd);
        calls.close(fd);
        return target;
    }

    /**
     * An opened file or why not.
     *
     * @param error 0, or a positive errno and no file
     */
    public record Opened(int error, @Nullable HostFile file) {}

    /** Opens a regular file for reading; EACCES for anything else. */
    public Opened open(String path) {
        HostStatus before = status(path);
        if (before.error() != 0 || (before.mode() & TYPE) != REGULAR) {
            return new Opened(before.error() != 0 ? before.error() : Errno.EACCES, null); // a device's open may act
        }
        FileCalls calls = FileCalls.ofThread();
        int flags = Descriptor.O_RDONLY | Descriptor.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY;
        int fd = calls.open(number, path, flags);
        if (fd < 0) {
            return new Opened(-fd, null);
        }
        HostStatus status = calls.status(fd);
        if (status.error() != 0 || (status.mode() & TYPE) != REGULAR) {
            calls.close(fd);
            return new Opened(status.error() != 0 ? status.error() : Errno.EACCES, null);
        }
        return new Opened(0, new HostFile(new Descriptor(fd, path), status));
    }

    /**
     * An entry of a directory.
     *
     * @param type as d_type: 4 directory, 8 regular file, 10 link, 0 unknown
     */
    public record Entry(String name, long inode, int type) {}

    /**
     * Adds the entries of a directory to a list, also "." and "..", in the file system's order.
     *
     * @param max entries are as many as this at most
     * @return 0, or a positive errno; EOVERFLOW when there are more
     */
    public int list(String path, int max, List<Entry> to) {
        FileCalls calls = FileCalls.ofThread();
        int fd = calls.open(number, path, Descriptor.O_RDONLY | Descriptor.O_DIRECTORY | Descriptor.O_NOFOLLOW);
        if (fd < 0) {
            return -fd;
        }
        List<Entry> entries = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(LIST_BYTES, 8);
            while (true) {
                long count = calls.list(fd, buffer);
                if (count <= 0) {
                    to.addAll(entries);
                    return (int) -count;
                }
                // struct linux_dirent64: d_ino 0, d_off 8, d_reclen 16, d_type 18, d_name 19
                for (long at = 0; at < count; at += buffer.get(JAVA_SHORT_UNALIGNED, at + 16) & 0xFFFF) {
                    if (entries.size() == max) {
                        return Errno.EOVERFLOW;
                    }
                    String name = buffer.getString(at + 19, StandardCharsets.ISO_8859_1);
                    entries.add(new Entry(name, buffer.get(JAVA_LONG_UNALIGNED, at), buffer.get(JAVA_BYTE, at + 18)));
                }
            }
        } finally {
            calls.close(fd);
        }
    }

    /** No call may run on it any more. */
    @Override
    public void close() {
        descriptor.close();
    }
}
