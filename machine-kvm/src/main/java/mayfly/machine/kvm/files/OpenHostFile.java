package mayfly.machine.kvm.files;

import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.memory.Backing;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** A regular file of the host, open for reading. */
final class OpenHostFile extends SeekableFile {
    private final HostContent content;
    private final HostNode node;
    private final FileTree tree;

    OpenHostFile(HostContent content, HostNode node, FileTree tree, int flags) {
        super(flags);
        this.content = content;
        this.node = node;
        this.tree = tree;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        OpenHostFile copy = new OpenHostFile(content, node, copies.of(tree), flags());
        copy.position = position;
        return copy;
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.HOST);
        out.number(files.host(content));
        files.nodes.node(out, node, tree);
        out.number(position);
    }

    static OpenHostFile load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        HostContent content = files.host(in.number());
        if (files.nodes.node(in, files.tree) instanceof HostNode node) {
            OpenHostFile open = new OpenHostFile(content, node, files.tree, flags);
            open.position = in.size("a position");
            return open;
        }
        throw new DamagedException("a file of the host that is none");
    }

    @Override
    public long readAt(Transfer to, long at) {
        HostFiles files = content.mount().files();
        return to.each(true, (memory, there, count, done) -> files.read(content, memory, there, count, at + done));
    }

    @Override
    long size() {
        return content.mount().files().status(content).size();
    }

    @Override
    public long status(FileStatus status) {
        return HostNode.fill(content.mount().files().status(content), status);
    }

    @Override
    public Backing backing() {
        return content;
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public String name() {
        return node.path(tree);
    }
}
