package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The calls that {@link HostDirectory} and {@link HostFile} make: results are counts or descriptors, or negative errnos;
 * nothing is thrown and nothing is allocated, because a virtual machine's system calls wait for them. Paths are Latin-1
 * strings, one char for each byte.
 */
final class FileCalls {
    // asm-generic/unistd.h
    private static final long SYS_OPENAT2 = 437;
    // linux/openat2.h: nothing outside of the directory, no link is followed, no way through /proc
    static final long RESOLVE_NO_MAGICLINKS = 2;
    static final long RESOLVE_NO_SYMLINKS = 4;
    static final long RESOLVE_BENEATH = 8;
    static final int O_NONBLOCK = 04000;
    static final int O_NOCTTY = 0400;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7FF;
    static final int PATH_MAX = 4096;

    private static final MethodHandle OPENAT2 = Libc.function(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle STATX =
            Libc.function("statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle PREAD =
            Libc.function("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle READLINKAT =
            Libc.function("readlinkat", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle GETDENTS64 =
            Libc.function("getdents64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE = Libc.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    /** Arguments and results of one thread's calls. */
    private static final ThreadLocal<FileCalls> OF_THREAD = ThreadLocal.withInitial(FileCalls::new);

    private final MemorySegment errno = Libc.captured(Arena.ofAuto());
    private final MemorySegment path = Arena.ofAuto().allocate(PATH_MAX + 1L);
    private final MemorySegment how = Arena.ofAuto().allocate(24, 8);
    private final MemorySegment empty = Arena.ofAuto().allocate(1);
    /** struct statx of linux/stat.h. */
    private final MemorySegment statx = Arena.ofAuto().allocate(256, 8);

    private FileCalls() {}

    static FileCalls ofThread() {
        return OF_THREAD.get();
    }

    /** openat2(2), closed on exec, with the three RESOLVE flags above. */
    int open(int directory, String relative, int flags) {
        return open(directory, relative, flags, 0);
    }

    /** The same, with the mode of a file that it makes. */
    int open(int directory, String relative, int flags, int mode) {
        int length = relative.length();
        if (length > PATH_MAX - 1) {
            return -Errno.ENAMETOOLONG;
        }
        byte[] bytes = relative.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(bytes, 0, path, JAVA_BYTE, 0, length);
        path.set(JAVA_BYTE, length, (byte) 0);
        how.set(JAVA_LONG, 0, flags | Descriptor.O_CLOEXEC);
        how.set(JAVA_LONG, 8, mode);
        how.set(JAVA_LONG, 16, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        try {
            return (int)
                    result((long) OPENAT2.invokeExact(errno, SYS_OPENAT2, (long) directory, path, how, how.byteSize()));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    HostStatus status(int fd) {
        try {
            int failed = (int) STATX.invokeExact(errno, fd, empty, AT_EMPTY_PATH, STATX_BASIC_STATS, statx);
            return failed != 0 ? HostStatus.failed(Libc.errno(errno)) : HostStatus.of(statx);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    long read(int fd, MemorySegment to, long count, long offset) {
        try {
            return result((long) PREAD.invokeExact(errno, fd, to, count, offset));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** The target of the link that a descriptor made with O_PATH names; null when it cannot be read. */
    @org.jspecify.annotations.Nullable
    String readLink(int fd) {
        try {
            long count = result((long) READLINKAT.invokeExact(errno, fd, empty, path, (long) PATH_MAX));
            if (count < 0 || count >= PATH_MAX) {
                return null;
            }
            byte[] bytes = new byte[(int) count];
            MemorySegment.copy(path, JAVA_BYTE, 0, bytes, 0, bytes.length);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    long list(int fd, MemorySegment to) {
        try {
            return result((long) GETDENTS64.invokeExact(errno, fd, to, to.byteSize()));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    void close(int fd) {
        try {
            // The result says nothing to act on: Linux has freed the number even when it reports an error.
            var _ = (int) CLOSE.invokeExact(errno, fd);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private long result(long value) {
        return value < 0 ? -Libc.errno(errno) : value;
    }
}
