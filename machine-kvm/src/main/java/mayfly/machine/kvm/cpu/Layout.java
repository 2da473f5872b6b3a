package mayfly.machine.kvm.cpu;

import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.PageTables;

/**
 * Where the machine's own things are. Physical pages 1 to 11 are reserved; 1 to 5 are mapped for privilege 0 only, at
 * {@link PageTables#KERNEL_BASE} + physical address, 6 to 8 for programs to read and 9 to
 * 11 to write, behind {@link AddressSpace#TOP}.
 *
 * <pre>
 * page  what                      who sees it
 *  0    nothing                   nobody
 *  1    GDT                       privilege 0
 *  2    TSS                       privilege 0
 *  3    IDT                       privilege 0
 *  4    exception stubs           privilege 0
 *  5    the stack of exceptions   privilege 0
 *  6    system call stub          programs, read and execute
 *  7    vDSO                      programs, read and execute
 *  8    the vDSO's data           programs, read
 *  9    answers to calls that      programs, read and write
 *  to 11  were not made yet
 * </pre>
 */
public final class Layout {
    public static final int GDT_PAGE = 1;
    public static final int TSS_PAGE = 2;
    public static final int IDT_PAGE = 3;
    public static final int STUBS_PAGE = 4;
    public static final int STACK_PAGE = 5;
    public static final int ENTRY_PAGE = 6;
    public static final int VDSO_PAGE = 7;
    public static final int VDSO_DATA_PAGE = 8;
    public static final int ANSWERS_PAGE = 9;
    public static final int ANSWERS_PAGES = 3;
    public static final int RESERVED_PAGES = ANSWERS_PAGE + ANSWERS_PAGES;

    /** Address of the system call stub, for LSTAR. */
    public static final long ENTRY = AddressSpace.TOP + 0x1000;

    /** Address of the instructions that read the time stamp counter and make a system call with it. */
    static final long READ_TICKS = ENTRY + 0x20;

    static final int READ_TICKS_AT = (int) (READ_TICKS - ENTRY);

    /** Address of the vDSO; its data follows it. */
    public static final long VDSO = AddressSpace.TOP + 0x4000;

    public static final long VDSO_DATA = VDSO + 0x1000;

    /** Address of {@link AnswerPages}. */
    public static final long ANSWERS = AddressSpace.TOP + 0x8000;

    /** The port that system calls go out by. */
    static final int CALL_PORT = 0x10;
    /** Exceptions 0 to 31 go out by this port and the following; all other vectors by the 33rd. */
    static final int EXCEPTION_PORT = 0x20;

    static final int KERNEL_CODE = 0x10;
    static final int KERNEL_DATA = 0x18;
    static final int USER_DATA = 0x2B;
    static final int USER_CODE = 0x33;
    static final int TASK = 0x40;
    static final int TASK_LIMIT = 0x8F;
    static final int GDT_LIMIT = 0x7F;
    static final int IDT_LIMIT = 0xFFF;

    private Layout() {}

    static long kernel(int page) {
        return PageTables.KERNEL_BASE + ((long) page << 12);
    }
}
