package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.PathWalk.End;

/** The rarer ways of openat(2). */
final class Opening {
    private Opening() {}

    /** Whether a name that must be a directory's is too long: the kernel looks at the slash before the name. */
    static boolean isDirectoryNameTooLong(FileTree tree, Node base, String path, Found found) {
        return found.error() == -Errno.ENAMETOOLONG
                && path.endsWith("/")
                && tree.find(base, PathWalk.above(path), End.FOLLOW).error() == 0;
    }

    /** What an open file is called that was found by a path; "": as the host calls it. */
    static String name(FileTree tree, Found found) {
        return found.node() instanceof HostNode ? "" : found.path(tree);
    }

    /** O_PATH. */
    static Opened path(FileTree tree, Found found, int flags) {
        Node node = found.node();
        if (node.error() != 0) {
            return Opened.failed(node.error());
        }
        if ((flags & FileTree.O_DIRECTORY) != 0 && !node.isDirectory(tree)) {
            return Opened.failed(-Errno.ENOTDIR);
        }
        return Opened.of(new OpenPath(tree, node, flags, found.path(tree)));
    }

    /** O_TMPFILE. */
    static Opened nameless(FileTree tree, Node directory, int flags, int mode) {
        if ((flags & OpenFile.ACCESS_MODE) == OpenFile.READ_ONLY) {
            return Opened.failed(-Errno.EINVAL);
        }
        if (directory.error() != 0 || !directory.isDirectory(tree)) {
            return Opened.failed(directory.error() != 0 ? directory.error() : -Errno.ENOTDIR);
        }
        long refused = directory.access(tree, Node.MAY_WRITE | Node.MAY_SEARCH);
        return refused != 0
                ? Opened.failed(refused)
                : tree.openNameless(directory.path(tree) + "/#", flags, mode & ~tree.umask());
    }
}
