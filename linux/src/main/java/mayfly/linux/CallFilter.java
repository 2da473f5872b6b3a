package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Takes system calls away from this whole process, for good (seccomp(2); kernel headers linux/seccomp.h, linux/filter.h).
 * For x86-64, and for a process that has promised to gain no privileges, which the sandbox launcher sees to.
 */
public final class CallFilter {
    private static final int SECCOMP = 317;
    private static final long SET_MODE_FILTER = 1;
    private static final long ALL_THREADS = 1;

    private static final int CLONE = 56;
    private static final int CLONE_THREAD = 0x10000;
    /** fork, vfork, execve, ptrace, execveat, and ways around this list: bpf, io_uring. */
    private static final int[] NEW_PROGRAMS = {57, 58, 59, 101, 322, 321, 425, 426, 427};

    private static final int ARCH_X86_64 = 0xC000003E;
    private static final int LOAD = 0x20;
    private static final int IF_EQUAL = 0x15;
    private static final int IF_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;
    private static final int NUMBER_OFFSET = 0;
    private static final int ARCH_OFFSET = 4;
    private static final int ARGUMENT_OFFSET = 16;
    private static final int KILL_PROCESS = 0x80000000;
    private static final int REFUSE = 0x00050000 | Errno.EPERM;
    private static final int ALLOW = 0x7fff0000;
    private static final int INSTRUCTION_BYTES = 8;
    private static final int INSTRUCTIONS_MAX = 64;

    private static final MethodHandle SYSCALL = Libc.function(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS),
            Linker.Option.firstVariadicArg(1));

    private final MemorySegment code;
    private int length;

    private CallFilter(Arena arena) {
        code = arena.allocate((long) INSTRUCTIONS_MAX * INSTRUCTION_BYTES, 8);
    }

    /**
     * From now on no thread of this process can start another process or become another program: EPERM.
     *
     * @throws ErrnoException EACCES: it may still gain privileges; EINVAL: a kernel without seccomp
     */
    public static void refuseNewPrograms() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            CallFilter filter = new CallFilter(arena);
            filter.build();
            MemorySegment program = arena.allocate(16, 8); // struct sock_fprog
            program.set(JAVA_SHORT, 0, (short) filter.length);
            program.set(ADDRESS, 8, filter.code);
            MemorySegment errno = Libc.captured(arena);
            long result = (long) SYSCALL.invokeExact(errno, (long) SECCOMP, SET_MODE_FILTER, ALL_THREADS, program);
            if (result != 0) {
                throw new ErrnoException("seccomp", result < 0 ? Libc.errno(errno) : Errno.EINVAL, "new programs");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private void build() {
        emit(LOAD, ARCH_OFFSET, 0, 0);
        emit(IF_EQUAL, ARCH_X86_64, 1, 0);
        emit(RETURN, KILL_PROCESS, 0, 0);
        emit(LOAD, NUMBER_OFFSET, 0, 0);
        for (int number : NEW_PROGRAMS) {
            emit(IF_EQUAL, number, 0, 1);
            emit(RETURN, REFUSE, 0, 0);
        }
        emit(IF_EQUAL, CLONE, 0, 3); // a new thread, or a new process?
        emit(LOAD, ARGUMENT_OFFSET, 0, 0);
        emit(IF_ANY_BIT, CLONE_THREAD, 1, 0);
        emit(RETURN, REFUSE, 0, 0);
        emit(RETURN, ALLOW, 0, 0);
    }

    /** One struct sock_filter. */
    private void emit(int instruction, int value, int ifTrue, int ifFalse) {
        long at = (long) length++ * INSTRUCTION_BYTES;
        code.set(JAVA_SHORT, at, (short) instruction);
        code.set(JAVA_BYTE, at + 2, (byte) ifTrue);
        code.set(JAVA_BYTE, at + 3, (byte) ifFalse);
        code.set(JAVA_INT, at + 4, value);
    }
}
