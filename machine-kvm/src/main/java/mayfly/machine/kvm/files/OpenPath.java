package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

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
        return new OpenPath(copies.of(tree), node, flags(), name);
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.PATH);
        files.nodes.node(out, node, tree);
        out.text(name);
    }

    static OpenPath load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        Node node = files.nodes.node(in, files.tree);
        return new OpenPath(files.tree, node, flags, in.text(SavedTree.NAME_BYTES_MAX, "a name"));
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
