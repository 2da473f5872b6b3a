package mayfly.machine.kvm.files;

import mayfly.linux.Errno;

/** rename(2). */
final class Renaming {
    private Renaming() {}

    static long rename(FileTree tree, Found from, Found to, boolean keep) {
        Node file = from.node();
        if (file.error() != 0) {
            return file.error();
        }
        if (from.name().isEmpty() || (to.name().isEmpty() && to.error() == 0)) {
            return -Errno.EBUSY;
        }
        if (to.error() != 0 && !to.canBeMade()) {
            return to.error();
        }
        if (!(from.parent() instanceof MemoryNode fromDirectory) || !(to.parent() instanceof MemoryNode toDirectory)) {
            return from.parent().getClass() == to.parent().getClass() ? -Errno.EROFS : -Errno.EXDEV;
        }
        boolean directory = file.isDirectory(tree);
        if (!directory && (from.slash() || to.slash())) {
            return -Errno.ENOTDIR;
        }
        long refused = fromDirectory.mayMove(tree, from.name(), toDirectory);
        if (refused != 0) {
            return refused;
        }
        Node replaced = to.node();
        if (replaced.error() == 0) {
            if (keep) {
                return -Errno.EEXIST;
            }
            if (replaced.equals(file)) {
                return 0;
            }
            boolean replacesDirectory = replaced.isDirectory(tree);
            if (directory != replacesDirectory) {
                return directory ? -Errno.ENOTDIR : -Errno.EISDIR;
            }
            if (directory && contains(tree, replaced, fromDirectory)) {
                return -Errno.ENOTEMPTY;
            }
            refused = toDirectory.remove(tree, to.name());
            if (refused != 0) {
                return refused;
            }
        }
        fromDirectory.move(tree, from.name(), toDirectory, to.name());
        return 0;
    }

    /** Whether a directory is in another, however deep. */
    private static boolean contains(FileTree tree, Node directory, Node inner) {
        Node at = inner;
        while (at instanceof MemoryNode node && node.place != MemoryFiles.ROOT) {
            if (node.equals(directory)) {
                return true;
            }
            at = node.parent(tree);
        }
        return false;
    }
}
