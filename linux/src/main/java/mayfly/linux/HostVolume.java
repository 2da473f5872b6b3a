package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the host in which files are made and changed. As with {@link HostDirectory} the kernel is told with each
 * call to stay beneath it and to follow no link; names are changed in a directory that was opened so. Only regular files
 * with one name are opened: another name may be anywhere. Paths are Latin-1 strings; results 0 or negative errnos.
 */
public final class HostVolume implements AutoCloseable {
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int O_EXCL = 0200;
    private static final int REMOVE_DIRECTORY = 0x200;

    private static final MethodHandle MKDIRAT =
            Libc.function("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle UNLINKAT =
            Libc.function("unlinkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RENAMEAT2 =
            Libc.function("renameat2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));

    private final Descriptor descriptor;
    private final int number;
    private final HostDirectory directory;

    private HostVolume(Descriptor descriptor, int number, HostDirectory directory) {
        this.descriptor = descriptor;
        this.number = number;
        this.directory = directory;
    }

    /** Opens a directory by a path of the host's, which may go through links. */
    public static HostVolume open(Path path) throws ErrnoException {
        HostDirectory directory = HostDirectory.open(path);
        try {
            Descriptor descriptor = Descriptor.open(path.toString(), Descriptor.O_PATH | Descriptor.O_DIRECTORY, 0);
            int number = descriptor.enter("open");
            descriptor.leave();
            return new HostVolume(descriptor, number, directory);
        } catch (ErrnoException e) {
            directory.close();
            throw e;
        }
    }

    /** The same directory, for looking. */
    public HostDirectory directory() {
        return directory;
    }

    /**
     * An opened file or why not.
     *
     * @param error 0, or a positive errno and no file
     */
    public record Opened(int error, @Nullable VolumeFile file) {}

    /** Opens a regular file, for writing if {@code writes}. */
    public Opened open(String path, boolean writes) {
        HostStatus before = directory.status(path);
        if (before.error() != 0) {
            return new Opened(before.error(), null);
        }
        if ((before.mode() & TYPE) != REGULAR) {
            return new Opened(Errno.EACCES, null); // a device's open may act, and a pipe's wait
        }
        return opened(path, writes ? Descriptor.O_RDWR : Descriptor.O_RDONLY, 0);
    }

    /** Makes an empty regular file under a free name. */
    public long create(String path, int mode) {
        Opened made = opened(path, Descriptor.O_RDWR | Descriptor.O_CREAT | O_EXCL, mode);
        VolumeFile file = made.file();
        if (file != null) {
            file.close();
        }
        return -made.error();
    }

    private Opened opened(String path, int access, int mode) {
        FileCalls calls = FileCalls.ofThread();
        int fd = calls.open(
                number, path, access | Descriptor.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY, mode);
        if (fd < 0) {
            return new Opened(-fd, null);
        }
        HostStatus status = calls.status(fd);
        int error = status.error() != 0 ? status.error() : mayUse(status) ? 0 : Errno.EACCES;
        if (error != 0) {
            calls.close(fd);
            return new Opened(error, null);
        }
        return new Opened(0, new VolumeFile(new Descriptor(fd, path), status));
    }

    private static boolean mayUse(HostStatus status) {
        return (status.mode() & TYPE) == REGULAR && status.links() <= 1;
    }

    private interface InDirectory {
        long run(int parent, MemorySegment name, MemorySegment errno) throws Throwable;
    }

    /** Does something with the last name of a path, in the directory that it is in. */
    private long in(String path, InDirectory work) {
        int slash = path.lastIndexOf('/');
        FileCalls calls = FileCalls.ofThread();
        int parent = calls.open(
                number, slash < 0 ? "." : path.substring(0, slash), Descriptor.O_PATH | Descriptor.O_DIRECTORY);
        if (parent < 0) {
            return parent;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            MemorySegment name = arena.allocateFrom(path.substring(slash + 1), StandardCharsets.ISO_8859_1);
            return work.run(parent, name, errno) < 0 ? -Libc.errno(errno) : 0;
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            calls.close(parent);
        }
    }

    /** mkdir(2). */
    public long makeDirectory(String path, int mode) {
        return in(path, (parent, name, errno) -> (int) MKDIRAT.invokeExact(errno, parent, name, mode));
    }

    /** unlink(2), or rmdir(2). */
    public long remove(String path, boolean isDirectory) {
        int flags = isDirectory ? REMOVE_DIRECTORY : 0;
        return in(path, (parent, name, errno) -> (int) UNLINKAT.invokeExact(errno, parent, name, flags));
    }

    /** rename(2) within the volume. */
    public long rename(String from, String to) {
        long[] failed = {0};
        long first = in(from, (fromParent, fromName, _) -> {
            failed[0] = in(to, (toParent, toName, errno) ->
                    (int) RENAMEAT2.invokeExact(errno, fromParent, fromName, toParent, toName, 0));
            return 0;
        });
        return first != 0 ? first : failed[0];
    }

    /** No call may run on it any more. */
    @Override
    public void close() {
        directory.close();
        descriptor.close();
    }
}
