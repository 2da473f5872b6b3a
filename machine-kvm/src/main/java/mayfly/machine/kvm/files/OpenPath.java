package mayfly.machine.kvm.files;

import mayfly.linux.Errno;

/** A file opened with O_PATH: it can be named and asked about, and nothing else. */
public final class OpenPath extends OpenFile {
    private final FileTree tree;
    private final Node node;
    private final String name;

    OpenPath(FileTree tree, Node node, int flags, String name) {
        super(flags & ~ACCESS_MODE);
        this.tree = tree;
        this.node = node;
        this.name = name;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new OpenPath(copies.of(tree, FileTree::copy), node, flags(), name);
    }

    @Override
    public long read(Transfer to) {
        return -Errno.EBADF;
    }

    @Override
    public long write(Transfer from) {
        return -Errno.EBADF;
    }

    @Override
    public long readAt(Transfer to, long position) {
        return -Errno.EBADF;
    }

    @Override
    public long writeAt(Transfer from, long position) {
        return -Errno.EBADF;
    }

    @Override
    public long seek(long offset, int whence) {
        return -Errno.EBADF;
    }

    @Override
    public long list(Transfer to) {
        return -Errno.EBADF;
    }

    @Override
    public long truncate(long size) {
        return -Errno.EBADF;
    }

    @Override
    public long status(FileStatus status) {
        return node.status(tree, status);
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public String name() {
        return name;
    }
}
