package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Reading directories, being in one, and changing what is in them. */
final class DirectoryCalls {
    private static final int AT_REMOVEDIR = 0x200;
    private static final int RENAME_NOREPLACE = 1;
    private static final int LIST_BYTES_MAX = 1 << 20;

    private DirectoryCalls() {}

    static void addTo(CallTable table) {
        table.add(217, "getdents64", Kind.HOST_BACKED, DirectoryCalls::list);
        table.constant(78, "getdents", -Errno.ENOSYS, "getdents64 serves");
        table.add(79, "getcwd", Kind.EMULATED, DirectoryCalls::workingDirectory);
        table.add(
                80,
                "chdir",
                Kind.EMULATED,
                (p, a) -> p.files().changeDirectory(p.files().workingDirectory(), Paths.path(p, a[0])));
        table.add(81, "fchdir", Kind.EMULATED, (p, a) -> {
            OpenFile file = p.descriptors().get(a[0]);
            Node node = file == null ? null : file.node();
            if (node == null) {
                return file == null ? -Errno.EBADF : -Errno.ENOTDIR;
            }
            return p.files().changeDirectory(node);
        });
        table.add(95, "umask", Kind.EMULATED, (p, a) -> p.files().umask((int) a[0]));
        table.add(89, "readlink", Kind.HOST_BACKED, (p, a) -> readLink(p, Paths.CURRENT, a[0], a[1], a[2]));
        table.add(267, "readlinkat", Kind.HOST_BACKED, (p, a) -> readLink(p, a[0], a[1], a[2], a[3]));
        table.add(83, "mkdir", Kind.EMULATED, (p, a) -> makeDirectory(p, Paths.CURRENT, a[0], a[1]));
        table.add(258, "mkdirat", Kind.EMULATED, (p, a) -> makeDirectory(p, a[0], a[1], a[2]));
        table.add(84, "rmdir", Kind.EMULATED, (p, a) -> remove(p, Paths.CURRENT, a[0], AT_REMOVEDIR));
        table.add(87, "unlink", Kind.EMULATED, (p, a) -> remove(p, Paths.CURRENT, a[0], 0));
        table.add(263, "unlinkat", Kind.EMULATED, (p, a) -> remove(p, a[0], a[1], a[2]));
        table.add(88, "symlink", Kind.EMULATED, (p, a) -> symlink(p, a[0], Paths.CURRENT, a[1]));
        table.add(266, "symlinkat", Kind.EMULATED, (p, a) -> symlink(p, a[0], a[1], a[2]));
        table.add(86, "link", Kind.EMULATED, (p, a) -> link(p, Paths.CURRENT, a[0], Paths.CURRENT, a[1], 0));
        table.add(265, "linkat", Kind.EMULATED, (p, a) -> link(p, a[0], a[1], a[2], a[3], a[4]));
        table.add(133, "mknod", Kind.EMULATED, "regular files", (p, a) -> makeNode(p, Paths.CURRENT, a[0], a[1]));
        table.add(259, "mknodat", Kind.EMULATED, "regular files", (p, a) -> makeNode(p, a[0], a[1], a[2]));
        table.add(82, "rename", Kind.EMULATED, (p, a) -> rename(p, Paths.CURRENT, a[0], Paths.CURRENT, a[1], 0));
        table.add(264, "renameat", Kind.EMULATED, (p, a) -> rename(p, a[0], a[1], a[2], a[3], 0));
        table.add(
                316,
                "renameat2",
                Kind.EMULATED,
                "without RENAME_EXCHANGE",
                (p, a) -> rename(p, a[0], a[1], a[2], a[3], a[4]));
    }

    private static long list(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null) {
            return -Errno.EBADF;
        }
        int bytes = (int) Math.min(a[2] & 0xFFFF_FFFFL, LIST_BYTES_MAX);
        return file.list(Transfer.of(program.space(), a[1], bytes));
    }

    private static long workingDirectory(Program program, long[] a) {
        FileTree files = program.files();
        if (!files.isDirectory(files.workingDirectory())) {
            return -Errno.ENOENT;
        }
        byte[] path = files.path(files.workingDirectory()).getBytes(StandardCharsets.ISO_8859_1);
        if (a[1] >= 0 && a[1] <= path.length) {
            return -Errno.ERANGE;
        }
        program.space().write(a[0], path);
        program.space().write(a[0] + path.length, new byte[1]);
        return path.length + 1L;
    }

    private static long readLink(Program program, long fd, long address, long to, long size) {
        if ((int) size <= 0) {
            return -Errno.EINVAL;
        }
        String path = Paths.path(program, address);
        Node node = Paths.node(program, fd, path, Paths.NOFOLLOW | Paths.EMPTY);
        long error = program.files().status(node, new FileStatus());
        if (error != 0) {
            return path.isEmpty() && (int) fd == Paths.CURRENT ? -Errno.ENOENT : error;
        }
        String target = program.files().target(node);
        if (target == null) {
            return path.isEmpty() ? -Errno.ENOENT : -Errno.EINVAL;
        }
        byte[] bytes = target.getBytes(StandardCharsets.ISO_8859_1);
        int count = Math.min(bytes.length, (int) size);
        program.space().write(to, bytes, 0, count);
        return count;
    }

    private static long makeDirectory(Program program, long fd, long path, long mode) {
        Node base = Paths.base(program, fd);
        return program.files().make(base, Paths.path(program, path), FileStatus.DIRECTORY, (int) mode & 01777, "");
    }

    private static long makeNode(Program program, long fd, long path, long mode) {
        int type = (int) mode & FileStatus.TYPE;
        if (type != 0 && type != FileStatus.REGULAR) {
            return -Errno.EPERM;
        }
        Node base = Paths.base(program, fd);
        return program.files().make(base, Paths.path(program, path), FileStatus.REGULAR, (int) mode, "");
    }

    private static long remove(Program program, long fd, long path, long flags) {
        if ((flags & ~AT_REMOVEDIR) != 0) {
            return -Errno.EINVAL;
        }
        Node base = Paths.base(program, fd);
        return program.files().remove(base, Paths.path(program, path), (flags & AT_REMOVEDIR) != 0);
    }

    private static long symlink(Program program, long target, long fd, long path) {
        String text = Paths.path(program, target);
        if (text.isEmpty()) {
            return -Errno.ENOENT;
        }
        if (text.length() >= Paths.PATH_MAX) {
            return -Errno.ENAMETOOLONG;
        }
        Node base = Paths.base(program, fd);
        return program.files().make(base, Paths.path(program, path), FileStatus.LINK, 0777, text);
    }

    private static long link(Program program, long fd, long path, long newFd, long newPath, long flags) {
        if ((flags & ~(Paths.FOLLOW | Paths.EMPTY)) != 0) {
            return -Errno.EINVAL;
        }
        long follow = (flags & Paths.FOLLOW) != 0 ? 0 : Paths.NOFOLLOW;
        Node existing = Paths.node(program, fd, Paths.path(program, path), (flags & Paths.EMPTY) | follow);
        return program.files().link(existing, Paths.base(program, newFd), Paths.path(program, newPath));
    }

    private static long rename(Program program, long fd, long path, long newFd, long newPath, long flags) {
        if ((flags & ~RENAME_NOREPLACE) != 0) {
            return -Errno.EINVAL;
        }
        return program.files()
                .rename(
                        Paths.base(program, fd),
                        Paths.path(program, path),
                        Paths.base(program, newFd),
                        Paths.path(program, newPath),
                        flags != 0);
    }
}
