package mayfly.machine.kvm.files;

import java.util.List;
import java.util.Map;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** A file of a tree's {@link MemoryFiles}. */
final class MemoryNode extends Node {
    private static final int NAMES_MAX = 1 << 20;
    private static final int PERMISSIONS = 07777;
    private static final int LINKS_MAX = 65_000;

    final int place;
    final long id;

    private MemoryNode(int place, long id) {
        this.place = place;
        this.id = id;
    }

    /** A node that was saved; the file may be gone. */
    static MemoryNode at(int place, long id) {
        return new MemoryNode(place, id);
    }

    static MemoryNode of(FileTree tree, int place) {
        return new MemoryNode(place, tree.memory().get(place).id);
    }

    private @Nullable MemoryInode inode(FileTree tree) {
        return tree.memory().get(place, id);
    }

    @Override
    int type(FileTree tree) {
        MemoryInode inode = inode(tree);
        return inode == null ? 0 : inode.type();
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        MemoryInode inode = inode(tree);
        if (inode == null) {
            return -Errno.ENOENT;
        }
        status.device = FileTree.MEMORY_DEVICE;
        status.inode = id;
        status.mode = inode.mode;
        status.links = inode.links;
        status.user = inode.user;
        status.group = inode.user;
        status.size = inode.content != null ? inode.content.size() : inode.target.length();
        status.accessedNanos = inode.accessedNanos;
        status.modifiedNanos = inode.modifiedNanos;
        status.changedNanos = inode.changedNanos;
        if (inode.entries != null) {
            status.size = 20L * (inode.entries.size() + 2);
        }
        if (inode.content != null) {
            status.blocks = (long) inode.content.count() * Content.PIECE / 512;
        }
        return 0;
    }

    @Override
    long access(FileTree tree, int wanted) {
        MemoryInode inode = inode(tree);
        if (inode == null) {
            return -Errno.ENOENT;
        }
        int allowed = inode.user == FileTree.USER ? inode.mode >> 6 : inode.mode;
        if ((wanted & MAY_WRITE) != 0 && inode.user != FileTree.USER && (allowed & MAY_WRITE) == 0) {
            return -Errno.EROFS; // what the tree came with
        }
        return (allowed & wanted) == wanted ? 0 : -Errno.EACCES;
    }

    @Override
    String path(FileTree tree) {
        MemoryInode inode = inode(tree);
        if (inode == null) {
            return "/ (deleted)";
        }
        StringBuilder path = new StringBuilder();
        int at = place;
        while (at != MemoryFiles.ROOT) {
            MemoryInode directory = tree.memory().get(at);
            path.insert(0, directory.name).insert(0, '/');
            at = directory.parent;
        }
        return path.isEmpty() ? "/" : path.toString();
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return switch (type(tree)) {
            case FileStatus.DIRECTORY -> Opened.of(new OpenDirectory(tree, this, flags));
            case FileStatus.REGULAR -> Opened.of(new OpenMemoryFile(tree, this, flags, name));
            default -> Opened.failed(-Errno.ENXIO);
        };
    }

    @Override
    Node child(FileTree tree, String name) {
        MemoryInode inode = inode(tree);
        if (inode == null || inode.entries == null) {
            return Missing.of(inode == null ? -Errno.ENOENT : -Errno.ENOTDIR);
        }
        Integer found = inode.entries.get(name);
        if (found == null) {
            return Missing.of(-Errno.ENOENT);
        }
        Node mounted = tree.memory().get(found).mounted;
        return mounted != null ? mounted : of(tree, found);
    }

    @Override
    Node parent(FileTree tree) {
        MemoryInode inode = inode(tree);
        return inode == null ? Missing.of(-Errno.ENOENT) : of(tree, inode.parent);
    }

    @Override
    long list(FileTree tree, List<Entry> to) {
        MemoryInode inode = inode(tree);
        if (inode == null || inode.entries == null) {
            return inode == null ? -Errno.ENOENT : -Errno.ENOTDIR;
        }
        for (Map.Entry<String, Integer> entry : inode.entries.entrySet()) {
            MemoryInode there = tree.memory().get(entry.getValue());
            int type = there.mounted != null ? there.mounted.type(tree) : there.type();
            to.add(new Entry(entry.getKey(), there.id, type >> 12));
        }
        return 0;
    }

    private Map<String, Integer> ownEntries(FileTree tree) {
        Map<String, Integer> entries = tree.memory().own(place).entries;
        if (entries == null) {
            throw new AssertionError("inode " + place + " is not a directory");
        }
        return entries;
    }

    private long mayChange(FileTree tree) {
        MemoryInode inode = inode(tree);
        if (inode == null || inode.links == 0) {
            return -Errno.ENOENT;
        }
        return inode.entries == null ? -Errno.ENOTDIR : access(tree, MAY_WRITE | MAY_SEARCH);
    }

    private void touch(FileTree tree) {
        MemoryInode inode = tree.memory().own(place);
        inode.modifiedNanos = MemoryFiles.now();
        inode.changedNanos = inode.modifiedNanos;
    }

    @Override
    Node create(FileTree tree, String name, int mode, String target) {
        long refused = mayChange(tree);
        if (refused != 0) {
            return Missing.of(refused);
        }
        if (ownEntries(tree).size() >= NAMES_MAX) {
            return Missing.of(-Errno.ENOSPC);
        }
        long made = tree.memory().add(mode, target);
        if (made < 0) {
            return Missing.of(made);
        }
        put(tree, name, (int) made);
        return of(tree, (int) made);
    }

    /** Gives an inode a name here; what had it before is forgotten. */
    private void put(FileTree tree, String name, int there) {
        ownEntries(tree).put(name, there);
        MemoryInode inode = tree.memory().own(there);
        if (inode.entries != null) {
            inode.parent = place;
            inode.name = name;
            tree.memory().own(place).links++;
        }
        touch(tree);
    }

    private void take(FileTree tree, String name, MemoryInode inode) {
        ownEntries(tree).remove(name);
        if (inode.entries != null) {
            tree.memory().own(place).links--;
        }
        touch(tree);
    }

    @Override
    long link(FileTree tree, String name, Node existing) {
        if (!(existing instanceof MemoryNode file)) {
            return -Errno.EXDEV;
        }
        long refused = mayChange(tree);
        MemoryInode inode = file.inode(tree);
        if (refused != 0 || inode == null) {
            return refused != 0 ? refused : -Errno.ENOENT;
        }
        if (inode.entries != null || inode.user != FileTree.USER) {
            return -Errno.EPERM;
        }
        if (inode.links >= LINKS_MAX) {
            return -Errno.EMLINK;
        }
        tree.memory().own(file.place).links++;
        put(tree, name, file.place);
        return 0;
    }

    @Override
    long remove(FileTree tree, String name) {
        long refused = mayChange(tree);
        if (refused != 0) {
            return refused;
        }
        Integer there = ownEntries(tree).get(name);
        if (there == null) {
            return -Errno.ENOENT;
        }
        MemoryInode inode = tree.memory().own(there);
        if (inode.mounted != null || inode.user != FileTree.USER) {
            return -Errno.EBUSY;
        }
        if (inode.entries != null && !inode.entries.isEmpty()) {
            return -Errno.ENOTEMPTY;
        }
        take(tree, name, inode);
        inode.links = inode.entries != null ? 0 : inode.links - 1;
        inode.changedNanos = MemoryFiles.now();
        tree.memory().dropUnnamed(there);
        return 0;
    }

    /** Whether a file of this directory may go to another one: 0 or a negative errno. */
    long mayMove(FileTree tree, String name, MemoryNode to) {
        long refused = mayChange(tree);
        refused = refused != 0 ? refused : to.mayChange(tree);
        if (refused != 0) {
            return refused;
        }
        Integer there = ownEntries(tree).get(name);
        if (there == null) {
            return -Errno.ENOENT;
        }
        MemoryInode inode = tree.memory().get(there);
        if (inode.mounted != null || inode.user != FileTree.USER) {
            return -Errno.EBUSY;
        }
        return 0;
    }

    /** Gives a file here another name and directory; that name is free, and {@link #mayMove} allowed it. */
    void move(FileTree tree, String name, MemoryNode to, String newName) {
        Integer there = ownEntries(tree).get(name);
        if (there == null) {
            throw new AssertionError(name + " is gone");
        }
        MemoryInode inode = tree.memory().own(there);
        take(tree, name, inode);
        to.put(tree, newName, there);
        inode.changedNanos = MemoryFiles.now();
    }

    private @Nullable MemoryInode toChange(FileTree tree) {
        MemoryInode inode = inode(tree);
        return inode == null || inode.user != FileTree.USER
                ? null
                : tree.memory().own(place);
    }

    @Override
    long chmod(FileTree tree, int mode) {
        MemoryInode inode = toChange(tree);
        if (inode == null) {
            return -Errno.EPERM;
        }
        inode.mode = (inode.mode & FileStatus.TYPE) | (mode & PERMISSIONS);
        inode.changedNanos = MemoryFiles.now();
        return 0;
    }

    @Override
    long setTimes(FileTree tree, long accessed, long modified) {
        MemoryInode inode = toChange(tree);
        if (inode == null) {
            return -Errno.EPERM;
        }
        inode.accessedNanos = accessed == Long.MIN_VALUE ? inode.accessedNanos : accessed;
        inode.modifiedNanos = modified == Long.MIN_VALUE ? inode.modifiedNanos : modified;
        inode.changedNanos = MemoryFiles.now();
        return 0;
    }

    @Override
    long truncate(FileTree tree, long size) {
        MemoryInode inode = inode(tree);
        if (inode == null || inode.content == null) {
            return inode == null ? -Errno.ENOENT : -Errno.EISDIR;
        }
        if (size > Content.SIZE_MAX) {
            return -Errno.EFBIG;
        }
        Content content = tree.memory().ownContent(place);
        content.truncate(size);
        tree.memory().settle(place);
        return 0;
    }

    @Override
    String target(FileTree tree) {
        MemoryInode inode = inode(tree);
        return inode == null ? "" : inode.target;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MemoryNode node && node.id == id;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(id);
    }
}
