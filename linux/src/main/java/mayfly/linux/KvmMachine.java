package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One virtual machine. Its memory must stay mapped until it is closed. */
public final class KvmMachine implements AutoCloseable {
    static final long KVM_CREATE_VCPU = 0xAE41L;
    static final long KVM_SET_USER_MEMORY_REGION = 0x4020AE46L;

    private final Kvm kvm;
    private final Descriptor descriptor;

    KvmMachine(Kvm kvm, Descriptor descriptor) {
        this.kvm = kvm;
        this.descriptor = descriptor;
    }

    /** Makes the whole of {@code memory} the guest's physical memory from address 0 on. */
    public void setMemory(Memory memory) throws ErrnoException {
        int fd = descriptor.enter("KVM_SET_USER_MEMORY_REGION");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = arena.allocate(32, 8); // struct kvm_userspace_memory_region
            region.set(JAVA_LONG, 16, memory.size());
            region.set(JAVA_LONG, 24, memory.address());
            Kvm.ioctl("KVM_SET_USER_MEMORY_REGION", fd, KVM_SET_USER_MEMORY_REGION, region);
        } finally {
            descriptor.leave();
        }
    }

    /** Makes the machine's processor {@code index}, which offers all that the host's does. */
    public Vcpu createVcpu(int index) throws ErrnoException {
        int fd = descriptor.enter("KVM_CREATE_VCPU");
        try {
            int vcpu = Kvm.ioctl("KVM_CREATE_VCPU", fd, KVM_CREATE_VCPU, index);
            return new Vcpu(kvm, new Descriptor(vcpu, "vCPU " + index));
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
