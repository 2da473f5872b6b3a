package mayfly.machine.kvm.cpu;

import java.util.Arrays;
import mayfly.linux.Vcpu;

/**
 * The registers of a program that does not run now. Belongs to one guest thread; a copy costs nothing until one of the two
 * is saved to. Copies may be made by several threads at once of one that is not saved to any more.
 */
public final class CpuState {
    private byte[] registers;
    private byte[] extended;
    private volatile boolean shared;

    /** All that a program's thread has. */
    static CpuState of(byte[] registers, byte[] extended) {
        return new CpuState(registers, extended, false);
    }

    CpuState(int extendedBytes) {
        this(new byte[Vcpu.REGISTERS_BYTES], new byte[extendedBytes], false);
    }

    private CpuState(byte[] registers, byte[] extended, boolean shared) {
        this.registers = registers;
        this.extended = extended;
        this.shared = shared;
    }

    byte[] registers() {
        return registers;
    }

    byte[] extended() {
        return extended;
    }

    /** Before all of it is overwritten: the arrays are its own then. */
    void renew() {
        if (shared) {
            registers = new byte[registers.length];
            extended = new byte[extended.length];
            shared = false;
        }
    }

    public CpuState copy() {
        shared = true;
        return new CpuState(registers, extended, true);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuState that
                && Arrays.equals(registers, that.registers)
                && Arrays.equals(extended, that.extended);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(registers) + Arrays.hashCode(extended);
    }
}
