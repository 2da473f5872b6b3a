package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * A tree of files in a saved snapshot. What every tree of a view has in the place of files in memory (directories of the
 * host, devices, /proc) is saved by its path and taken from a new tree of the same view.
 */
final class SavedTree {
    static final int NAME_BYTES_MAX = 4096 * 2;
    private static final int TEXTS_MAX = 65_536;
    private static final int TEXT_BYTES_MAX = 1 << 20;
    private static final int LINKS_MAX = 1 << 20;

    /** What is seen in the place of files in memory, by path. */
    private final Map<String, Node> mounted;
    /** The same for the host's directories. */
    private final Map<HostMount, String> mounts = new HashMap<>();

    SavedTree(FileTree tree) {
        mounted = mounted(tree);
        mounted.forEach((path, node) -> {
            if (node instanceof HostNode host) {
                mounts.put(host.mount(), path);
            }
        });
    }

    private static Map<String, Node> mounted(FileTree tree) {
        Map<String, Node> found = new TreeMap<>();
        for (MemoryInode inode : tree.memory().all()) {
            if (inode != null && inode.mounted != null) {
                found.put(inode.mounted.path(tree), inode.mounted);
            }
        }
        return found;
    }

    // ---- the host's directories and what stands for them ----

    void mount(StateOut out, HostMount mount) throws UnsavableException {
        String path = mounts.get(mount);
        if (path == null) {
            throw new UnsavableException("a file below " + mount.guestPath() + ", which is not shown any more");
        }
        out.text(path);
    }

    HostMount mount(StateIn in) throws DamagedException {
        String path = in.text(NAME_BYTES_MAX, "a directory of the host");
        if (mounted.get(path) instanceof HostNode host) {
            return host.mount();
        }
        throw new DamagedException("machines do not see " + path + " any more");
    }

    private Node mounted(StateIn in) throws DamagedException {
        String path = in.text(NAME_BYTES_MAX, "a file of the system");
        Node node = mounted.get(path);
        if (node == null) {
            throw new DamagedException("machines do not see " + path + " any more");
        }
        return node;
    }

    // ---- files, as paths name them ----

    private static final int MEMORY = 0;
    private static final int HOST = 1;
    private static final int SYSTEM = 2;

    void node(StateOut out, Node node, FileTree tree) throws UnsavableException {
        switch (node) {
            case MemoryNode file -> {
                out.number(MEMORY);
                out.number(file.place);
                out.number(file.id);
            }
            case HostNode file -> {
                out.number(HOST);
                mount(out, file.mount());
                out.text(file.inMount());
                out.number(file.type(tree));
            }
            default -> {
                String path = node.path(tree);
                if (!node.equals(mounted.get(path))) {
                    throw new UnsavableException("the open file " + path + ", which comes and goes");
                }
                out.number(SYSTEM);
                out.text(path);
            }
        }
    }

    Node node(StateIn in, FileTree tree) throws DamagedException {
        return switch (in.number(MEMORY, SYSTEM, "a kind of file")) {
            case MEMORY -> {
                int place = in.number(0, tree.memory().inodesMax(), "a file's place");
                yield MemoryNode.at(place, in.longNumber());
            }
            case HOST -> {
                HostMount mount = mount(in);
                String path = in.text(NAME_BYTES_MAX, "a path of the host's");
                Node node = HostNode.at(mount, path);
                in.require(node.type(tree) == in.number(), path + " is something else now");
                yield node;
            }
            default -> mounted(in);
        };
    }

    // ---- the tree ----

    void save(StateOut out, FileTree tree, SavedContents contents) throws UnsavableException {
        List<MemoryInode> all = tree.memory().all();
        out.number(tree.memory().lastId());
        out.number(tree.memory().bytes());
        out.number(all.size());
        for (MemoryInode inode : all) {
            out.flag(inode != null);
            if (inode != null) {
                save(out, inode, tree, contents);
            }
        }
        Node directory = tree.workingDirectory();
        if (!directory.isDirectory(tree)) {
            throw new UnsavableException("a working directory that was removed");
        }
        node(out, directory, tree);
        out.number(tree.umask());
        FileTree.Started started = tree.started();
        out.text(started.path());
        out.text(started.executable());
        texts(out, started.arguments());
        texts(out, started.environment());
    }

    private void save(StateOut out, MemoryInode inode, FileTree tree, SavedContents contents)
            throws UnsavableException {
        if (inode.entries != null && inode.links == 0) {
            throw new UnsavableException("a directory that was removed and is still open");
        }
        out.number(inode.id);
        out.number(inode.mode);
        out.number(inode.user);
        out.number(inode.links);
        out.number(inode.accessedNanos);
        out.number(inode.modifiedNanos);
        out.number(inode.changedNanos);
        out.text(inode.target);
        out.number(inode.parent);
        out.text(inode.name);
        out.flag(inode.mounted != null);
        if (inode.mounted != null) {
            out.text(inode.mounted.path(tree));
        }
        if (inode.content != null) {
            out.number(contents.number(inode.content));
        }
        if (inode.entries != null) {
            out.number(inode.entries.size());
            for (Map.Entry<String, Integer> entry : inode.entries.entrySet()) {
                out.text(entry.getKey());
                out.number(entry.getValue());
            }
        }
    }

    /** @param fresh of the same view as the tree that was saved, and with its limits */
    FileTree load(StateIn in, FileTree fresh, List<Content> contents) throws DamagedException {
        long lastId = in.size("the last file's number");
        long bytes = in.longNumber(size -> size >= 0 && size <= fresh.memory().bytesMax(), "what files take");
        int count = in.count(fresh.memory().inodesMax() * 2 + 256, "files in memory");
        List<@Nullable MemoryInode> all = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            all.add(in.flag() ? inode(in, lastId, count, contents) : null);
        }
        check(in, all, fresh.memory().inodesMax());
        FileTree tree = new FileTree(fresh.memory().with(all, lastId, bytes));
        long held = (long) count * MemoryFiles.INODE_BYTES;
        for (Content content : contents) {
            held += (long) content.count() * Content.PIECE;
        }
        in.require(tree.kernelMemory().reserve(held), "files of " + held + " bytes, for which there is no memory");
        tree.kernelMemory().charge(held);
        Node directory = node(in, tree);
        in.require(directory.isDirectory(tree), "the working directory");
        tree.begin(directory);
        var _ = tree.umask(in.number(0, 0777, "the umask"));
        tree.setStarted(new FileTree.Started(
                in.text(TEXT_BYTES_MAX, "the program's path"),
                in.text(TEXT_BYTES_MAX, "the program's file"),
                texts(in, "arguments"),
                texts(in, "environment")));
        in.require(mounted(tree).keySet().equals(mounted.keySet()), "machines see other files of the system now");
        return tree;
    }

    private MemoryInode inode(StateIn in, long lastId, int places, List<Content> contents) throws DamagedException {
        long id = in.longNumber(number -> number > 0 && number <= lastId, "a file's number");
        int mode = in.number(0, FileStatus.TYPE | 07777, "a file's mode");
        int user = in.number(0, Integer.MAX_VALUE, "a file's owner");
        int links = in.number(0, LINKS_MAX, "a file's names");
        long accessed = in.longNumber();
        long modified = in.longNumber();
        long changed = in.longNumber();
        String target = in.text(TEXT_BYTES_MAX, "a link");
        int parent = in.number(0, places - 1, "a directory's directory");
        String name = in.text(NAME_BYTES_MAX, "a directory's name");
        Node there = in.flag() ? mounted(in) : null;
        int type = mode & FileStatus.TYPE;
        in.require(
                type == FileStatus.DIRECTORY
                        || type == FileStatus.REGULAR
                        || type == FileStatus.LINK
                        || type == FileStatus.SOCKET,
                "a kind of file that is never in memory");
        Content content =
                type == FileStatus.REGULAR ? contents.get(in.number(0, contents.size() - 1, "a file's content")) : null;
        MemoryInode inode = new MemoryInode(id, new Token(), mode, target, content);
        inode.user = user;
        inode.links = links;
        inode.accessedNanos = accessed;
        inode.modifiedNanos = modified;
        inode.changedNanos = changed;
        inode.parent = parent;
        inode.name = name;
        inode.mounted = there;
        if (inode.entries != null) {
            entries(in, inode.entries, places);
        }
        return inode;
    }

    private static void entries(StateIn in, Map<String, Integer> entries, int places) throws DamagedException {
        int count = in.count(LINKS_MAX, "names in a directory");
        for (int i = 0; i < count; i++) {
            String name = in.text(NAME_BYTES_MAX, "a name");
            in.require(!name.isEmpty() && name.indexOf('/') < 0 && name.indexOf(0) < 0, "a name that is none");
            entries.put(name, in.number(0, places - 1, "a file's place"));
        }
        in.require(entries.size() == count, "a name that is there twice");
    }

    /** That names lead to files, and directories to the top. */
    private static void check(StateIn in, List<@Nullable MemoryInode> all, int inodesMax) throws DamagedException {
        int files = 0;
        Map<Long, MemoryInode> ids = new HashMap<>();
        IdentityHashMap<Content, Long> owners = new IdentityHashMap<>();
        MemoryInode root = all.isEmpty() ? null : all.get(MemoryFiles.ROOT);
        in.require(root != null && root.entries != null, "no top directory");
        for (MemoryInode inode : all) {
            if (inode == null) {
                continue;
            }
            files++;
            in.require(ids.put(inode.id, inode) == null, "two files with one number");
            in.require(
                    inode.content == null || owners.put(inode.content, inode.id) == null, "two files with one content");
            if (inode.entries != null) {
                for (int place : inode.entries.values()) {
                    in.require(all.get(place) != null, "a name that leads nowhere");
                }
                MemoryInode at = inode;
                for (int up = 0; at != root; up++) {
                    MemoryInode above = all.get(at.parent);
                    in.require(
                            above != null && above.entries != null && up < all.size(), "a directory that is nowhere");
                    at = above;
                }
            }
        }
        in.require(files <= inodesMax, "too many files");
    }

    private static void texts(StateOut out, List<String> texts) throws UnsavableException {
        out.number(texts.size());
        for (String text : texts) {
            out.text(text);
        }
    }

    private static List<String> texts(StateIn in, String what) throws DamagedException {
        int count = in.count(TEXTS_MAX, what);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(in.text(TEXT_BYTES_MAX, what));
        }
        return texts;
    }
}
