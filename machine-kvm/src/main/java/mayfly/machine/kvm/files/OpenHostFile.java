package mayfly.machine.kvm.files;

import mayfly.machine.kvm.memory.Backing;

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
        OpenHostFile copy = new OpenHostFile(content, node, copies.of(tree, FileTree::copy), flags());
        copy.position = position;
        return copy;
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
