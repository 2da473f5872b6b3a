package mayfly.machine.kvm.files;

import org.jspecify.annotations.Nullable;

/** An open {@link TextNode}. Its text is made when it is read from the beginning. */
final class OpenText extends SeekableFile {
    private final FileTree tree;
    private final TextNode node;
    private byte @Nullable [] text;

    /** What every open file may keep; of larger texts a machine keeps one. */
    private static final int SMALL_BYTES = 4096;

    OpenText(FileTree tree, TextNode node, int flags) {
        super(flags);
        this.tree = tree;
        this.node = node;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        OpenText copy = new OpenText(copies.of(tree, FileTree::copy), node, flags());
        copy.text = text;
        copy.position = position;
        return copy;
    }

    @Override
    long size() {
        byte[] known = text;
        return known == null ? 0 : known.length;
    }

    @Override
    public long readAt(Transfer to, long at) {
        byte[] bytes = text;
        if (bytes == null || at == 0) {
            bytes = node.content(tree);
            text = bytes;
            if (bytes.length > SMALL_BYTES) {
                tree.keep(this);
            }
        }
        int count = (int) Math.max(0, Math.min(to.remaining(), bytes.length - at));
        to.put(bytes, (int) Math.min(at, bytes.length), count);
        return count;
    }

    /** Its text is made anew when it is read on. */
    void forget() {
        text = null;
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
        return node.path(tree);
    }
}
