package mayfly.machine.kvm.program;

import static mayfly.linux.Vcpu.Register;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.cpu.ExtendedState;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.memory.GuestFault;

/**
 * What lies on a stack while a signal handler runs: Linux's struct rt_sigframe (kernel headers asm/sigframe.h,
 * asm/sigcontext.h, asm/ucontext.h), and the way back from it. The extended state lies above it, 64 bytes aligned.
 *
 * <pre>
 *   0  address of the restorer, which the handler returns to
 *   8  struct ucontext: flags 8, link 8, sigaltstack 24, sigcontext 256, blocked signals 8
 * 312  siginfo_t
 * 440  end
 * </pre>
 */
final class SignalFrame {
    private static final int BYTES = 440;
    private static final int CONTEXT = 8;
    private static final int STACK = CONTEXT + 16;
    private static final int REGISTERS = CONTEXT + 40;
    private static final int MASK = CONTEXT + 296;
    private static final int INFO = CONTEXT + 304;

    private static final int RED_ZONE = 128;
    private static final int EXTENDED_ALIGNMENT = 64;
    /** UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS. */
    private static final long CONTEXT_FLAGS = 7;

    private static final int USER_CODE = 0x33;
    private static final int USER_DATA = 0x2B;
    private static final long DIRECTION_TRAP_RESUME = 0x400 | 0x100 | 0x10000;

    // struct _fpx_sw_bytes, in a part of the legacy area that the processor leaves alone
    private static final int SOFTWARE = 464;
    private static final int MAGIC_1 = 0x4650_5853;
    private static final int MAGIC_2 = 0x4650_5845;
    private static final int MAGIC_2_BYTES = 4;

    /** In the order of struct sigcontext. */
    private static final Register[] ORDER = {
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
        Register.RDI, Register.RSI, Register.RBP, Register.RBX, Register.RDX, Register.RAX, Register.RCX, Register.RSP,
        Register.RIP, Register.RFLAGS
    };

    private final Program program;
    private final Processor cpu;

    SignalFrame(Program program) {
        this.program = program;
        cpu = program.cpu();
    }

    /**
     * Lets a thread, whose registers are settled and loaded, go on in a handler.
     *
     * @param mask blocked signals that the handler's end brings back
     * @return false: there is no room for a frame, and nothing was changed
     */
    boolean enter(GuestThread thread, SignalAction action, SignalInfo info, long mask) throws ErrnoException {
        long pointer = cpu.get(Register.RSP);
        long top = pointer - RED_ZONE;
        SignalStack stack = thread.signalStack;
        boolean switched = action.has(SignalAction.ON_STACK) && stack.isFree(pointer);
        if (switched) {
            top = stack.top();
        }
        byte[] extended = cpu.extended();
        long components = (top - extended.length - MAGIC_2_BYTES) & -EXTENDED_ALIGNMENT;
        long frame = ((components - BYTES) & -16) - 8;
        if ((switched || stack.isOn(pointer)) && action.has(SignalAction.ON_STACK) && stack.isTooSmallFor(frame)) {
            return false;
        }
        try {
            write(thread, action, info, mask, frame, components, extended);
        } catch (GuestFault noStack) {
            return false;
        }
        stack.entered();
        cpu.set(Register.RDI, info.signal());
        cpu.set(Register.RSI, frame + INFO);
        cpu.set(Register.RDX, frame + CONTEXT);
        cpu.set(Register.RAX, 0);
        cpu.set(Register.RSP, frame);
        cpu.set(Register.RIP, Processor.isAddress(action.handler()) ? action.handler() : 0); // 0 faults, too
        cpu.set(Register.RFLAGS, cpu.get(Register.RFLAGS) & ~DIRECTION_TRAP_RESUME);
        cpu.startExtended();
        return true;
    }

    private void write(
            GuestThread thread,
            SignalAction action,
            SignalInfo info,
            long mask,
            long frame,
            long components,
            byte[] extended) {
        ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(0, action.restorer());
        out.putLong(CONTEXT, CONTEXT_FLAGS);
        SignalStack stack = thread.signalStack;
        out.putLong(STACK, stack.address)
                .putInt(STACK + 8, stack.visibleFlags(cpu.get(Register.RSP)))
                .putLong(STACK + 16, stack.bytes);
        out.position(REGISTERS);
        for (Register register : ORDER) {
            out.putLong(cpu.get(register));
        }
        out.putShort((short) USER_CODE).putShort((short) 0).putShort((short) 0).putShort((short) USER_DATA);
        out.putLong(thread.trapError).putLong(thread.trapNumber).putLong(mask).putLong(thread.trapAddress);
        out.putLong(components);
        out.putLong(MASK, mask);
        out.position(INFO);
        out.put(info.toBytes());

        ByteBuffer area = ByteBuffer.allocate(extended.length + MAGIC_2_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        area.put(extended);
        area.putInt(SOFTWARE, MAGIC_1)
                .putInt(SOFTWARE + 4, extended.length + MAGIC_2_BYTES)
                .putLong(SOFTWARE + 8, cpu.components())
                .putInt(SOFTWARE + 16, extended.length);
        area.putInt(extended.length, MAGIC_2);
        program.space().write(components, area.array());
        program.space().write(frame, out.array());
    }

    /**
     * rt_sigreturn(2): gives a thread, whose call is settled, the registers of the frame that it came from. Whatever lies
     * there, what it gets is something that a program may have.
     *
     * @return false: there is no such frame
     */
    boolean leave(GuestThread thread) throws ErrnoException {
        long frame = cpu.get(Register.RSP) - 8; // the handler's return took the restorer's address
        byte[] bytes = new byte[BYTES];
        byte[] extended;
        try {
            program.space().read(frame, bytes, 0, INFO);
            extended = extended(ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong(REGISTERS + 8 * ORDER.length + 8 + 32));
        } catch (GuestFault noFrame) {
            return false;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long instruction = in.getLong(REGISTERS + 8 * 16);
        if (!Processor.isAddress(instruction)) {
            return false;
        }
        in.position(REGISTERS);
        for (Register register : ORDER) {
            cpu.set(register, in.getLong());
        }
        if (extended.length == 0) {
            cpu.startExtended();
        } else {
            cpu.setExtended(extended);
        }
        thread.signalMask = in.getLong(MASK) & ~Signals.NEVER_BLOCKED;
        // Linux takes no notice if it cannot be
        var _ = thread.signalStack.set(
                in.getLong(STACK), in.getInt(STACK + 8), in.getLong(STACK + 16), cpu.get(Register.RSP));
        return true;
    }

    /** The area at an address: all of it if it says so in the right places, else x87 and SSE; empty for address 0. */
    private byte[] extended(long at) {
        if (at == 0) {
            return new byte[0];
        }
        int bytes = cpu.extendedBytes();
        boolean whole = program.space().getInt(at + SOFTWARE) == MAGIC_1
                && program.space().getInt(at + SOFTWARE + 4) == bytes + MAGIC_2_BYTES
                && program.space().getInt(at + SOFTWARE + 16) == bytes
                && program.space().getInt(at + bytes) == MAGIC_2;
        if (whole) {
            return program.space().read(at, bytes);
        }
        byte[] area = new byte[ExtendedState.LEAST_BYTES];
        program.space().read(at, area, 0, ExtendedState.LEGACY_BYTES);
        ExtendedState.keepLegacy(area);
        return area;
    }
}
