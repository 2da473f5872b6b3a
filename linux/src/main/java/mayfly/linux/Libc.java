package mayfly.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Finds functions of the C library. Every handle takes, before its own arguments, the segment that errno is saved to:
 * read any later it would belong to whatever the virtual machine called meanwhile.
 */
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private Libc() {}

    /** A function whose errno is captured. */
    static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... more) {
        Linker.Option[] options = Arrays.copyOf(more, more.length + 1);
        options[more.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
    }

    /** Where a function is, for the kernel to call. */
    static MemorySegment address(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /** Room for one call's errno. */
    static MemorySegment captured(Arena arena) {
        return arena.allocate(CAPTURED);
    }

    static int errno(MemorySegment captured) {
        return (int) ERRNO.get(captured, 0L);
    }

    /** What to throw when invoking a handle threw: only a wrong type in this module can cause it. */
    static AssertionError broken(Throwable cause) {
        return new AssertionError("a downcall does not have the type it was declared with", cause);
    }
}
