package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.Opened;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Opening and closing files, and what can be done with an open one besides moving bytes. */
final class FileCalls {
    // fcntl.h
    private static final int O_CLOEXEC = 02000000;
    private static final int CREATING = OpenFile.WRITE_ONLY | FileTree.O_CREAT | FileTree.O_TRUNC;
    // linux/falloc.h: keep size, punch hole, zero range
    private static final int ALLOCATE_KEEP_SIZE = 1;
    private static final int ALLOCATE_PUNCH = 2;
    private static final int ALLOCATE_ZERO = 16;
    // linux/memfd.h
    private static final int MEMFD_CLOEXEC = 1;
    private static final int MEMFD_KNOWN = 0x1B;
    private static final int MEMFD_NAME_MAX = 249;

    private static final int LOCK_NO_WAIT = 4;
    private static final long LOCK_AGAIN_NANOS = 2_000_000;

    private FileCalls() {}

    static void addTo(CallTable table) {
        table.add(2, "open", Kind.HOST_BACKED, (p, a) -> open(p, Paths.CURRENT, a[0], a[1], a[2]));
        table.add(85, "creat", Kind.HOST_BACKED, (p, a) -> open(p, Paths.CURRENT, a[0], CREATING, a[1]));
        table.add(257, "openat", Kind.HOST_BACKED, (p, a) -> open(p, a[0], a[1], a[2], a[3]));
        table.constant(437, "openat2", -Errno.ENOSYS, "as older kernels");
        table.add(319, "memfd_create", Kind.EMULATED, "without seals", FileCalls::memfd);
        table.add(3, "close", Kind.EMULATED, (p, a) -> p.descriptors().close(a[0]));
        table.add(8, "lseek", Kind.EMULATED, (p, a) -> {
            OpenFile file = p.descriptors().get(a[0]);
            return file == null ? -Errno.EBADF : file.seek(a[1], (int) a[2]);
        });
        table.add(77, "ftruncate", Kind.EMULATED, (p, a) -> {
            OpenFile file = p.descriptors().get(a[0]);
            if (file == null || a[1] < 0) {
                return file == null ? -Errno.EBADF : -Errno.EINVAL;
            }
            return file.writable() ? file.truncate(a[1]) : -Errno.EINVAL;
        });
        table.add(285, "fallocate", Kind.EMULATED, "without moving ranges", FileCalls::allocate);
        String volatileFiles = "nothing outlives the machine";
        table.add(74, "fsync", Kind.EMULATED, "of volumes; else " + volatileFiles, FileCalls::flush);
        table.add(75, "fdatasync", Kind.EMULATED, "of volumes; else " + volatileFiles, FileCalls::flush);
        table.add(277, "sync_file_range", Kind.EMULATED, volatileFiles, FileCalls::sync);
        table.add(306, "syncfs", Kind.EMULATED, volatileFiles, FileCalls::sync);
        table.constant(162, "sync", 0, volatileFiles);
        table.add(
                73,
                "flock",
                Kind.EMULATED,
                "of volumes; else it succeeds, also against another process",
                FileCalls::lock);
        table.add(221, "fadvise64", Kind.EMULATED, "advice is not needed", FileCalls::sync);
        table.add(187, "readahead", Kind.EMULATED, "advice is not needed", FileCalls::sync);
    }

    private static long open(Program program, long base, long address, long flags, long mode) {
        String path = Paths.path(program, address);
        Opened opened = program.files().open(Paths.base(program, base), path, (int) flags, (int) mode);
        return add(program, opened, (flags & O_CLOEXEC) != 0);
    }

    private static long add(Program program, Opened opened, boolean closeOnExec) {
        OpenFile file = opened.file();
        if (file == null) {
            return opened.error();
        }
        long fd = program.descriptors().add(file, 0, closeOnExec);
        if (fd < 0) {
            file.release();
        }
        return fd;
    }

    private static long memfd(Program program, long[] a) {
        byte[] name = program.space().readString(a[0], MEMFD_NAME_MAX + 1);
        if (name == null || (a[1] & ~MEMFD_KNOWN) != 0) {
            return -Errno.EINVAL;
        }
        String text = new String(name, java.nio.charset.StandardCharsets.ISO_8859_1);
        Opened opened = program.files().openNameless("/memfd:" + text, OpenFile.READ_WRITE, 0777);
        return add(program, opened, (a[1] & MEMFD_CLOEXEC) != 0);
    }

    private static long allocate(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null || !file.writable()) {
            return -Errno.EBADF;
        }
        int mode = (int) a[1];
        if (a[2] < 0 || a[3] <= 0) {
            return -Errno.EINVAL;
        }
        boolean known = (mode & ~(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH | ALLOCATE_ZERO)) == 0;
        boolean punchKeeps = (mode & ALLOCATE_PUNCH) == 0 || mode == (ALLOCATE_PUNCH | ALLOCATE_KEEP_SIZE);
        if (!known || !punchKeeps) {
            return -Errno.EOPNOTSUPP;
        }
        return a[2] > Long.MAX_VALUE - a[3] ? -Errno.EFBIG : file.allocate(mode, a[2], a[3]);
    }

    private static long flush(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        return file == null ? -Errno.EBADF : file.sync();
    }

    private static long lock(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        int operation = (int) a[1];
        if (file == null) {
            return -Errno.EBADF;
        }
        long result = file.lockWhole(operation & ~LOCK_NO_WAIT);
        return orWait(program, result, (operation & LOCK_NO_WAIT) == 0);
    }

    /** A lock that somebody else has is asked for again soon: nobody tells us when it comes free. */
    static long orWait(Program program, long result, boolean waits) {
        if (result != -Errno.EAGAIN || !waits) {
            return result;
        }
        return Watch.await(program, Wait.FOREVER, Clocks.after(LOCK_AGAIN_NANOS));
    }

    private static long sync(Program program, long[] a) {
        return program.descriptors().get(a[0]) == null ? -Errno.EBADF : 0;
    }
}
