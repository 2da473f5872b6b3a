package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Whether orphaned descendants become children of this process instead of init's, by prctl(2). */
public final class Subreaper {
    // linux/prctl.h
    private static final int PR_SET_CHILD_SUBREAPER = 36;

    private static final MethodHandle PRCTL = Libc.function(
            "prctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private Subreaper() {}

    /**
     * Adopts orphans from now on, or no longer. The JDK reaps only what it started: who adopts must also wait for the
     * adopted.
     */
    public static void adoptOrphans(boolean adopt) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int result = (int) PRCTL.invokeExact(errno, PR_SET_CHILD_SUBREAPER, adopt ? 1L : 0L, 0L, 0L, 0L);
            if (result != 0) {
                throw new ErrnoException("prctl", Libc.errno(errno), "PR_SET_CHILD_SUBREAPER");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }
}
