package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/** Who this process is to the kernel. */
public final class Credentials {
    private static final MethodHandle GETUID = Libc.function("getuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETEUID = Libc.function("geteuid", FunctionDescriptor.of(JAVA_INT));

    private Credentials() {}

    /** The real user id, unsigned. */
    public static int uid() {
        return call(GETUID);
    }

    /** The user id that permissions are checked with, unsigned; 0 is root. */
    public static int effectiveUid() {
        return call(GETEUID);
    }

    private static int call(MethodHandle handle) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) handle.invokeExact(Libc.captured(arena));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }
}
