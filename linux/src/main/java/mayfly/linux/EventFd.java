package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** eventfd(2): wakes a thread out of {@link Poll}. */
final class EventFd implements AutoCloseable {
    // linux/eventfd.h
    private static final int EFD_CLOEXEC = 02000000;
    private static final int EFD_NONBLOCK = 04000;

    private static final MethodHandle EVENTFD =
            Libc.function("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle WRITE =
            Libc.function("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));

    private final Descriptor descriptor;

    private EventFd(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    static EventFd open() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int fd = (int) EVENTFD.invokeExact(errno, 0, EFD_CLOEXEC | EFD_NONBLOCK);
            if (fd < 0) {
                throw new ErrnoException("eventfd", Libc.errno(errno), "wake-up");
            }
            return new EventFd(new Descriptor(fd, "eventfd"));
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    Descriptor descriptor() {
        return descriptor;
    }

    /** Makes the descriptor readable, for good; nothing when it is closed. */
    void wake() {
        int fd;
        try {
            fd = descriptor.enter("write");
        } catch (ErrnoException closed) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            // The only possible failure is EAGAIN: so often woken already.
            var _ = (long) WRITE.invokeExact(Libc.captured(arena), fd, arena.allocateFrom(JAVA_LONG, 1L), 8L);
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
