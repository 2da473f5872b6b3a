package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Counts the page faults of threads, getrusage(2). Those that KVM resolves for a guest are counted for the thread that
 * runs it, so while a thread's number stays the same nothing that it does has made a page of a private mapping its own.
 * Not safe for concurrent use.
 */
public final class PageFaults implements AutoCloseable {
    static final int RUSAGE_THREAD = 1;
    // struct rusage
    static final int RUSAGE_BYTES = 144;
    static final int MINOR = 64;
    static final int MAJOR = 72;

    private static final MethodHandle GETRUSAGE =
            Libc.function("getrusage", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Libc.captured(arena);
    private final MemorySegment usage = arena.allocate(RUSAGE_BYTES, 8);

    /** Holds a few bytes of native memory. */
    public PageFaults() {}

    /** How many the calling platform thread has had. */
    public long ofThisThread() throws ErrnoException {
        try {
            if ((int) GETRUSAGE.invokeExact(errno, RUSAGE_THREAD, usage) != 0) {
                throw new ErrnoException("getrusage", Libc.errno(errno), "RUSAGE_THREAD");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
        return usage.get(JAVA_LONG, MINOR) + usage.get(JAVA_LONG, MAJOR);
    }

    @Override
    public void close() {
        arena.close();
    }
}
