package mayfly.machine.kvm.program;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.program.CallTable.Kind;

/** What can be asked about files: stat(2), access(2), statfs(2), extended attributes. */
final class StatusCalls {
    private static final int AT_EACCESS = 0x200;
    private static final int AT_NO_AUTOMOUNT = 0x800;
    private static final int AT_STATX_SYNC = 0x6000;
    private static final int STAT_FLAGS = Paths.NOFOLLOW | Paths.EMPTY | AT_NO_AUTOMOUNT;
    private static final int STATX_RESERVED = 0x8000_0000;
    // linux/magic.h
    private static final long TMPFS_MAGIC = 0x0102_1994;
    private static final long OVERLAYFS_MAGIC = 0x794C_7630;
    private static final long READ_ONLY = 1;
    private static final int STATFS_BYTES = 120;
    private static final int ENODATA = 61;

    private StatusCalls() {}

    static void addTo(CallTable table) {
        table.add(4, "stat", Kind.HOST_BACKED, (p, a) -> stat(p, Paths.CURRENT, a[0], a[1], 0));
        table.add(6, "lstat", Kind.HOST_BACKED, (p, a) -> stat(p, Paths.CURRENT, a[0], a[1], Paths.NOFOLLOW));
        table.add(5, "fstat", Kind.HOST_BACKED, StatusCalls::fstat);
        table.add(
                262,
                "newfstatat",
                Kind.HOST_BACKED,
                (p, a) -> (a[3] & ~STAT_FLAGS) != 0 ? -Errno.EINVAL : stat(p, a[0], a[1], a[2], a[3]));
        table.add(332, "statx", Kind.HOST_BACKED, "basic statistics", StatusCalls::statx);
        table.add(21, "access", Kind.EMULATED, (p, a) -> access(p, Paths.CURRENT, a[0], a[1], 0));
        table.add(269, "faccessat", Kind.EMULATED, (p, a) -> access(p, a[0], a[1], a[2], 0));
        table.add(439, "faccessat2", Kind.EMULATED, (p, a) -> access(p, a[0], a[1], a[2], a[3]));
        table.add(137, "statfs", Kind.EMULATED, (p, a) -> {
            Node node = Paths.node(p, Paths.CURRENT, Paths.path(p, a[0]), 0);
            return fileSystem(p, node, a[1]);
        });
        table.add(138, "fstatfs", Kind.EMULATED, (p, a) -> {
            OpenFile file = p.descriptors().get(a[0]);
            Node node = file == null ? FileTree.missing(-Errno.EBADF) : file.node();
            return fileSystem(p, node == null ? p.files().root() : node, a[1]);
        });
        attributes(table);
    }

    private static void attributes(CallTable table) {
        String none = "no file has any";
        table.add(191, "getxattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], 0, -ENODATA));
        table.add(192, "lgetxattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], Paths.NOFOLLOW, -ENODATA));
        table.add(193, "fgetxattr", Kind.EMULATED, none, (p, a) -> open(p, a[0], -ENODATA));
        table.add(194, "listxattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], 0, 0));
        table.add(195, "llistxattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], Paths.NOFOLLOW, 0));
        table.add(196, "flistxattr", Kind.EMULATED, none, (p, a) -> open(p, a[0], 0));
        table.add(188, "setxattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], 0, -Errno.EOPNOTSUPP));
        table.add(189, "lsetxattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], Paths.NOFOLLOW, -Errno.EOPNOTSUPP));
        table.add(190, "fsetxattr", Kind.EMULATED, none, (p, a) -> open(p, a[0], -Errno.EOPNOTSUPP));
        table.add(197, "removexattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], 0, -ENODATA));
        table.add(198, "lremovexattr", Kind.EMULATED, none, (p, a) -> there(p, a[0], Paths.NOFOLLOW, -ENODATA));
        table.add(199, "fremovexattr", Kind.EMULATED, none, (p, a) -> open(p, a[0], -ENODATA));
    }

    private static long there(Program program, long address, int flags, long result) {
        Node node = Paths.node(program, Paths.CURRENT, Paths.path(program, address), flags);
        long error = program.files().status(node, new FileStatus());
        return error != 0 ? error : result;
    }

    private static long open(Program program, long fd, long result) {
        return program.descriptors().get(fd) == null ? -Errno.EBADF : result;
    }

    private static long stat(Program program, long fd, long path, long to, long flags) {
        FileStatus status = new FileStatus();
        long error = Paths.status(program, fd, Paths.path(program, path), flags, status);
        if (error == 0) {
            program.space().write(to, status.toStat());
        }
        return error;
    }

    private static long fstat(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null) {
            return -Errno.EBADF;
        }
        FileStatus status = new FileStatus();
        long error = file.status(status);
        if (error == 0) {
            program.space().write(a[1], status.toStat());
        }
        return error;
    }

    private static long statx(Program program, long[] a) {
        int sync = (int) a[2] & AT_STATX_SYNC;
        if ((a[2] & ~(STAT_FLAGS | AT_STATX_SYNC)) != 0 || sync == AT_STATX_SYNC || (a[3] & STATX_RESERVED) != 0) {
            return -Errno.EINVAL;
        }
        FileStatus status = new FileStatus();
        long error = Paths.status(program, a[0], Paths.path(program, a[1]), a[2], status);
        if (error == 0) {
            program.space().write(a[4], status.toStatx());
        }
        return error;
    }

    private static long access(Program program, long fd, long path, long mode, long flags) {
        if ((mode & ~7) != 0 || (flags & ~(AT_EACCESS | Paths.NOFOLLOW | Paths.EMPTY)) != 0) {
            return -Errno.EINVAL;
        }
        return program.files().access(Paths.node(program, fd, Paths.path(program, path), flags), (int) mode);
    }

    private static long fileSystem(Program program, Node node, long to) {
        FileTree files = program.files();
        FileStatus status = new FileStatus();
        long error = files.status(node, status);
        if (error != 0) {
            return error;
        }
        boolean memory = files.isInMemory(node);
        FileTree.Space space = files.space();
        ByteBuffer out = ByteBuffer.allocate(STATFS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(memory ? TMPFS_MAGIC : OVERLAYFS_MAGIC).putLong(Paths.PATH_MAX);
        long blocks = space.bytesMax() / Paths.PATH_MAX;
        long free = memory ? (space.bytesMax() - space.bytes()) / Paths.PATH_MAX : 0;
        out.putLong(blocks).putLong(free).putLong(free);
        out.putLong(space.inodesMax()).putLong(memory ? space.inodesMax() - space.inodes() : 0);
        out.putLong(status.device).putLong(255).putLong(Paths.PATH_MAX).putLong(memory ? 0 : READ_ONLY);
        program.space().write(to, out.array());
        return 0;
    }
}
