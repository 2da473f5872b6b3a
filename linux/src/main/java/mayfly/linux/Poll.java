package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** poll(2) for reading. Holds the calling thread, so virtual threads do not come here to wait. */
final class Poll {
    /** struct pollfd, asm-generic/poll.h. */
    static final StructLayout POLLFD = MemoryLayout.structLayout(
                    JAVA_INT.withName("fd"), JAVA_SHORT.withName("events"), JAVA_SHORT.withName("revents"))
            .withName("pollfd");

    private static final VarHandle FD = POLLFD.arrayElementVarHandle(PathElement.groupElement("fd"));
    private static final VarHandle EVENTS = POLLFD.arrayElementVarHandle(PathElement.groupElement("events"));
    private static final VarHandle REVENTS = POLLFD.arrayElementVarHandle(PathElement.groupElement("revents"));
    private static final short POLLIN = 1;

    private static final MethodHandle POLL =
            Libc.function("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private Poll() {}

    /**
     * Waits until one of the descriptors can be read, has an error or was hung up.
     *
     * @param timeoutMillis -1 for ever
     * @return per descriptor whether it is ready; none after the timeout or when a signal came
     */
    static boolean[] readable(int[] fds, int timeoutMillis) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            MemorySegment polled = arena.allocate(POLLFD, fds.length);
            for (int i = 0; i < fds.length; i++) {
                FD.set(polled, 0L, (long) i, fds[i]);
                EVENTS.set(polled, 0L, (long) i, POLLIN);
            }
            int count = (int) POLL.invokeExact(errno, polled, (long) fds.length, timeoutMillis);
            if (count < 0 && Libc.errno(errno) != Errno.EINTR) {
                throw new ErrnoException("poll", Libc.errno(errno), fds.length + " descriptors");
            }
            boolean[] ready = new boolean[fds.length];
            for (int i = 0; i < fds.length && count > 0; i++) {
                ready[i] = (short) REVENTS.get(polled, 0L, (long) i) != 0;
            }
            return ready;
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }
}
