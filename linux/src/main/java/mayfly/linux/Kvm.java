package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** /dev/kvm, the kernel's virtual machines (kernel header linux/kvm.h, Documentation/virt/kvm/api.rst). Thread-safe. */
public final class Kvm implements AutoCloseable {
    /** The only version there has been since 2007. */
    static final int API_VERSION = 12;

    static final long KVM_GET_API_VERSION = 0xAE00L;
    static final long KVM_CREATE_VM = 0xAE01L;
    static final long KVM_CHECK_EXTENSION = 0xAE03L;
    static final long KVM_GET_VCPU_MMAP_SIZE = 0xAE04L;
    static final long KVM_GET_SUPPORTED_CPUID = 0xC008AE05L;
    static final int KVM_CAP_IMMEDIATE_EXIT = 0x88;
    static final int KVM_CAP_SYNC_REGS = 0x4A;
    static final int KVM_CAP_XSAVE2 = 0xD0;
    static final int SYNC_REGS_AND_SREGS = 3;

    private static final int CPUID_ENTRIES_MAX = 256;
    static final int CPUID_ENTRY_BYTES = 40;
    // struct kvm_cpuid_entry2: function, index, flags, eax, ebx, ecx, edx, padding
    private static final int EAX = 12;
    private static final int EBX = 16;
    private static final int EDX = 24;
    private static final int EXTENDED_STATE_LEAF = 0xD;
    static final int XSAVE_BYTES = 4096;

    private static final MethodHandle IOCTL = Libc.function(
            "ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL_TO = Libc.function(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));

    private final Arena arena = Arena.ofShared();
    private final Descriptor descriptor;
    private final int runBytes;
    private final int xsaveBytes;
    /** struct kvm_cpuid2 with all that the processor offers. */
    private final MemorySegment cpuid;

    private Kvm(Descriptor descriptor) throws ErrnoException {
        this.descriptor = descriptor;
        int fd = descriptor.enter("kvm");
        try {
            int version = ioctl("KVM_GET_API_VERSION", fd, KVM_GET_API_VERSION, 0);
            if (version != API_VERSION) {
                throw new ErrnoException("KVM_GET_API_VERSION", Errno.ENOSYS, "/dev/kvm of version " + version);
            }
            need(fd, KVM_CAP_IMMEDIATE_EXIT, 1, "KVM_CAP_IMMEDIATE_EXIT");
            need(fd, KVM_CAP_SYNC_REGS, SYNC_REGS_AND_SREGS, "KVM_CAP_SYNC_REGS");
            runBytes = ioctl("KVM_GET_VCPU_MMAP_SIZE", fd, KVM_GET_VCPU_MMAP_SIZE, 0);
            xsaveBytes = Math.max(XSAVE_BYTES, ioctl("KVM_CHECK_EXTENSION", fd, KVM_CHECK_EXTENSION, KVM_CAP_XSAVE2));
            cpuid = arena.allocate(8 + (long) CPUID_ENTRIES_MAX * CPUID_ENTRY_BYTES, 8);
            cpuid.set(JAVA_INT, 0, CPUID_ENTRIES_MAX);
            ioctl("KVM_GET_SUPPORTED_CPUID", fd, KVM_GET_SUPPORTED_CPUID, cpuid);
        } finally {
            descriptor.leave();
        }
    }

    /**
     * Opens /dev/kvm.
     *
     * @throws ErrnoException ENOENT: no such device here; EACCES: this user may not (usually: is not in the group kvm);
     *     ENOSYS: a KVM without what Mayfly needs
     */
    public static Kvm open() throws ErrnoException {
        return of(Descriptor.open("/dev/kvm", Descriptor.O_RDWR, 0));
    }

    /**
     * Takes over an open /dev/kvm, which this process was started with.
     *
     * @throws ErrnoException EBADF, ENOTTY: it is none; ENOSYS: a KVM without what Mayfly needs
     */
    public static Kvm ofDescriptor(int number) throws ErrnoException {
        return of(new Descriptor(number, "descriptor " + number));
    }

    private static Kvm of(Descriptor descriptor) throws ErrnoException {
        try {
            return new Kvm(descriptor);
        } catch (ErrnoException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void need(int fd, int capability, int bits, String name) throws ErrnoException {
        if ((ioctl("KVM_CHECK_EXTENSION", fd, KVM_CHECK_EXTENSION, capability) & bits) != bits) {
            throw new ErrnoException("KVM_CHECK_EXTENSION", Errno.ENOSYS, name);
        }
    }

    /** Makes a virtual machine without memory and processors. Takes 0.1 ms, and 10 when the host is busy. */
    public KvmMachine createMachine() throws ErrnoException {
        int fd = descriptor.enter("KVM_CREATE_VM");
        try {
            return new KvmMachine(
                    this, new Descriptor(ioctl("KVM_CREATE_VM", fd, KVM_CREATE_VM, 0), "virtual machine"));
        } finally {
            descriptor.leave();
        }
    }

    int runBytes() {
        return runBytes;
    }

    /** Size of a vCPU's extended state (FPU, SSE, AVX) in bytes. */
    public int xsaveBytes() {
        return xsaveBytes;
    }

    /**
     * Bytes of an XSAVE area with some components (CPUID leaf 0xD).
     *
     * @param components bits of XCR0
     */
    public int extendedBytes(long components) {
        int bytes = 0;
        int entries = cpuid.get(JAVA_INT, 0);
        for (int i = 0; i < entries; i++) {
            long entry = 8 + (long) i * CPUID_ENTRY_BYTES; // function, index, flags, eax, ebx, ...
            int index = cpuid.get(JAVA_INT, entry + 4);
            if (cpuid.get(JAVA_INT, entry) == EXTENDED_STATE_LEAF
                    && index >= 2
                    && index < Long.SIZE
                    && (components >>> index & 1) != 0) {
                bytes = Math.max(bytes, cpuid.get(JAVA_INT, entry + 12) + cpuid.get(JAVA_INT, entry + 16));
            }
        }
        return bytes;
    }

    /** What CPUID tells programs in its machines, without what differs between the processors of one host. */
    public byte[] features() {
        byte[] all = cpuid.asSlice(0, 8 + (long) cpuid.get(JAVA_INT, 0) * CPUID_ENTRY_BYTES)
                .toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer view = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        for (int entry = 8; entry < all.length; entry += CPUID_ENTRY_BYTES) {
            switch (view.getInt(entry)) {
                case 1 -> view.put(entry + EBX + 3, (byte) 0); // the number of the processor that answered
                case 0xB, 0x1F -> view.putInt(entry + EDX, 0);
                case 0x8000_001E -> view.putInt(entry + EAX, 0).putInt(entry + EBX, 0);
                default -> {}
            }
        }
        return all;
    }

    MemorySegment cpuid() {
        return cpuid;
    }

    static int ioctl(String name, int fd, long request, long argument) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int result = (int) IOCTL.invokeExact(errno, fd, request, argument);
            if (result < 0) {
                throw new ErrnoException(name, Libc.errno(errno), "kvm");
            }
            return result;
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    static int ioctl(String name, int fd, long request, MemorySegment argument) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int result = (int) IOCTL_TO.invokeExact(errno, fd, request, argument);
            if (result < 0) {
                throw new ErrnoException(name, Libc.errno(errno), "kvm");
            }
            return result;
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    @Override
    public void close() {
        descriptor.close();
        arena.close();
    }
}
