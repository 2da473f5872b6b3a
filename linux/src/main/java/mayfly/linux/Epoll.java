package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** epoll(7) for reading: waits on thousands of descriptors at a cost that depends on the ready ones only. */
final class Epoll implements AutoCloseable {
    /** struct epoll_event, linux/eventpoll.h: packed on x86-64, and only there. */
    static final StructLayout EPOLL_EVENT = Descriptor.ARM64
            ? MemoryLayout.structLayout(
                            JAVA_INT.withName("events"), MemoryLayout.paddingLayout(4), JAVA_LONG.withName("data"))
                    .withName("epoll_event")
            : MemoryLayout.structLayout(JAVA_INT.withName("events"), JAVA_LONG_UNALIGNED.withName("data"))
                    .withName("epoll_event");

    private static final VarHandle EVENTS = EPOLL_EVENT.arrayElementVarHandle(PathElement.groupElement("events"));
    private static final VarHandle DATA = EPOLL_EVENT.arrayElementVarHandle(PathElement.groupElement("data"));
    private static final int EPOLLIN = 1;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CLOEXEC = 02000000;
    private static final int READY_MAX = 256;

    private static final MethodHandle CREATE =
            Libc.function("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle CTL =
            Libc.function("epoll_ctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle WAIT =
            Libc.function("epoll_wait", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));

    private final Descriptor descriptor;

    private Epoll(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    static Epoll open() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int fd = (int) CREATE.invokeExact(errno, EPOLL_CLOEXEC);
            if (fd < 0) {
                throw new ErrnoException("epoll_create1", Libc.errno(errno), "epoll");
            }
            return new Epoll(new Descriptor(fd, "epoll"));
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** @param key what {@link #await} gives for it */
    void add(Descriptor other, long key) throws ErrnoException {
        control(EPOLL_CTL_ADD, other, key);
    }

    /** Before the other descriptor is closed. */
    void remove(Descriptor other) throws ErrnoException {
        control(EPOLL_CTL_DEL, other, 0);
    }

    private void control(int operation, Descriptor other, long key) throws ErrnoException {
        int fd = descriptor.enter("epoll_ctl");
        try (Arena arena = Arena.ofConfined()) {
            int otherFd = other.enter("epoll_ctl");
            try {
                MemorySegment errno = Libc.captured(arena);
                MemorySegment event = arena.allocate(EPOLL_EVENT);
                EVENTS.set(event, 0L, 0L, EPOLLIN);
                DATA.set(event, 0L, 0L, key);
                int result = (int) CTL.invokeExact(errno, fd, operation, otherFd, event);
                if (result != 0) {
                    throw new ErrnoException("epoll_ctl", Libc.errno(errno), other.object());
                }
            } finally {
                other.leave();
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            descriptor.leave();
        }
    }

    /** The keys of ready descriptors, at least one unless a signal came; holds the calling platform thread. */
    long[] await() throws ErrnoException {
        int fd = descriptor.enter("epoll_wait");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            MemorySegment events = arena.allocate(EPOLL_EVENT, READY_MAX);
            int count = (int) WAIT.invokeExact(errno, fd, events, READY_MAX, -1);
            if (count < 0 && Libc.errno(errno) != Errno.EINTR) {
                throw new ErrnoException("epoll_wait", Libc.errno(errno), "epoll");
            }
            long[] keys = new long[Math.max(0, count)];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = (long) DATA.get(events, 0L, (long) i);
            }
            return keys;
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
