package mayfly.machine.kvm.files;

import java.util.List;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A file of the tree, as paths name it. A value: what changes is in the {@link FileTree}, so that one node means the
 * same file in every copy of the tree. Results are 0 or negative errnos; what a kind of file cannot do is refused as a
 * read-only file system would.
 */
public abstract class Node {
    // unistd.h
    public static final int MAY_READ = 4;
    public static final int MAY_WRITE = 2;
    public static final int MAY_SEARCH = 1;

    Node() {}

    /** What a directory lists. */
    public record Entry(String name, long inode, int type) {}

    /** 0, or the negative errno that stands in place of a file. */
    long error() {
        return 0;
    }

    /** One of the types of {@link FileStatus}; 0 when it is gone. */
    abstract int type(FileTree tree);

    final boolean isDirectory(FileTree tree) {
        return type(tree) == FileStatus.DIRECTORY;
    }

    abstract long status(FileTree tree, FileStatus status);

    /** Whether the program may use it so: 0, -EACCES or -EROFS. */
    abstract long access(FileTree tree, int wanted);

    /** The absolute path by which the program sees it. */
    abstract String path(FileTree tree);

    /**
     * The file's open file description. Only for what {@link #access} allows.
     *
     * @param name the path that it was opened by, for /proc; kinds of files that know their path need none
     */
    abstract Opened open(FileTree tree, int flags, String name);

    // ---- directories ----

    /** What a name stands for here; names are not empty, "." or "..". */
    Node child(FileTree tree, String name) {
        return Missing.of(-Errno.ENOTDIR);
    }

    /** The directory that it is in. */
    Node parent(FileTree tree) {
        return tree.above(path(tree));
    }

    /** Adds its entries, without "." and "..". */
    long list(FileTree tree, List<Entry> to) {
        return -Errno.ENOTDIR;
    }

    /** Makes a file, directory or link here, under a name that is free. */
    Node create(FileTree tree, String name, int mode, String target) {
        return Missing.of(-Errno.EROFS);
    }

    /** A further name for an existing file. */
    long link(FileTree tree, String name, Node existing) {
        return existing instanceof MemoryNode ? -Errno.EROFS : -Errno.EXDEV;
    }

    /** Takes a name away, and with the last one the file. */
    long remove(FileTree tree, String name) {
        return -Errno.EROFS;
    }

    // ---- links ----

    /** What a symbolic link says. */
    String target(FileTree tree) {
        return "";
    }

    /** Where a link of /proc leads, whatever it says; null for other links. */
    @Nullable
    Node jump(FileTree tree) {
        return null;
    }

    // ---- changes ----

    long chmod(FileTree tree, int mode) {
        return -Errno.EROFS;
    }

    /** Sets the times, in nanoseconds since 1970; {@link Long#MIN_VALUE} leaves one as it is. */
    long setTimes(FileTree tree, long accessed, long modified) {
        return -Errno.EROFS;
    }

    long truncate(FileTree tree, long size) {
        return type(tree) == FileStatus.DIRECTORY ? -Errno.EISDIR : -Errno.EROFS;
    }
}
