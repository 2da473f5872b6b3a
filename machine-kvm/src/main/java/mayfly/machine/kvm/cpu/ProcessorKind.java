package mayfly.machine.kvm.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * What the processors of this host's machines are alike in, and the form in which a thread's registers are saved: only
 * those that a program can change, so that a saved state cannot bring privileges, page tables or modes with it.
 */
public final class ProcessorKind {
    /** A program's registers at its start; those that programs cannot change are the same for all. */
    private final byte[] registers;

    private final int extendedBytes;
    private final int componentsBytes;
    private final int statusBits;
    private final long components;
    private final byte[] features;

    ProcessorKind(BlankMachine probe, byte[] features) throws ErrnoException {
        CpuState state = new CpuState(probe.vcpu.extendedBytes());
        probe.vcpu.saveRegisters(state.registers());
        probe.vcpu.saveExtended(state.extended());
        registers = clean(state.registers());
        extendedBytes = state.extended().length;
        componentsBytes = probe.componentsBytes;
        components = probe.components;
        statusBits = ExtendedState.statusBits(state.extended());
        this.features = features;
    }

    /** Makes a machine, and looks. Takes a millisecond: ask once. */
    public static ProcessorKind of(Kvm kvm) throws ErrnoException {
        try (BlankMachine probe = BlankMachine.create(kvm)) {
            return probe.kind();
        }
    }

    /** Another host, kernel or firmware whose machines could be told apart by a program has another text. */
    public String identity() {
        return "xcr0=" + Long.toHexString(components) + " mxcsr=" + Integer.toHexString(statusBits) + " xsave="
                + componentsBytes + "/" + extendedBytes + " special="
                + HexFormat.of().formatHex(registers)
                + " cpuid=" + HexFormat.of().formatHex(features);
    }

    /** Without what programs change, and what the last exception left. */
    private static byte[] clean(byte[] registers) {
        byte[] clean = registers.clone();
        Arrays.fill(clean, 0, Vcpu.SPECIAL_AT, (byte) 0);
        view(clean).putLong(Vcpu.FS_BASE_AT, 0).putLong(Vcpu.GS_BASE_AT, 0).putLong(Vcpu.CR2_AT, 0);
        return clean;
    }

    private static ByteBuffer view(byte[] registers) {
        return ByteBuffer.wrap(registers).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Takes down a settled thread's registers.
     *
     * @param root physical address of the page tables that it runs on
     */
    public void save(StateOut out, CpuState state, long root) throws UnsavableException {
        byte[] clean = clean(state.registers());
        byte[] expected = withRoot(root);
        if (!Arrays.equals(clean, expected)) {
            throw new UnsavableException("a thread that loaded segment registers of its own");
        }
        ByteBuffer view = view(state.registers());
        out.block(Arrays.copyOf(state.registers(), Vcpu.SPECIAL_AT));
        out.number(view.getLong(Vcpu.FS_BASE_AT));
        out.number(view.getLong(Vcpu.GS_BASE_AT));
        out.block(trimmed(state.extended()));
    }

    private byte[] withRoot(long root) {
        byte[] expected = registers.clone();
        view(expected).putLong(Vcpu.CR3_AT, root);
        return expected;
    }

    private static byte[] trimmed(byte[] area) {
        int end = area.length;
        while (end > ExtendedState.LEAST_BYTES && area[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOf(area, end);
    }

    /** A thread's registers that this host's processors take, whatever was saved. */
    public CpuState load(StateIn in, long root) throws DamagedException {
        byte[] general = in.exactly(Vcpu.SPECIAL_AT, "general registers");
        long fsBase = in.longNumber(ProcessorKind::isBase, "the base of FS");
        long gsBase = in.longNumber(ProcessorKind::isBase, "the base of GS");
        byte[] extended = in.block(extendedBytes, "extended state");
        in.require(extended.length >= ExtendedState.LEAST_BYTES, "extended state is too short");
        byte[] all = withRoot(root);
        System.arraycopy(general, 0, all, 0, general.length);
        ByteBuffer view = view(all);
        in.require(Processor.isAddress(view.getLong(Vcpu.RIP_AT)), "the address of the next instruction");
        view.putLong(Vcpu.RFLAGS_AT, Processor.flags(view.getLong(Vcpu.RFLAGS_AT)));
        view.putLong(Vcpu.FS_BASE_AT, fsBase).putLong(Vcpu.GS_BASE_AT, gsBase);
        byte[] area = Arrays.copyOf(extended, extendedBytes);
        ExtendedState.sanitise(area, statusBits, components);
        return CpuState.of(all, area);
    }

    /** Programs may set any address that the processor takes. */
    private static boolean isBase(long address) {
        return address << 16 >> 16 == address;
    }
}
