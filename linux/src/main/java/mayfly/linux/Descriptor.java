package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * An open file descriptor. A number that is closed while another thread uses it may by then name somebody else's file,
 * so each use is bracketed by {@link #enter} and {@link #leave}, and the last one out closes.
 */
final class Descriptor implements AutoCloseable {
    // fcntl.h, asm-generic values (x86-64, arm64 differ only in O_DIRECTORY and O_NOFOLLOW)
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0100;
    static final int O_CLOEXEC = 02000000;
    static final int O_PATH = 010000000;
    static final boolean ARM64 = System.getProperty("os.arch").equals("aarch64");
    static final int O_DIRECTORY = ARM64 ? 040000 : 0200000;
    static final int O_NOFOLLOW = ARM64 ? 0100000 : 0400000;

    private static final MethodHandle OPEN = Libc.function(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = Libc.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final int number;
    private final String object;

    // guarded by this; nothing else is locked while it is held
    private int users;
    private boolean closed;

    /** Takes over an open descriptor. */
    Descriptor(int number, String object) {
        this.number = number;
        this.object = object;
    }

    /** open(2) with O_CLOEXEC. */
    static Descriptor open(String path, int flags, int mode) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int fd = (int) OPEN.invokeExact(errno, arena.allocateFrom(path), flags | O_CLOEXEC, mode);
            if (fd < 0) {
                throw new ErrnoException("open", Libc.errno(errno), path);
            }
            return new Descriptor(fd, path);
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** What the errors name. */
    String object() {
        return object;
    }

    /** The number, valid until {@link #leave}. EBADF when closed already. */
    synchronized int enter(String call) throws ErrnoException {
        if (closed) {
            throw new ErrnoException(call, Errno.EBADF, object);
        }
        users++;
        return number;
    }

    synchronized void leave() {
        users--;
        if (closed && users == 0) {
            closeNumber();
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (users == 0) {
                closeNumber();
            }
        }
    }

    private void closeNumber() {
        try (Arena arena = Arena.ofConfined()) {
            // The result says nothing to act on: Linux has freed the number even when it reports an error.
            var _ = (int) CLOSE.invokeExact(Libc.captured(arena), number);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }
}
