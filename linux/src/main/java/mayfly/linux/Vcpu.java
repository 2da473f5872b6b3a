package mayfly.linux;

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
 * A virtual machine's processor. Registers are exchanged through the memory it shares with the kernel (KVM_CAP_SYNC_REGS):
 * read after {@link #run}, written before it. Used by one thread at a time, and best by one thread for its whole life;
 * only {@link #kick} may come from others.
 */
public final class Vcpu implements AutoCloseable {
    static final long KVM_RUN = 0xAE80L;
    static final long KVM_GET_SREGS = 0x8138AE83L;
    static final long KVM_SET_SREGS = 0x4138AE84L;
    static final long KVM_SET_MSRS = 0x4008AE89L;
    static final long KVM_SET_SIGNAL_MASK = 0x4004AE8BL;
    static final long KVM_SET_CPUID2 = 0x4008AE90L;
    static final long KVM_GET_XSAVE = 0x9000AEA4L;
    static final long KVM_GET_XSAVE2 = 0x9000AECFL;
    static final long KVM_SET_XSAVE = 0x5000AEA5L;
    static final long KVM_SET_XCRS = 0x4188AEA7L;
    static final long KVM_GET_TSC_KHZ = 0xAEA3L;
    static final long KVM_GET_VCPU_EVENTS = 0x8040AE9FL;
    static final long KVM_SET_VCPU_EVENTS = 0x4040AEA0L;
    static final int EVENTS_FLAGS = 20;
    static final int EVENTS_VALID_SHADOW = 4;

    // struct kvm_run
    static final int IMMEDIATE_EXIT = 1;
    static final int EXIT_REASON = 8;
    static final int DETAIL = 32;
    static final int VALID_REGS = 288;
    static final int DIRTY_REGS = 296;
    static final int SYNC = 304;
    static final int REGS_BYTES = 144;
    static final int SREGS = SYNC + REGS_BYTES;
    static final int SREGS_BYTES = 312;
    // struct kvm_sregs
    static final int SEGMENT_BYTES = 24;
    static final int CR2 = 232;
    /** Bytes of a saved set of registers. */
    public static final int REGISTERS_BYTES = REGS_BYTES + SREGS_BYTES;

    // where some of them are in it

    public static final int RIP_AT = 128;
    public static final int RFLAGS_AT = 136;
    /** Those in front of it are general registers, which programs change; those from it on are special. */
    public static final int SPECIAL_AT = REGS_BYTES;

    public static final int FS_BASE_AT = REGS_BYTES + 3 * SEGMENT_BYTES;
    public static final int GS_BASE_AT = REGS_BYTES + 4 * SEGMENT_BYTES;
    public static final int CR2_AT = REGS_BYTES + CR2;
    public static final int CR3_AT = REGS_BYTES + CR2 + 8;

    static final int DIRTY_GENERAL = 1;
    static final int DIRTY_SPECIAL = 2;

    /** Why {@link #run} came back, besides what the kernel calls an exit. */
    public static final int EXIT_INTERRUPTED = -1;
    /** The guest touched memory that the host does not let it have. */
    public static final int EXIT_BAD_MEMORY = -2;

    // linux/kvm.h
    public static final int EXIT_IO = 2;
    public static final int EXIT_MMIO = 6;
    public static final int EXIT_SHUTDOWN = 8;
    public static final int EXIT_FAIL_ENTRY = 9;
    public static final int EXIT_INTERNAL_ERROR = 17;

    /** The general registers. */
    public enum Register {
        RAX(0),
        RBX(8),
        RCX(16),
        RDX(24),
        RSI(32),
        RDI(40),
        RSP(48),
        RBP(56),
        R8(64),
        R9(72),
        R10(80),
        R11(88),
        R12(96),
        R13(104),
        R14(112),
        R15(120),
        RIP(128),
        RFLAGS(136);

        /** In struct kvm_regs. */
        final long offset;

        Register(long offset) {
            this.offset = offset;
        }
    }

    private static final MethodHandle IOCTL = Libc.function(
            "ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(2));

    private final Arena arena = Arena.ofShared();
    private final Descriptor descriptor;
    private final int number;
    private final Memory shared;
    private final MemorySegment run;
    private final MemorySegment errno = Libc.captured(arena);
    private final MemorySegment events = arena.allocate(64, 8);
    private final MemorySegment xsave;
    private final boolean largeXsave;
    private int dirty;

    Vcpu(Kvm kvm, Descriptor descriptor) throws ErrnoException {
        this.descriptor = descriptor;
        number = descriptor.enter("vcpu");
        descriptor.leave();
        shared = Memory.map(kvm.runBytes(), Memory.PROT_READ | Memory.PROT_WRITE, Memory.MAP_SHARED, number, 0);
        run = shared.segment();
        xsave = arena.allocate(kvm.xsaveBytes(), 4096);
        largeXsave = kvm.xsaveBytes() > 4096;
        // Without it KVM would keep the state of AVX registers back: XCR0 and the xsave area depend on leaf 0xD.
        Kvm.ioctl("KVM_SET_CPUID2", number, KVM_SET_CPUID2, kvm.cpuid());
        run.set(JAVA_LONG, VALID_REGS, DIRTY_GENERAL | DIRTY_SPECIAL);
    }

    /**
     * Runs the guest until it needs somebody.
     *
     * @return EXIT_IO and the like, EXIT_INTERRUPTED or EXIT_BAD_MEMORY
     * @throws ErrnoException KVM gave the machine up
     */
    public int run() throws ErrnoException {
        run.set(JAVA_LONG, DIRTY_REGS, dirty);
        dirty = 0;
        int result;
        try {
            result = (int) IOCTL.invokeExact(errno, number, KVM_RUN, 0L);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
        if (result == 0) {
            return run.get(JAVA_INT, EXIT_REASON);
        }
        return switch (Libc.errno(errno)) {
            case Errno.EINTR, Errno.EAGAIN -> EXIT_INTERRUPTED;
            case Errno.EFAULT -> EXIT_BAD_MEMORY;
            default -> throw new ErrnoException("KVM_RUN", Libc.errno(errno), descriptor.object());
        };
    }

    /**
     * Lets KVM finish the instruction whose exit was handled, without running the guest: registers may be replaced
     * afterwards.
     */
    public void complete() throws ErrnoException {
        run.set(JAVA_BYTE, IMMEDIATE_EXIT, (byte) 1);
        int reason = run();
        run.set(JAVA_BYTE, IMMEDIATE_EXIT, (byte) 0);
        if (reason != EXIT_INTERRUPTED) {
            throw new ErrnoException("KVM_RUN", Errno.EIO, "immediate exit gave reason " + reason);
        }
    }

    /** Whether KVM is to raise an exception in the guest when it runs next: registers must not be replaced before. */
    public boolean eventPending() throws ErrnoException {
        Kvm.ioctl("KVM_GET_VCPU_EVENTS", number, KVM_GET_VCPU_EVENTS, events); // struct kvm_vcpu_events
        return events.get(JAVA_BYTE, 0) != 0 || events.get(JAVA_BYTE, 3) != 0;
    }

    /** Forgets exceptions that are about to be raised: they belong to registers that are replaced. */
    public void clearEvents() throws ErrnoException {
        events.fill((byte) 0);
        events.set(JAVA_INT, EVENTS_FLAGS, EVENTS_VALID_SHADOW);
        Kvm.ioctl("KVM_SET_VCPU_EVENTS", number, KVM_SET_VCPU_EVENTS, events);
    }

    /** The port of an EXIT_IO. */
    public int port() {
        return run.get(JAVA_SHORT, DETAIL + 2) & 0xFFFF;
    }

    /** The physical address of an EXIT_MMIO. */
    public long mmioAddress() {
        return run.get(JAVA_LONG, DETAIL);
    }

    /** The kernel's detail of an EXIT_INTERNAL_ERROR or EXIT_FAIL_ENTRY. */
    public int detail() {
        return run.get(JAVA_INT, DETAIL);
    }

    public long get(Register register) {
        return run.get(JAVA_LONG, SYNC + register.offset);
    }

    public void set(Register register, long value) {
        run.set(JAVA_LONG, SYNC + register.offset, value);
        dirty |= DIRTY_GENERAL;
    }

    /** The privilege level the guest is in: 3 for programs, 0 for the stubs that enter the host. */
    public int privilege() {
        return run.get(JAVA_SHORT, SREGS + 12) & 3;
    }

    /** The address of a page fault. */
    public long cr2() {
        return run.get(JAVA_LONG, SREGS + CR2);
    }

    /** Base of the FS segment: where a thread keeps its own data. */
    public long fsBase() {
        return run.get(JAVA_LONG, SREGS + 3L * SEGMENT_BYTES);
    }

    public void setFsBase(long base) {
        run.set(JAVA_LONG, SREGS + 3L * SEGMENT_BYTES, base);
        dirty |= DIRTY_SPECIAL;
    }

    public long gsBase() {
        return run.get(JAVA_LONG, SREGS + 4L * SEGMENT_BYTES);
    }

    public void setGsBase(long base) {
        run.set(JAVA_LONG, SREGS + 4L * SEGMENT_BYTES, base);
        dirty |= DIRTY_SPECIAL;
    }

    /** Copies all registers that {@link #run} exchanges. */
    public void saveRegisters(byte[] to) {
        MemorySegment.copy(run, JAVA_BYTE, SYNC, to, 0, REGISTERS_BYTES);
    }

    public void restoreRegisters(byte[] from) {
        MemorySegment.copy(from, 0, run, JAVA_BYTE, SYNC, REGISTERS_BYTES);
        dirty |= DIRTY_GENERAL | DIRTY_SPECIAL;
    }

    /** The extended state: FPU, SSE, AVX. */
    public void saveExtended(byte[] to) throws ErrnoException {
        if (largeXsave) {
            Kvm.ioctl("KVM_GET_XSAVE2", number, KVM_GET_XSAVE2, xsave);
        } else {
            Kvm.ioctl("KVM_GET_XSAVE", number, KVM_GET_XSAVE, xsave);
        }
        MemorySegment.copy(xsave, JAVA_BYTE, 0, to, 0, to.length);
    }

    public void restoreExtended(byte[] from) throws ErrnoException {
        MemorySegment.copy(from, 0, xsave, JAVA_BYTE, 0, from.length);
        Kvm.ioctl("KVM_SET_XSAVE", number, KVM_SET_XSAVE, xsave);
    }

    /** Bytes of the extended state. */
    public int extendedBytes() {
        return Math.toIntExact(xsave.byteSize());
    }

    /** Sets model-specific registers; index and value alternate. */
    public void setMsrs(long... pairs) throws ErrnoException {
        try (Arena confined = Arena.ofConfined()) {
            int count = pairs.length / 2;
            MemorySegment msrs = confined.allocate(8 + 16L * count, 8);
            msrs.set(JAVA_INT, 0, count);
            for (int i = 0; i < count; i++) {
                msrs.set(JAVA_INT, 8 + 16L * i, (int) pairs[2 * i]);
                msrs.set(JAVA_LONG, 16 + 16L * i, pairs[2 * i + 1]);
            }
            int done = Kvm.ioctl("KVM_SET_MSRS", number, KVM_SET_MSRS, msrs);
            if (done != count) {
                throw new ErrnoException("KVM_SET_MSRS", Errno.EINVAL, "register " + Long.toHexString(pairs[2 * done]));
            }
        }
    }

    /** Sets XCR0, the extended state that guests may use. */
    public void setXcr0(long value) throws ErrnoException {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment xcrs = confined.allocate(392, 8); // struct kvm_xcrs
            xcrs.set(JAVA_INT, 0, 1);
            xcrs.set(JAVA_LONG, 16, value);
            Kvm.ioctl("KVM_SET_XCRS", number, KVM_SET_XCRS, xcrs);
        }
    }

    /** How fast the guest's time stamp counter is, in ticks per millisecond; 0 when KVM cannot tell. */
    public int ticksPerMilli() {
        try {
            return Kvm.ioctl("KVM_GET_TSC_KHZ", number, KVM_GET_TSC_KHZ, 0);
        } catch (ErrnoException unknown) {
            return 0; // EIO: the host's counter is not steady
        }
    }

    /** Reads the special registers into the shared memory, to be changed there and set. */
    public void loadSpecial() throws ErrnoException {
        Kvm.ioctl("KVM_GET_SREGS", number, KVM_GET_SREGS, run.asSlice(SREGS, SREGS_BYTES));
    }

    /** Sets the special registers now, so that a refusal is seen. */
    public void storeSpecial() throws ErrnoException {
        Kvm.ioctl("KVM_SET_SREGS", number, KVM_SET_SREGS, run.asSlice(SREGS, SREGS_BYTES));
    }

    /** Writes into struct kvm_sregs in the shared memory. */
    public SpecialRegisters special() {
        return new SpecialRegisters(run.asSlice(SREGS, SREGS_BYTES));
    }

    /**
     * While the guest runs, only these signals stay blocked: one that is blocked in the thread and not in here makes
     * {@link #run} return EXIT_INTERRUPTED, and no handler ever runs.
     */
    public void setSignalMask(long blocked) throws ErrnoException {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment mask = confined.allocate(12, 8); // struct kvm_signal_mask: u32 len, then the set
            mask.set(JAVA_INT, 0, 8);
            mask.set(JAVA_INT, 4, (int) blocked);
            mask.set(JAVA_INT, 8, (int) (blocked >>> 32));
            Kvm.ioctl("KVM_SET_SIGNAL_MASK", number, KVM_SET_SIGNAL_MASK, mask);
        }
    }

    /** Makes the next {@link #run} return at once; see {@link ThreadSignal} for one that is under way. */
    public void kick(boolean on) {
        run.set(JAVA_BYTE, IMMEDIATE_EXIT, (byte) (on ? 1 : 0));
    }

    @Override
    public void close() {
        shared.close();
        descriptor.close();
        arena.close();
    }
}
