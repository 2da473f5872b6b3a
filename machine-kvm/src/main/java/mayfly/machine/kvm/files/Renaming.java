package mayfly.machine.kvm.files;

import mayfly.linux.Errno;

/** rename(2). */
final class Renaming {
    private Renaming() {}

    static long rename(FileTree tree, Found from, Found to, boolean keep) {
        if (from.wayError() != 0 || to.wayError() != 0) {
            return from.wayError() != 0 ? from.wayError() : to.wayError();
        }
        if (!from.isNamed() || !to.isNamed()) {
            return -Errno.EBUSY;
        }
        Node file = from.node();
        if (file.error() != 0) {
            return file.error();
        }
        if (to.error() != 0 && !to.canBeMade()) {
            return to.error();
        }
        boolean directory = file.isDirectory(tree);
        if (!directory && (from.slash() || to.slash())) {
            return -Errno.ENOTDIR;
        }
        Node replaced = to.node();
        if (replaced.error() == 0 && keep) {
            return -Errno.EEXIST;
        }
        if (directory && isIn(tree, file, to.parent())) {
            return -Errno.EINVAL;
        }
        if (replaced.error() == 0 && isIn(tree, replaced, from.parent())) {
            return -Errno.ENOTEMPTY;
        }
        if (replaced.error() == 0 && replaced.equals(file)) {
            return 0;
        }
        if (from.parent() instanceof VolumeNode fromVolume && to.parent() instanceof VolumeNode toVolume) {
            return fromVolume.move(from.name(), toVolume, to.name());
        }
        if (!(from.parent() instanceof MemoryNode fromDirectory) || !(to.parent() instanceof MemoryNode toDirectory)) {
            return from.parent().getClass() == to.parent().getClass() ? -Errno.EROFS : -Errno.EXDEV;
        }
        long refused = fromDirectory.mayMove(tree, from.name(), toDirectory);
        if (refused != 0) {
            return refused;
        }
        if (replaced.error() == 0) {
            boolean replacesDirectory = replaced.isDirectory(tree);
            if (directory != replacesDirectory) {
                return directory ? -Errno.ENOTDIR : -Errno.EISDIR;
            }
            refused = toDirectory.remove(tree, to.name());
            if (refused != 0) {
                return refused;
            }
        }
        fromDirectory.move(tree, from.name(), toDirectory, to.name());
        return 0;
    }

    /** Whether a directory is another one, or in it, however deep. */
    private static boolean isIn(FileTree tree, Node directory, Node inner) {
        return directory.isDirectory(tree) && (inner.path(tree) + "/").startsWith(directory.path(tree) + "/");
    }
}
