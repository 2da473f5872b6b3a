package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A regular file of a {@link HostVolume} that is open. Results are counts or negative errnos; -EBADF after the close. For
 * one thread, besides the close.
 */
public final class VolumeFile implements AutoCloseable {
    /** fcntl.h: the kinds of struct flock. */
    public static final int READ_LOCK = 0;

    public static final int WRITE_LOCK = 1;
    public static final int UNLOCK = 2;
    /** Locks of an open file, not of a process: ours would all be one process's. */
    private static final int F_OFD_GETLK = 36;

    private static final int F_OFD_SETLK = 37;
    private static final int LOCK_NB = 4;

    private static final MethodHandle PWRITE =
            Libc.function("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FTRUNCATE =
            Libc.function("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FSYNC = Libc.function("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FCHMOD =
            Libc.function("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle FLOCK =
            Libc.function("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle FUTIMENS =
            Libc.function("futimens", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle FCNTL = Libc.function(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final long OMIT = (1L << 30) - 2; // UTIME_OMIT
    private static final long SECOND = 1_000_000_000L;

    private final Descriptor descriptor;
    private final HostStatus opened;

    VolumeFile(Descriptor descriptor, HostStatus opened) {
        this.descriptor = descriptor;
        this.opened = opened;
    }

    /** As it was when it was opened. */
    public HostStatus openStatus() {
        return opened;
    }

    private interface Call {
        long on(int fd, MemorySegment errno, Arena arena) throws Throwable;
    }

    private long with(Call call) {
        int fd;
        try {
            fd = descriptor.enter("file");
        } catch (ErrnoException closed) {
            return -closed.errno();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            long result = call.on(fd, errno, arena);
            return result < 0 ? -Libc.errno(errno) : result;
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            descriptor.leave();
        }
    }

    /** As it is now. */
    public HostStatus status() {
        try {
            int fd = descriptor.enter("statx");
            try {
                return FileCalls.ofThread().status(fd);
            } finally {
                descriptor.leave();
            }
        } catch (ErrnoException closed) {
            return HostStatus.failed(closed.errno());
        }
    }

    /** pread(2) into guest memory. */
    public long read(Memory to, long at, int count, long offset) {
        int fd;
        try {
            fd = descriptor.enter("pread");
        } catch (ErrnoException closed) {
            return -closed.errno();
        }
        try {
            return FileCalls.ofThread().read(fd, to.segment().asSlice(at, count), count, offset);
        } finally {
            descriptor.leave();
        }
    }

    /** pwrite(2) from guest memory. */
    public long write(Memory from, long at, int count, long offset) {
        MemorySegment bytes = from.segment().asSlice(at, count);
        return with((fd, errno, _) -> (long) PWRITE.invokeExact(errno, fd, bytes, (long) count, offset));
    }

    public long truncate(long size) {
        return with((fd, errno, _) -> (int) FTRUNCATE.invokeExact(errno, fd, size));
    }

    /** fsync(2). */
    public long sync() {
        return with((fd, errno, _) -> (int) FSYNC.invokeExact(errno, fd));
    }

    public long chmod(int mode) {
        return with((fd, errno, _) -> (int) FCHMOD.invokeExact(errno, fd, mode));
    }

    /** futimens(2), in nanoseconds since 1970; {@link Long#MIN_VALUE} leaves one as it is. */
    public long setTimes(long accessed, long modified) {
        return with((fd, errno, arena) -> {
            MemorySegment times = arena.allocate(32, 8);
            put(times, 0, accessed);
            put(times, 16, modified);
            return (int) FUTIMENS.invokeExact(errno, fd, times);
        });
    }

    private static void put(MemorySegment times, long at, long nanos) {
        boolean omit = nanos == Long.MIN_VALUE;
        times.set(JAVA_LONG, at, omit ? 0 : Math.floorDiv(nanos, SECOND));
        times.set(JAVA_LONG, at + 8, omit ? OMIT : Math.floorMod(nanos, SECOND));
    }

    /** flock(2) without waiting: -EAGAIN. */
    public long lockWhole(int operation) {
        return with((fd, errno, _) -> (int) FLOCK.invokeExact(errno, fd, operation | LOCK_NB));
    }

    /**
     * Locks a range, without waiting: -EAGAIN.
     *
     * @param kind one of {@link #READ_LOCK}, {@link #WRITE_LOCK}, {@link #UNLOCK}
     * @param length 0: to the end
     */
    public long lock(int kind, long start, long length) {
        return with((fd, errno, arena) ->
                (int) FCNTL.invokeExact(errno, fd, F_OFD_SETLK, flock(arena, kind, start, length)));
    }

    /** The kind of a lock of somebody else's that is in the way; {@link #UNLOCK}: none. */
    public int lockInTheWay(int kind, long start, long length) {
        return (int) with((fd, errno, arena) -> {
            MemorySegment lock = flock(arena, kind, start, length);
            int failed = (int) FCNTL.invokeExact(errno, fd, F_OFD_GETLK, lock);
            return failed < 0 ? failed : lock.get(JAVA_SHORT, 0);
        });
    }

    /** struct flock: l_type 0, l_whence 2, l_start 8, l_len 16, l_pid 24. */
    private static MemorySegment flock(Arena arena, int kind, long start, long length) {
        MemorySegment lock = arena.allocate(32, 8);
        lock.set(JAVA_SHORT, 0, (short) kind);
        lock.set(JAVA_LONG, 8, start);
        lock.set(JAVA_LONG, 16, length);
        return lock;
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
