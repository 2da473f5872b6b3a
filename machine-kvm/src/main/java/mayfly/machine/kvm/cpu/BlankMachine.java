package mayfly.machine.kvm.cpu;

import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.KvmMachine;
import mayfly.linux.SpecialRegisters.Control;
import mayfly.linux.Vcpu;

/**
 * A virtual machine with a processor and without memory: what takes longest of making a machine, and depends on nothing,
 * so that it can be made ahead, by any thread. Becomes a {@link Processor}'s, or is closed.
 */
public final class BlankMachine implements AutoCloseable {
    final KvmMachine machine;
    final Vcpu vcpu;
    /** XCR0: the components of extended state that programs have. */
    final long components;
    /** Their size in an XSAVE area. */
    final int componentsBytes;

    private final Kvm kvm;

    private BlankMachine(Kvm kvm, KvmMachine machine, Vcpu vcpu) throws ErrnoException {
        this.kvm = kvm;
        this.machine = machine;
        this.vcpu = vcpu;
        components = Beginning.of(vcpu, 0);
        int bytes = Math.max(ExtendedState.LEAST_BYTES, kvm.extendedBytes(components));
        componentsBytes = Math.min(bytes, vcpu.extendedBytes());
    }

    public static BlankMachine create(Kvm kvm) throws ErrnoException {
        KvmMachine machine = kvm.createMachine();
        Vcpu vcpu = null;
        try {
            vcpu = machine.createVcpu(0);
            return new BlankMachine(kvm, machine, vcpu);
        } catch (ErrnoException e) {
            if (vcpu != null) {
                vcpu.close();
            }
            machine.close();
            throw e;
        }
    }

    /** What its processor and all others of this host are alike in. */
    public ProcessorKind kind() throws ErrnoException {
        return new ProcessorKind(this, kvm.features());
    }

    /** @param root physical address of the page tables */
    void setRoot(long root) throws ErrnoException {
        vcpu.special().set(Control.CR3, root);
        vcpu.storeSpecial();
    }

    @Override
    public void close() {
        vcpu.close();
        machine.close();
    }
}
