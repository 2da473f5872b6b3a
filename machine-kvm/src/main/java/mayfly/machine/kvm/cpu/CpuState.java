package mayfly.machine.kvm.cpu;

import java.util.Arrays;
import mayfly.linux.Vcpu;

/** The registers of a program that does not run now. Mutable; belongs to one guest thread. */
public final class CpuState {
    final byte[] registers;
    final byte[] extended;

    CpuState(int extendedBytes) {
        this(new byte[Vcpu.REGISTERS_BYTES], new byte[extendedBytes]);
    }

    private CpuState(byte[] registers, byte[] extended) {
        this.registers = registers;
        this.extended = extended;
    }

    public CpuState copy() {
        return new CpuState(registers.clone(), extended.clone());
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
