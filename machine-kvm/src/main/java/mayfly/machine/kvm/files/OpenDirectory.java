package mayfly.machine.kvm.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** An open directory. It lists what was there when its list was begun. */
final class OpenDirectory extends OpenFile {
    /** struct linux_dirent64 without the name. */
    private static final int HEAD_BYTES = 19;

    private static final int ENTRIES_MAX = 1 << 21;

    private static final int DIRECTORY = FileStatus.DIRECTORY >> 12;

    private final FileTree tree;
    private final Node node;
    private @Nullable List<Node.Entry> entries;
    private int next;
    /** What the list counts for; 0 when it is another machine's. */
    private long charged;

    /** What an entry takes, without its name. */
    private static final int ENTRY_BYTES = 80;

    OpenDirectory(FileTree tree, Node node, int flags) {
        super(flags);
        this.tree = tree;
        this.node = node;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        OpenDirectory copy = new OpenDirectory(copies.of(tree), node, flags());
        copy.entries = entries; // never changed once it is complete
        copy.next = next;
        return copy;
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.DIRECTORY);
        files.nodes.node(out, node, tree);
        out.number(next);
        List<Node.Entry> all = entries;
        out.flag(all != null);
        if (all != null) {
            out.number(all.size());
            for (Node.Entry entry : all) {
                out.text(entry.name());
                out.number(entry.inode());
                out.number(entry.type());
            }
        }
    }

    static OpenDirectory load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        OpenDirectory directory = new OpenDirectory(files.tree, files.nodes.node(in, files.tree), flags);
        directory.next = in.number(0, Integer.MAX_VALUE, "a place in a directory");
        if (in.flag()) {
            int count = in.count(ENTRIES_MAX, "a directory's entries");
            List<Node.Entry> all = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                String name = in.text(SavedTree.NAME_BYTES_MAX, "a name");
                all.add(new Node.Entry(name, in.longNumber(), in.number()));
            }
            directory.entries = all;
        }
        return directory;
    }

    @Override
    public long read(Transfer to) {
        return -Errno.EISDIR;
    }

    @Override
    public long readAt(Transfer to, long position) {
        return -Errno.EISDIR;
    }

    @Override
    public long list(Transfer to) {
        if (node.type(tree) == 0) {
            return -Errno.ENOENT;
        }
        List<Node.Entry> all = entries;
        if (all == null) {
            all = new ArrayList<>();
            FileStatus status = new FileStatus();
            var _ = node.status(tree, status);
            all.add(new Node.Entry(".", status.inode, DIRECTORY));
            var _ = node.parent(tree).status(tree, status);
            all.add(new Node.Entry("..", status.inode, DIRECTORY));
            long error = node.list(tree, all);
            if (error != 0) {
                return error;
            }
            long bytes = 0;
            for (Node.Entry entry : all) {
                bytes += ENTRY_BYTES + entry.name().length();
            }
            if (!tree.kernelMemory().reserve(bytes)) {
                return -Errno.ENOMEM;
            }
            tree.kernelMemory().charge(bytes);
            charged = bytes;
            entries = all;
        }
        int room = to.remaining();
        int done = 0;
        while (next < all.size()) {
            byte[] entry = entry(all.get(next), next + 1);
            if (entry.length > room - done) {
                return done > 0 ? done : -Errno.EINVAL;
            }
            to.put(entry, 0, entry.length);
            done += entry.length;
            next++;
        }
        return done;
    }

    private void forget() {
        tree.kernelMemory().charge(-charged);
        charged = 0;
        entries = null;
    }

    @Override
    protected void close() {
        forget();
    }

    private static byte[] entry(Node.Entry entry, long offset) {
        byte[] name = entry.name().getBytes(StandardCharsets.ISO_8859_1);
        int bytes = (HEAD_BYTES + name.length + 1 + 7) & -8;
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(entry.inode())
                .putLong(offset)
                .putShort((short) bytes)
                .put((byte) entry.type())
                .put(name);
        return out.array();
    }

    @Override
    public long seek(long offset, int whence) {
        long target = whence == 0 ? offset : whence == 1 ? next + offset : -1;
        if (target < 0 || target > Integer.MAX_VALUE) {
            return -Errno.EINVAL;
        }
        if (target == 0) {
            forget();
        }
        next = (int) target;
        return target;
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
