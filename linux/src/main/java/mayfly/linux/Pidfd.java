package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;

/**
 * A process that keeps meaning the same process: unlike its number it is never reused. Compare
 * {@link ProcessIdentity} after opening to know that it is the one you mean.
 */
public final class Pidfd implements AutoCloseable {
    // asm-generic/unistd.h; by number because the C library has no wrapper before glibc 2.36
    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;

    private static final MethodHandle PIDFD_OPEN = Libc.function(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle PIDFD_SEND_SIGNAL = Libc.function(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private final Descriptor descriptor;

    private Pidfd(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Opens a process that exists now.
     *
     * @throws ErrnoException ESRCH when there is none, EINVAL when the number is not a process, EMFILE
     */
    public static Pidfd open(int pid) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            long fd = (long) PIDFD_OPEN.invokeExact(errno, SYS_PIDFD_OPEN, (long) pid, 0L);
            if (fd < 0) {
                throw new ErrnoException("pidfd_open", Libc.errno(errno), "pid " + pid);
            }
            return new Pidfd(new Descriptor((int) fd, "pid " + pid));
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /**
     * Sends a signal; 0 only asks whether it could be sent.
     *
     * @return false when the process has ended
     * @throws ErrnoException EPERM, EINVAL
     */
    public boolean signal(int signal) throws ErrnoException {
        int fd = descriptor.enter("pidfd_send_signal");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            long result = (long) PIDFD_SEND_SIGNAL.invokeExact(
                    errno, SYS_PIDFD_SEND_SIGNAL, (long) fd, (long) signal, MemorySegment.NULL, 0L);
            if (result == 0) {
                return true;
            }
            if (Libc.errno(errno) == Errno.ESRCH) {
                return false;
            }
            throw new ErrnoException("pidfd_send_signal", Libc.errno(errno), descriptor.object());
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            descriptor.leave();
        }
    }

    /**
     * Waits for the end of the process, reaped or not. Holds a platform thread.
     *
     * @return false after the timeout
     */
    public boolean awaitExit(Duration timeout) throws ErrnoException {
        long deadline = System.nanoTime() + timeout.toNanos();
        int fd = descriptor.enter("poll");
        try {
            while (true) {
                long millis = Math.max(0, (deadline - System.nanoTime() + 999_999) / 1_000_000);
                if (Poll.readable(new int[] {fd}, (int) Math.min(millis, Integer.MAX_VALUE))[0]) {
                    return true;
                }
                if (millis == 0) {
                    return false;
                }
            }
        } finally {
            descriptor.leave();
        }
    }

    /** Whether the process has not ended yet. */
    public boolean isAlive() throws ErrnoException {
        return !awaitExit(Duration.ZERO);
    }

    Descriptor descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
