package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;
import mayfly.machine.kvm.files.OpenFile;
import org.jspecify.annotations.Nullable;

/** Paths as system calls are given them. */
final class Paths {
    static final long CURRENT = -100;
    static final int NOFOLLOW = 0x100;
    static final int FOLLOW = 0x400;
    static final int EMPTY = 0x1000;
    static final int PATH_MAX = 4096;

    private Paths() {}

    /** The path at an address, one char for each byte; one that is too long is refused when it is followed. */
    static String path(Program program, long address) {
        byte[] bytes = program.space().readString(address, PATH_MAX);
        return bytes == null ? "/".repeat(PATH_MAX) : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static Node base(Program program, long fd) {
        return program.files().base(program.descriptors(), fd);
    }

    /** The open file itself, when the path is empty and the flags say that this means it; else null. */
    static @Nullable OpenFile self(Program program, long fd, String path, long flags) {
        return path.isEmpty() && (flags & EMPTY) != 0 && (int) fd != CURRENT
                ? program.descriptors().get(fd)
                : null;
    }

    /** The file that a descriptor, a path and flags name; may be missing. */
    static Node node(Program program, long fd, String path, long flags) {
        FileTree files = program.files();
        if (path.isEmpty() && (flags & EMPTY) != 0) {
            if ((int) fd == CURRENT) {
                return files.workingDirectory();
            }
            OpenFile file = program.descriptors().get(fd);
            Node node = file == null ? null : file.node();
            return node != null ? node : FileTree.missing(file == null ? -Errno.EBADF : -Errno.EINVAL);
        }
        return files.node(base(program, fd), path, (flags & NOFOLLOW) == 0);
    }

    /** fstatat(2). */
    static long status(Program program, long fd, String path, long flags, FileStatus status) {
        if (path.isEmpty() && (flags & EMPTY) != 0 && (int) fd != CURRENT) {
            OpenFile file = program.descriptors().get(fd);
            return file == null ? -Errno.EBADF : file.status(status);
        }
        return program.files().status(node(program, fd, path, flags), status);
    }
}
