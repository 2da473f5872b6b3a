package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A whole-file lock by flock(2). The kernel drops it when its holder dies, however it dies, so it tells the living from
 * the dead. {@code FileChannel.tryLock} takes another kind of lock that flock does not see.
 */
public final class Flock implements AutoCloseable {
    // asm-generic/fcntl.h
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private static final MethodHandle FLOCK =
            Libc.function("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private final Descriptor descriptor;

    private Flock(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Locks the file, creating it (mode 0600) when it does not exist. The lock lasts until {@link #close} or the end of
     * this process; child processes do not inherit it.
     *
     * @return empty when another holder has it
     * @throws ErrnoException the file cannot be opened or its file system has no locks
     */
    public static Optional<Flock> tryLock(Path file) throws ErrnoException {
        int flags = Descriptor.O_RDWR | Descriptor.O_CREAT | Descriptor.O_NOFOLLOW;
        Descriptor descriptor = Descriptor.open(file.toString(), flags, 0600);
        try {
            if (lock(descriptor, LOCK_EX | LOCK_NB)) {
                return Optional.of(new Flock(descriptor));
            }
        } catch (ErrnoException e) {
            descriptor.close();
            throw e;
        }
        descriptor.close();
        return Optional.empty();
    }

    /**
     * Whether somebody holds the lock now. Looking takes a shared lock for a moment, so a holder-to-be that tries at
     * that very moment is refused: ask only when nobody is expected to lock.
     *
     * @return false also when the file does not exist
     */
    public static boolean isHeld(Path file) throws ErrnoException {
        try (Descriptor descriptor = Descriptor.open(file.toString(), Descriptor.O_RDONLY | Descriptor.O_NOFOLLOW, 0)) {
            return !lock(descriptor, LOCK_SH | LOCK_NB);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    private static boolean lock(Descriptor descriptor, int operation) throws ErrnoException {
        int fd = descriptor.enter("flock");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int result = (int) FLOCK.invokeExact(errno, fd, operation);
            if (result == 0) {
                return true;
            }
            if (Libc.errno(errno) == Errno.EAGAIN) {
                return false;
            }
            throw new ErrnoException("flock", Libc.errno(errno), descriptor.object());
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
