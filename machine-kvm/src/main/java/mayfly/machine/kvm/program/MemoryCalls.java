package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.AddressSpace.Place;
import mayfly.machine.kvm.memory.Backing;
import mayfly.machine.kvm.program.CallTable.Kind;

/** mmap(2) and its relatives. */
final class MemoryCalls {
    // asm-generic/mman.h
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_SHARED_VALIDATE = 3;
    private static final int MAP_TYPE = 0xF;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_FIXED_NOREPLACE = 0x100000;
    private static final int PROTECTIONS = 7;
    private static final int PROT_WRITE = 2;
    private static final int MREMAP_MAYMOVE = 1;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_FREE = 8;
    private static final int MADV_LAST = 25;

    private MemoryCalls() {}

    static void addTo(CallTable table) {
        table.add(9, "mmap", Kind.EMULATED, "shared writable mappings of files are refused", MemoryCalls::mmap);
        table.add(10, "mprotect", Kind.EMULATED, MemoryCalls::protect);
        table.add(11, "munmap", Kind.EMULATED, (p, a) -> p.space().unmap(a[0], a[1]));
        table.add(12, "brk", Kind.EMULATED, MemoryCalls::moveBreak);
        table.add(25, "mremap", Kind.EMULATED, "without MREMAP_FIXED and MREMAP_DONTUNMAP", MemoryCalls::mremap);
        table.add(26, "msync", Kind.CONSTANT, "no mapping is written back", (_, _) -> 0);
        table.add(27, "mincore", Kind.EMULATED, "everything is in memory", MemoryCalls::mincore);
        table.add(
                28,
                "madvise",
                Kind.EMULATED,
                "MADV_DONTNEED and MADV_FREE; other advice is accepted",
                MemoryCalls::madvise);
        table.constant(149, "mlock", 0, "memory is never paged out by us");
        table.constant(150, "munlock", 0, "");
        table.constant(151, "mlockall", 0, "");
        table.constant(152, "munlockall", 0, "");
        table.constant(325, "mlock2", 0, "");
        table.constant(237, "mbind", 0, "one node");
        table.constant(238, "set_mempolicy", 0, "one node");
    }

    private static long mmap(Program program, long[] a) {
        long flags = a[3];
        long type = flags & MAP_TYPE;
        if ((a[2] & ~PROTECTIONS) != 0 || (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)) {
            return -Errno.EINVAL;
        }
        Backing backing = null;
        String name = "";
        if ((flags & MAP_ANONYMOUS) == 0) {
            OpenFile file = program.descriptors().get(a[4]);
            if (file == null) {
                return -Errno.EBADF;
            }
            if ((a[5] & (AddressSpace.pageUp(1) - 1)) != 0 || a[5] < 0) {
                return -Errno.EINVAL;
            }
            backing = file.backing();
            if (backing == null) {
                return -Errno.ENODEV;
            }
            if (!file.readable() || (type != MAP_PRIVATE && (a[2] & PROT_WRITE) != 0)) {
                return -Errno.EACCES;
            }
            name = file.name();
        }
        boolean data = type == MAP_PRIVATE && (a[2] & PROT_WRITE) != 0;
        if (program.state().limits.forbid(program.space(), a[1], data)) {
            return -Errno.ENOMEM;
        }
        boolean reserve = (flags & MAP_NORESERVE) == 0;
        // mappings of files show the file as it is now, so sharing them would change nothing
        boolean shared = type != MAP_PRIVATE && backing == null;
        return program.space().map(a[0], a[1], (int) a[2], place(flags), backing, a[5], reserve, shared, name);
    }

    private static Place place(long flags) {
        if ((flags & MAP_FIXED_NOREPLACE) != 0) {
            return Place.FIXED_IF_FREE;
        }
        return (flags & MAP_FIXED) != 0 ? Place.FIXED : Place.HINT;
    }

    /** brk(2): the old end where a limit of the program's own forbids the new one. */
    private static long moveBreak(Program program, long[] a) {
        long end = program.space().setBreak(0);
        return program.state().limits.forbid(program.space(), a[0] - end, true)
                ? end
                : program.space().setBreak(a[0]);
    }

    private static long protect(Program program, long[] a) {
        return (a[2] & ~PROTECTIONS) != 0 ? -Errno.EINVAL : program.space().protect(a[0], a[1], (int) a[2]);
    }

    private static long mremap(Program program, long[] a) {
        if ((a[3] & ~MREMAP_MAYMOVE) != 0) {
            return -Errno.EINVAL;
        }
        if (program.state().limits.forbid(program.space(), a[2] - a[1], true)) {
            return -Errno.ENOMEM;
        }
        return program.space().remap(a[0], a[1], a[2], (a[3] & MREMAP_MAYMOVE) != 0);
    }

    private static long mincore(Program program, long[] a) {
        long pages = AddressSpace.pageUp(a[1]) / 4096;
        if (a[1] < 0 || pages > 1 << 20) {
            return -Errno.ENOMEM;
        }
        byte[] all = new byte[(int) pages];
        java.util.Arrays.fill(all, (byte) 1);
        program.space().write(a[2], all);
        return 0;
    }

    private static long madvise(Program program, long[] a) {
        if (a[2] == MADV_DONTNEED || a[2] == MADV_FREE) {
            return program.space().discard(a[0], a[1]);
        }
        return a[2] >= 0 && a[2] <= MADV_LAST ? 0 : -Errno.EINVAL;
    }
}
