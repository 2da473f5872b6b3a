package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * A limit on what this process may use, by getrlimit(2).
 *
 * @param soft what holds now
 * @param hard up to which the process may raise it itself; as an unsigned number, -1 is "no limit"
 */
public record ResourceLimit(long soft, long hard) {
    /** struct rlimit, asm-generic/resource.h on 64 bits. */
    static final StructLayout RLIMIT = MemoryLayout.structLayout(
                    JAVA_LONG.withName("rlim_cur"), JAVA_LONG.withName("rlim_max"))
            .withName("rlimit");

    private static final VarHandle CUR = RLIMIT.varHandle(PathElement.groupElement("rlim_cur"));
    private static final VarHandle MAX = RLIMIT.varHandle(PathElement.groupElement("rlim_max"));
    private static final int RLIMIT_NOFILE = 7;

    private static final MethodHandle GETRLIMIT =
            Libc.function("getrlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle SETRLIMIT =
            Libc.function("setrlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    /** How many descriptors may be open. */
    public static ResourceLimit openFiles() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            MemorySegment limit = arena.allocate(RLIMIT);
            int result = (int) GETRLIMIT.invokeExact(errno, RLIMIT_NOFILE, limit);
            if (result != 0) {
                throw new ErrnoException("getrlimit", Libc.errno(errno), "RLIMIT_NOFILE");
            }
            return new ResourceLimit((long) CUR.get(limit, 0L), (long) MAX.get(limit, 0L));
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /**
     * Sets how many descriptors may be open, for this process and the ones it starts.
     *
     * @throws ErrnoException EPERM when the hard limit would rise, EINVAL when soft is over hard
     */
    public static void openFiles(ResourceLimit wanted) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            MemorySegment limit = arena.allocate(RLIMIT);
            CUR.set(limit, 0L, wanted.soft);
            MAX.set(limit, 0L, wanted.hard);
            int result = (int) SETRLIMIT.invokeExact(errno, RLIMIT_NOFILE, limit);
            if (result != 0) {
                throw new ErrnoException("setrlimit", Libc.errno(errno), "RLIMIT_NOFILE");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }
}
