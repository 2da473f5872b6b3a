package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Interrupts one thread's {@link Vcpu#run} from a timer or from another thread: the signal is blocked in the thread, let
 * through only while the guest runs ({@link Vcpu#setSignalMask}), and taken with sigtimedwait(2); no handler ever runs for
 * it. One that comes too late, to a thread that has ended and whose number is another's, or from outside, is caught by a
 * handler that does nothing: else it would end the process. Belongs to the platform thread that made it; only
 * {@link #send} may come from others.
 */
public final class ThreadSignal implements AutoCloseable {
    /** SIGUSR1: the JVM does not use it. */
    static final int SIGNAL = 10;

    static final int SIG_BLOCK = 0;
    static final int SIGSET_BYTES = 128;
    static final int SIGEV_THREAD_ID = 4;
    static final int CLOCK_MONOTONIC = 1;
    private static final long NANOS = 1_000_000_000L;
    // struct sigaction of glibc, the same on x86-64 and arm64
    static final int SIGACTION_BYTES = 152;
    static final int SIGACTION_FLAGS = 136;
    private static final int SA_RESTART = 0x10000000;

    private static final MethodHandle PTHREAD_SIGMASK =
            Libc.function("pthread_sigmask", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SIGTIMEDWAIT =
            Libc.function("sigtimedwait", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    private static final MethodHandle GETTID = Libc.function("gettid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETPID = Libc.function("getpid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle TGKILL =
            Libc.function("tgkill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle TIMER_CREATE =
            Libc.function("timer_create", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle TIMER_SETTIME =
            Libc.function("timer_settime", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SIGACTION =
            Libc.function("sigaction", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle TIMER_DELETE =
            Libc.function("timer_delete", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

    static {
        catchStrays();
    }

    /** abs(3) takes an int, does nothing that a signal handler may not, and is in every C library. */
    private static void catchStrays() {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment action = confined.allocate(SIGACTION_BYTES, 8);
            action.set(ADDRESS, 0, Libc.address("abs"));
            action.set(JAVA_INT, SIGACTION_FLAGS, SA_RESTART);
            int failed = (int) SIGACTION.invokeExact(Libc.captured(confined), SIGNAL, action, MemorySegment.NULL);
            if (failed != 0) {
                throw new AssertionError("sigaction of SIGUSR1 with a valid address");
            }
        } catch (AssertionError e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Libc.captured(arena);
    private final MemorySegment set = arena.allocate(SIGSET_BYTES, 8);
    private final MemorySegment now = arena.allocate(16, 8);
    private final MemorySegment setting = arena.allocate(32, 8); // struct itimerspec
    private final int process;
    private final int thread;
    private final long timer;

    private ThreadSignal() throws ErrnoException {
        set.set(JAVA_LONG, 0, bit());
        try (Arena confined = Arena.ofConfined()) {
            int failed = (int) PTHREAD_SIGMASK.invokeExact(errno, SIG_BLOCK, set, MemorySegment.NULL);
            if (failed != 0) {
                throw new ErrnoException("pthread_sigmask", failed, "SIGUSR1");
            }
            process = (int) GETPID.invokeExact(errno);
            thread = (int) GETTID.invokeExact(errno);
            MemorySegment event = confined.allocate(64, 8); // struct sigevent
            event.set(JAVA_INT, 8, SIGNAL);
            event.set(JAVA_INT, 12, SIGEV_THREAD_ID);
            event.set(JAVA_INT, 16, thread);
            MemorySegment id = confined.allocate(JAVA_LONG);
            if ((int) TIMER_CREATE.invokeExact(errno, CLOCK_MONOTONIC, event, id) != 0) {
                throw new ErrnoException("timer_create", Libc.errno(errno), "thread " + thread);
            }
            timer = id.get(JAVA_LONG, 0);
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** For the calling platform thread, which keeps the signal blocked from now on. */
    public static ThreadSignal ofThisThread() throws ErrnoException {
        return new ThreadSignal();
    }

    /** The signal's bit in a mask for {@link Vcpu#setSignalMask}. */
    public static long bit() {
        return 1L << (SIGNAL - 1);
    }

    /** Sends the signal once after some nanoseconds, and then every so many; 0 and 0 stop it. */
    public void timer(long after, long every) throws ErrnoException {
        setting.set(JAVA_LONG, 0, every / NANOS);
        setting.set(JAVA_LONG, 8, every % NANOS);
        setting.set(JAVA_LONG, 16, after / NANOS);
        setting.set(JAVA_LONG, 24, after % NANOS);
        try {
            if ((int) TIMER_SETTIME.invokeExact(errno, timer, 0, setting, MemorySegment.NULL) != 0) {
                throw new ErrnoException("timer_settime", Libc.errno(errno), "thread " + thread);
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Takes signals that are pending; whether there was one. */
    public boolean take() {
        boolean any = false;
        try {
            while ((int) SIGTIMEDWAIT.invokeExact(errno, set, MemorySegment.NULL, now) == SIGNAL) {
                any = true;
            }
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
        return any;
    }

    /** Interrupts the thread, from any other. */
    public void send() {
        try (Arena confined = Arena.ofConfined()) {
            // ESRCH: the thread has ended, and there is nothing to interrupt
            var _ = (int) TGKILL.invokeExact(Libc.captured(confined), process, thread, SIGNAL);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    @Override
    public void close() {
        try {
            var _ = (int) TIMER_DELETE.invokeExact(errno, timer);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
        arena.close();
    }
}
