package mayfly.machine.kvm.cpu;

import static mayfly.linux.Vcpu.Register.R10;
import static mayfly.linux.Vcpu.Register.R11;
import static mayfly.linux.Vcpu.Register.R8;
import static mayfly.linux.Vcpu.Register.R9;
import static mayfly.linux.Vcpu.Register.RAX;
import static mayfly.linux.Vcpu.Register.RCX;
import static mayfly.linux.Vcpu.Register.RDI;
import static mayfly.linux.Vcpu.Register.RDX;
import static mayfly.linux.Vcpu.Register.RFLAGS;
import static mayfly.linux.Vcpu.Register.RIP;
import static mayfly.linux.Vcpu.Register.RSI;
import static mayfly.linux.Vcpu.Register.RSP;

import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.KvmMachine;
import mayfly.linux.Memory;
import mayfly.linux.SpecialRegisters;
import mayfly.linux.ThreadSignal;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;

/**
 * A virtual machine's only processor, running programs at privilege 3. After {@link #run} the program's registers can be
 * asked for and changed; {@link #settle} first when it is to go on somewhere else than where it left.
 *
 * <p>Two kinds of KVM differ in one thing. On AMD-V and VT-x a system call arrives at privilege 0 in the stub, whose
 * sysretq goes back. Where KVM runs guests without hardware help it arrives at privilege 3, and must be sent back here.
 */
public final class Processor implements AutoCloseable {
    /** Flags that a program can change; the rest is ours. */
    private static final long FLAGS_OF_PROGRAMS = 0x24_4DD5L;

    private static final long FLAGS_ALWAYS = 0x202L;
    private static final int CALL_INSTRUCTION_BYTES = 2;

    /** A page fault's error code (AMD64 manual volume 2, 8.4.2). */
    public static final int FAULT_WRITE = 2;

    public static final int FAULT_EXECUTE = 16;
    /** The page fault exception. */
    public static final int PAGE_FAULT = 14;

    private final KvmMachine machine;
    private final Vcpu vcpu;
    private final Memory memory;
    /** XCR0: the components of extended state that programs have. */
    private final long components;
    /** Their size in an XSAVE area. */
    private final int componentsBytes;

    private final MachineClock clock;

    /** The bits of MXCSR that the processor has; 0: not asked yet. */
    private int statusBits;

    private boolean inCall;
    /** Whether calls were seen to arrive at the program's own privilege. */
    private boolean callsStay;

    private boolean callsLeave;
    private boolean inException;
    /** It was interrupted, and KVM may be about to raise an exception. */
    private boolean midway;

    private int vector;
    private long errorCode;
    // where the exception came from
    private long frameRip;
    private long frameFlags;
    private long frameRsp;
    private String trouble = "";

    @SuppressWarnings("NullAway") // used as little as one that was closed
    private Processor(Memory memory) {
        this(null, null, memory, 0, 0, 0);
    }

    /** Of a program that was loaded from a file: machines are forked from it, and it never runs itself. */
    public static Processor gone(Memory memory) {
        return new Processor(memory);
    }

    private Processor(
            KvmMachine machine, Vcpu vcpu, Memory memory, long components, int componentsBytes, int ticksPerMilli) {
        this.machine = machine;
        this.vcpu = vcpu;
        this.memory = memory;
        this.components = components;
        this.componentsBytes = componentsBytes;
        clock = new MachineClock(this, memory, ticksPerMilli);
    }

    /**
     * A machine with one processor on {@code memory}, whose {@link MachineTables} are written.
     *
     * @param root physical address of the page tables
     */
    public static Processor create(Kvm kvm, Memory memory, long root) throws ErrnoException {
        return create(BlankMachine.create(kvm), memory, root);
    }

    /** The same with a machine that was made ahead: it is the processor's, or closed. */
    public static Processor create(BlankMachine blank, Memory memory, long root) throws ErrnoException {
        try {
            blank.machine.setMemory(memory);
            blank.setRoot(root);
            Processor processor = new Processor(
                    blank.machine,
                    blank.vcpu,
                    memory,
                    blank.components,
                    blank.componentsBytes,
                    blank.vcpu.ticksPerMilli());
            processor.clock.renew();
            return processor;
        } catch (ErrnoException e) {
            blank.close();
            throw e;
        }
    }

    /** Lets the program run on until it stops. */
    public Exit run() throws ErrnoException {
        inCall = false;
        inException = false;
        int reason = vcpu.run();
        midway = reason == Vcpu.EXIT_INTERRUPTED;
        switch (reason) {
            case Vcpu.EXIT_INTERRUPTED -> {
                return Exit.INTERRUPTED;
            }
            case Vcpu.EXIT_IO -> {
                int port = vcpu.port();
                if (port == Layout.CALL_PORT) {
                    inCall = true;
                    callsStay = vcpu.privilege() == 3;
                    callsLeave = !callsStay;
                    return Exit.CALL;
                }
                int number = port - Layout.EXCEPTION_PORT;
                if (number >= 0 && number <= 32) {
                    readFrame(number);
                    return Exit.EXCEPTION;
                }
                trouble = "output to port " + port;
            }
            case Vcpu.EXIT_MMIO -> trouble = "access to physical address 0x" + Long.toHexString(vcpu.mmioAddress());
            case Vcpu.EXIT_SHUTDOWN -> trouble = "triple fault";
            case Vcpu.EXIT_BAD_MEMORY -> trouble = "the host refused a page of the machine's memory";
            case Vcpu.EXIT_INTERNAL_ERROR -> trouble = "KVM cannot emulate an instruction (" + vcpu.detail() + ")";
            default -> trouble = "KVM exit reason " + reason;
        }
        return Exit.BROKEN;
    }

    /** What went wrong when {@link #run} gave {@link Exit#BROKEN}. */
    public String trouble() {
        return trouble;
    }

    private void readFrame(int number) {
        inException = true;
        vector = number;
        long frame = vcpu.get(RSP) - Layout.kernel(Layout.STACK_PAGE);
        boolean hasCode = MachineTables.hasErrorCode(number);
        long bytes = hasCode ? 48 : 40;
        // the processor pushes at the top of a stack that nothing else uses
        if (frame != GuestRam.PAGE - bytes && frame != GuestRam.PAGE - bytes - 8) {
            frame = GuestRam.PAGE - bytes;
        }
        long at = GuestRam.address(Layout.STACK_PAGE) + frame;
        errorCode = hasCode ? memory.getLong(at) : 0;
        long rest = hasCode ? at + 8 : at;
        frameRip = memory.getLong(rest);
        frameFlags = memory.getLong(rest + 16);
        frameRsp = memory.getLong(rest + 24);
    }

    // ---- a system call ----

    /** Whether {@link CallStub} may be given answers: calls were seen to arrive at privilege 3. */
    public boolean takesAnswers() {
        return callsStay;
    }

    /** Whether it must not: calls were seen to arrive at privilege 0. Neither is known before the first. */
    public boolean refusesAnswers() {
        return callsLeave;
    }

    /** Its number, whatever the program put there. */
    public long number() {
        return vcpu.get(RAX);
    }

    /** Its argument 0 to 5. */
    public long argument(int index) {
        return vcpu.get(
                switch (index) {
                    case 0 -> RDI;
                    case 1 -> RSI;
                    case 2 -> RDX;
                    case 3 -> R10;
                    case 4 -> R8;
                    case 5 -> R9;
                    default -> throw new IllegalArgumentException("argument " + index);
                });
    }

    /** Answers the call: the program goes on behind it with this in RAX. */
    public void answer(long result) {
        vcpu.set(RAX, result);
        if (!inCall) {
            return; // settled before
        }
        if (vcpu.privilege() == 3) {
            vcpu.set(RIP, address(vcpu.get(RCX)));
            vcpu.set(RFLAGS, flags(vcpu.get(R11)));
        } else if (!isAddress(vcpu.get(RCX))) {
            leave(vcpu.get(RCX), vcpu.get(R11), vcpu.get(RSP)); // sysretq would fault
        }
        inCall = false;
    }

    // ---- an exception ----

    public int vector() {
        return vector;
    }

    public long errorCode() {
        return errorCode;
    }

    /** The address that a page fault is about. */
    public long faultAddress() {
        return vcpu.cr2();
    }

    /** The program repeats the instruction that raised the exception. */
    public void retry() {
        leave(frameRip, frameFlags, frameRsp);
        inException = false;
    }

    // ---- going on elsewhere ----

    /**
     * After an interruption: whether the registers are the program's. If not, it is entering or leaving a stub, where a
     * frame of its own lies on the one stack that there is, or an exception is about to be raised: it must run on.
     */
    public boolean atProgram() throws ErrnoException {
        boolean atProgram = vcpu.privilege() == 3 && !vcpu.eventPending();
        midway = !atProgram;
        return atProgram;
    }

    /**
     * Finishes the exit, so that the registers are those the program has: behind the system call, or at the instruction
     * that raised the exception. From then on any of them may be changed, or all be replaced.
     */
    public void settle() throws ErrnoException {
        if (inCall) {
            vcpu.complete();
            leave(vcpu.get(RCX), vcpu.get(R11), vcpu.get(RSP));
        } else if (inException) {
            vcpu.complete();
            leave(frameRip, frameFlags, frameRsp);
        }
        inCall = false;
        inException = false;
    }

    /** After {@link #settle} of a system call: goes back in front of it, to be made again with this number. */
    public void repeatCall(long number) {
        vcpu.set(RAX, number);
        vcpu.set(RIP, vcpu.get(RIP) - CALL_INSTRUCTION_BYTES);
    }

    private void leave(long rip, long flags, long rsp) {
        vcpu.set(RIP, address(rip));
        vcpu.set(RFLAGS, flags(flags));
        vcpu.set(RSP, rsp);
        Beginning.toPrograms(vcpu.special());
        vcpu.setFsBase(vcpu.fsBase()); // marks the special registers as changed
    }

    /** RFLAGS that a program may have, out of any. */
    public static long flags(long given) {
        return (given & FLAGS_OF_PROGRAMS) | FLAGS_ALWAYS;
    }

    /** The same for every address that a processor can be at; another one, which faults, for all the rest. */
    private static long address(long rip) {
        return isAddress(rip) ? rip : rip & (AddressSpace.TOP | 0xFFFFF);
    }

    /** Whether a processor can be at this address. */
    public static boolean isAddress(long rip) {
        return rip >= 0 && rip < AddressSpace.TOP + 0x10_0000;
    }

    public long get(Vcpu.Register register) {
        return vcpu.get(register);
    }

    /** RFLAGS are taken only as far as programs may set them. */
    public void set(Vcpu.Register register, long value) {
        vcpu.set(register, register == RFLAGS ? flags(value) : value);
    }

    public long fsBase() {
        return vcpu.fsBase();
    }

    public void setFsBase(long base) {
        vcpu.setFsBase(base);
    }

    /**
     * Lets a settled thread begin another program: all its registers are as at a program's first instruction.
     *
     * @param root physical address of its page tables
     */
    public void start(long instruction, long stack, long root) throws ErrnoException {
        for (Vcpu.Register register : Vcpu.Register.values()) {
            vcpu.set(register, 0);
        }
        vcpu.set(RIP, instruction);
        vcpu.set(RSP, stack);
        vcpu.set(RFLAGS, FLAGS_ALWAYS);
        vcpu.setFsBase(0);
        vcpu.setGsBase(0);
        setRoot(root);
        startExtended();
    }

    /** @param root physical address of the page tables that the program has from now on */
    public void setRoot(long root) {
        vcpu.special().set(SpecialRegisters.Control.CR3, root);
        vcpu.setFsBase(vcpu.fsBase()); // marks the special registers as changed
    }

    public long gsBase() {
        return vcpu.gsBase();
    }

    public void setGsBase(long base) {
        vcpu.setGsBase(base);
    }

    // ---- extended state ----

    /** What programs have, as bits of XCR0. */
    public long components() {
        return components;
    }

    /** Bytes of an XSAVE area with all that programs have. */
    public int extendedBytes() {
        return componentsBytes;
    }

    /** A settled program's FPU, SSE and AVX registers, as an XSAVE area in its standard form. */
    public byte[] extended() throws ErrnoException {
        byte[] area = new byte[vcpu.extendedBytes()];
        vcpu.saveExtended(area);
        return java.util.Arrays.copyOf(area, componentsBytes);
    }

    /** Sets them from an area that may hold anything; what KVM would refuse in it is left out. */
    public void setExtended(byte[] given) throws ErrnoException {
        byte[] area = java.util.Arrays.copyOf(given, vcpu.extendedBytes());
        if (statusBits == 0) {
            byte[] current = new byte[vcpu.extendedBytes()];
            vcpu.saveExtended(current);
            statusBits = ExtendedState.statusBits(current);
        }
        ExtendedState.sanitise(area, statusBits, components);
        vcpu.restoreExtended(area);
    }

    /** Sets them to what a program starts with. */
    public void startExtended() throws ErrnoException {
        byte[] area = new byte[vcpu.extendedBytes()];
        ExtendedState.start(area);
        vcpu.restoreExtended(area);
    }

    public CpuState newState() {
        return new CpuState(vcpu.extendedBytes());
    }

    /** Copies all of a settled program's registers. */
    public void save(CpuState to) throws ErrnoException {
        to.renew();
        vcpu.saveRegisters(to.registers());
        vcpu.saveExtended(to.extended());
    }

    public void restore(CpuState from) throws ErrnoException {
        if (midway) { // else the program that is put in place would get the exception of the one before
            vcpu.clearEvents();
            midway = false;
        }
        restoreGeneral(from);
        vcpu.restoreExtended(from.extended());
    }

    /** Restores all but the extended state. */
    public void restoreGeneral(CpuState from) {
        vcpu.restoreRegisters(from.registers());
        inCall = false;
        inException = false;
    }

    /** What the machine's programs read clocks by. */
    public MachineClock clock() {
        return clock;
    }

    /**
     * The time stamp counter as the machine's programs see it, read by the machine itself: on some KVMs it has its own
     * counter, on others the host's. The program must be settled; nothing of it changes.
     *
     * @param window filled with {@link System#nanoTime} before and after
     * @return the counter, or 0 when something else came in between
     */
    long readTicks(long[] window) throws ErrnoException {
        byte[] registers = new byte[Vcpu.REGISTERS_BYTES];
        vcpu.saveRegisters(registers);
        leave(Layout.READ_TICKS, FLAGS_ALWAYS, 0);
        window[0] = System.nanoTime();
        boolean read = run() == Exit.CALL;
        window[1] = System.nanoTime();
        long ticks = read ? vcpu.get(RDI) : 0;
        if (read) {
            vcpu.complete();
        }
        vcpu.restoreRegisters(registers);
        inCall = false;
        inException = false;
        return ticks;
    }

    /** Makes the next {@link #run} return at once, from any thread; {@link ThreadSignal} ends one under way. */
    public void kick(boolean on) {
        vcpu.kick(on);
    }

    /** Frees the machine. Its thread must not be in {@link #run}; the memory stays. */
    @Override
    public void close() {
        vcpu.close();
        machine.close();
    }
}
