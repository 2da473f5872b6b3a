package mayfly.machine.kvm.program;

import mayfly.linux.ErrnoException;
import mayfly.linux.Vcpu.Register;
import mayfly.machine.kvm.cpu.ExtendedState;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.memory.Region;

/** What the processor's exceptions are to a program: memory that comes when it is touched, and signals. */
final class Exceptions {
    // vectors: AMD64 Architecture Programmer's Manual volume 2, 8.2
    private static final int DIVIDE = 0;
    private static final int DEBUG = 1;
    private static final int BREAKPOINT = 3;
    private static final int INVALID_OPCODE = 6;
    private static final int NOT_PRESENT = 11;
    private static final int STACK = 12;
    private static final int X87 = 16;
    private static final int ALIGNMENT = 17;
    private static final int SSE = 19;

    // asm-generic/siginfo.h
    private static final int ILL_ILLOPN = 2;
    private static final int FPE_INTDIV = 1;
    private static final int FPE_FLTDIV = 3;
    private static final int FPE_FLTOVF = 4;
    private static final int FPE_FLTUND = 5;
    private static final int FPE_FLTRES = 6;
    private static final int FPE_FLTINV = 7;
    private static final int TRAP_TRACE = 2;
    private static final int BUS_ADRALN = 1;
    private static final int SEGV_MAPERR = 1;
    private static final int SEGV_ACCERR = 2;
    /** In a page fault's error code: it was a program's. */
    private static final int FAULT_USER = 4;

    private final Program program;

    Exceptions(Program program) {
        this.program = program;
    }

    /** Answers the exception that the current thread raised. */
    void answer(GuestThread thread) throws ErrnoException {
        Processor cpu = program.cpu();
        int vector = cpu.vector();
        thread.trapNumber = vector;
        thread.trapError = cpu.errorCode();
        if (vector == Processor.PAGE_FAULT) {
            pageFault(thread);
            return;
        }
        cpu.settle();
        long at = cpu.get(Register.RIP);
        program.signals()
                .force(
                        thread,
                        switch (vector) {
                            case DIVIDE -> SignalInfo.fault(Signals.SIGFPE, FPE_INTDIV, at);
                            case X87, SSE -> SignalInfo.fault(Signals.SIGFPE, floatingPoint(cpu, vector == SSE), at);
                            case DEBUG -> SignalInfo.fault(Signals.SIGTRAP, TRAP_TRACE, at);
                            case BREAKPOINT -> SignalInfo.fromKernel(Signals.SIGTRAP);
                            case INVALID_OPCODE -> SignalInfo.fault(Signals.SIGILL, ILL_ILLOPN, at);
                            case ALIGNMENT -> SignalInfo.fault(Signals.SIGBUS, BUS_ADRALN, 0);
                            case NOT_PRESENT, STACK -> SignalInfo.fromKernel(Signals.SIGBUS);
                            default -> SignalInfo.fromKernel(Signals.SIGSEGV);
                        });
    }

    /** The si_code of the first error that the program wants to know of. */
    private static int floatingPoint(Processor cpu, boolean sse) throws ErrnoException {
        int errors = ExtendedState.errors(cpu.extended(), sse);
        return (errors & 1) != 0
                ? FPE_FLTINV
                : (errors & 4) != 0
                        ? FPE_FLTDIV
                        : (errors & 8) != 0 ? FPE_FLTOVF : (errors & (16 | 2)) != 0 ? FPE_FLTUND : FPE_FLTRES;
    }

    private void pageFault(GuestThread thread) throws ErrnoException {
        Processor cpu = program.cpu();
        long code = cpu.errorCode();
        int wanted = (code & Processor.FAULT_EXECUTE) != 0
                ? Region.EXECUTE
                : (code & Processor.FAULT_WRITE) != 0 ? Region.WRITE : Region.READ;
        long address = cpu.faultAddress();
        if (program.space().fault(address, wanted)) {
            program.statistics().faults++;
            cpu.retry();
            return;
        }
        Region region = program.space().region(address);
        boolean allowed = region != null
                && region.protection() != 0
                && (wanted == Region.READ || (region.protection() & wanted) != 0);
        if (allowed) {
            var _ = program.end(new Stop.Killed(
                    Signals.SIGKILL, "out of memory: limit " + program.space().limitMebibytes() + " MiB"));
            return;
        }
        thread.trapError = code | FAULT_USER;
        thread.trapAddress = address;
        cpu.settle();
        program.signals()
                .force(thread, SignalInfo.fault(Signals.SIGSEGV, region == null ? SEGV_MAPERR : SEGV_ACCERR, address));
    }
}
