package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Waits for sockets, ppoll(2), until something happens, time is up, or another thread wakes it. For one waiting thread. */
public final class SocketPoll implements AutoCloseable {
    private static final MethodHandle PPOLL =
            Libc.function("ppoll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
    private static final MethodHandle READ =
            Libc.function("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final int POLLFD_BYTES = 8;
    private static final short POLLIN = 1;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final Arena arena = Arena.ofAuto();
    private final EventFd wake;
    private final int wakeFd;
    private final MemorySegment errno = Libc.captured(arena);
    private final MemorySegment time = arena.allocate(16, 8);
    private MemorySegment polled = arena.allocate(POLLFD_BYTES * 4L, 8);
    /** Sockets added, whose descriptors are in use until the wait is over. */
    private Descriptor[] added = new Descriptor[3];

    private int count;

    private SocketPoll(EventFd wake, int wakeFd) {
        this.wake = wake;
        this.wakeFd = wakeFd;
    }

    /** One that waits for nothing yet. */
    public static SocketPoll open() throws ErrnoException {
        EventFd wake = EventFd.open();
        return new SocketPoll(wake, wake.descriptor().enter("poll")); // left in close: nobody else closes it
    }

    /** The next {@link #await} is also for this socket; a closed one makes it return at once. */
    public void add(StreamSocket socket, int events) {
        int fd;
        try {
            fd = socket.descriptor().enter("ppoll");
        } catch (ErrnoException closed) {
            wake();
            return;
        }
        if (count == added.length) {
            added = java.util.Arrays.copyOf(added, count * 2);
            MemorySegment larger = arena.allocate(POLLFD_BYTES * (added.length + 1L), 8);
            MemorySegment.copy(polled, 0, larger, 0, polled.byteSize());
            polled = larger;
        }
        added[count] = socket.descriptor();
        count++;
        set(count, fd, events);
    }

    private void set(int index, int fd, int events) {
        polled.set(JAVA_INT, (long) index * POLLFD_BYTES, fd);
        polled.set(JAVA_SHORT, (long) index * POLLFD_BYTES + 4, (short) events);
        polled.set(JAVA_SHORT, (long) index * POLLFD_BYTES + 6, (short) 0);
    }

    /**
     * Waits, and forgets the sockets.
     *
     * @param nanos at most so long; MAX_VALUE: for ever
     */
    public void await(long nanos) {
        set(0, wakeFd, POLLIN);
        time.set(JAVA_LONG, 0, Math.max(0, nanos) / NANOS_PER_SECOND);
        time.set(JAVA_LONG, 8, Math.max(0, nanos) % NANOS_PER_SECOND);
        try {
            MemorySegment limit = nanos == Long.MAX_VALUE ? MemorySegment.NULL : time;
            int ready = (int) PPOLL.invokeExact(errno, polled, count + 1L, limit, MemorySegment.NULL);
            if (ready > 0 && polled.get(JAVA_SHORT, 6) != 0) {
                var _ = (long) READ.invokeExact(errno, wakeFd, time, 8L);
            }
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            for (int i = 0; i < count; i++) {
                added[i].leave();
            }
            count = 0;
        }
    }

    /** Makes the wait under way, or else the next one, return; from any thread. */
    public void wake() {
        wake.wake();
    }

    @Override
    public void close() {
        wake.descriptor().leave();
        wake.close();
    }
}
