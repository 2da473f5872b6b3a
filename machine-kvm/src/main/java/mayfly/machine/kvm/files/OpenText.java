package mayfly.machine.kvm.files;

import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
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
        OpenText copy = new OpenText(copies.of(tree), node, flags());
        copy.text = text;
        copy.position = position;
        return copy;
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.TEXT);
        files.nodes.node(out, node, tree);
        out.number(position);
        byte[] known = text;
        out.flag(known != null);
        if (known != null) {
            out.block(known);
        }
    }

    static OpenText load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        if (files.nodes.node(in, files.tree) instanceof TextNode node) {
            OpenText open = new OpenText(files.tree, node, flags);
            open.position = in.size("a position");
            open.text = in.flag() ? in.block(StateOut.BYTES_MAX, "a text") : null;
            return open;
        }
        throw new DamagedException("a text that is none");
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
