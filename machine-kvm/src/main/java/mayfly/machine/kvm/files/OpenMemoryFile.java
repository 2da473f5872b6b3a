package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.memory.Backing;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** A regular file in memory. */
final class OpenMemoryFile extends SeekableFile {
    // linux/falloc.h
    static final int KEEP_SIZE = 1;
    static final int PUNCH_HOLE = 2;
    static final int ZERO_RANGE = 16;

    private final FileTree tree;
    private final MemoryNode node;
    private final String name;

    OpenMemoryFile(FileTree tree, MemoryNode node, int flags, String name) {
        super(flags);
        this.tree = tree;
        this.node = node;
        this.name = name;
        tree.memory().opened(node.place);
    }

    private OpenMemoryFile(FileTree tree, OpenMemoryFile original) {
        super(original.flags());
        this.tree = tree;
        node = original.node;
        name = original.name;
        position = original.position;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new OpenMemoryFile(copies.of(tree), this);
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.MEMORY);
        files.nodes.node(out, node, tree);
        out.text(name);
        out.number(position);
    }

    static OpenMemoryFile load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        if (files.nodes.node(in, files.tree) instanceof MemoryNode node
                && node.type(files.tree) == FileStatus.REGULAR) {
            String name = in.text(SavedTree.NAME_BYTES_MAX, "a name");
            OpenMemoryFile open = new OpenMemoryFile(files.tree, node, flags, name);
            open.position = in.size("a position");
            return open;
        }
        throw new DamagedException("a file in memory that is none");
    }

    @Override
    protected void close() {
        tree.memory().closed(node.place);
    }

    private Content content() {
        return tree.memory().content(node.place);
    }

    @Override
    long size() {
        return content().size();
    }

    @Override
    long nextData(long from) {
        return content().nextData(from);
    }

    @Override
    long nextHole(long from) {
        return content().nextHole(from);
    }

    @Override
    public long readAt(Transfer to, long at) {
        return content().read(to, at);
    }

    @Override
    public long writeAt(Transfer from, long at) {
        if (from.remaining() == 0) {
            return 0;
        }
        if (at >= Content.SIZE_MAX) {
            return -Errno.EFBIG;
        }
        MemoryFiles memory = tree.memory();
        int count = memory.fitting(content(), at, from.remaining());
        if (count == 0) {
            return -Errno.ENOSPC;
        }
        Content content = memory.ownContent(node.place);
        try {
            content.write(from, at, count);
        } finally {
            memory.settle(node.place); // also after a bad address
        }
        return count;
    }

    @Override
    public long truncate(long size) {
        return writable() ? node.truncate(tree, size) : -Errno.EINVAL;
    }

    @Override
    public long allocate(int mode, long offset, long count) {
        if (!writable()) {
            return -Errno.EBADF;
        }
        if (offset >= Content.SIZE_MAX || count > Content.SIZE_MAX - offset) {
            return -Errno.EFBIG;
        }
        MemoryFiles memory = tree.memory();
        if ((mode & PUNCH_HOLE) == 0 && !memory.fits(content(), offset, count)) {
            return -Errno.ENOSPC;
        }
        Content content = memory.ownContent(node.place);
        if ((mode & (PUNCH_HOLE | ZERO_RANGE)) != 0) {
            content.punch(offset, count);
        }
        if ((mode & PUNCH_HOLE) == 0) {
            content.reserve(offset, count);
            if ((mode & KEEP_SIZE) == 0 && offset + count > content.size()) {
                content.truncate(offset + count);
            }
        }
        memory.settle(node.place);
        return 0;
    }

    @Override
    public long status(FileStatus status) {
        return node.status(tree, status);
    }

    @Override
    public Backing backing() {
        return content().snapshot();
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
