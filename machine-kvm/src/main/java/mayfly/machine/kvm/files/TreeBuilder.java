package mayfly.machine.kvm.files;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import mayfly.linux.Errno;

/** Puts into a new tree what programs cannot change: it belongs to root. Paths are absolute. */
final class TreeBuilder {
    private static final int SYSTEM_USER = 0;

    private final FileTree tree;

    TreeBuilder(FileTree tree) {
        this.tree = tree;
        tree.memory().own(MemoryFiles.ROOT).user = SYSTEM_USER;
    }

    /** A directory, and those above it. */
    MemoryNode directory(String path) {
        MemoryNode at = MemoryNode.of(tree, MemoryFiles.ROOT);
        for (String name : path.split("/", -1)) {
            if (name.isEmpty()) {
                continue;
            }
            if (name.equals(".") || name.equals("..")) {
                throw new IllegalArgumentException(path + " is not a plain path");
            }
            Node child = at.child(tree, name);
            if (child.error() == -Errno.ENOENT) {
                child = add(at, name, FileStatus.DIRECTORY | 0755, "");
            }
            if (!(child instanceof MemoryNode directory) || !directory.isDirectory(tree)) {
                throw new IllegalArgumentException(path + ": " + child.path(tree) + " is not a directory in memory");
            }
            at = directory;
        }
        return at;
    }

    private MemoryNode add(MemoryNode directory, String name, int mode, String target) {
        MemoryInode parent = tree.memory().own(directory.place);
        int user = parent.user;
        parent.user = FileTree.USER;
        Node made = directory.create(tree, name, mode, target);
        tree.memory().own(directory.place).user = user;
        if (!(made instanceof MemoryNode node)) {
            throw new IllegalArgumentException(name + ": " + Errno.name((int) -made.error()));
        }
        tree.memory().own(node.place).user = SYSTEM_USER;
        return node;
    }

    private MemoryNode add(String path, int mode, String target) {
        int slash = path.lastIndexOf('/');
        return add(directory(path.substring(0, slash)), path.substring(slash + 1), mode, target);
    }

    /** A directory in which the program may do what it likes. */
    void open(String path) {
        tree.memory().own(directory(path).place).mode = FileStatus.DIRECTORY | 01777;
    }

    /** A directory that is the program's. */
    void home(String path) {
        tree.memory().own(directory(path).place).user = FileTree.USER;
    }

    /** Something else is seen in the place of what is in memory. */
    void mount(String path, Node node) {
        int mode = node.isDirectory(tree) ? FileStatus.DIRECTORY | 0755 : FileStatus.REGULAR | 0444;
        tree.memory().own(add(path, mode, "").place).mounted = node;
    }

    /** A directory is seen by way of another node, to which what is in memory is given. */
    void cover(String path, java.util.function.UnaryOperator<Node> cover) {
        MemoryNode directory = directory(path);
        tree.memory().own(directory.place).mounted = cover.apply(directory);
    }

    void link(String path, String target) {
        var _ = add(path, FileStatus.LINK | 0777, target);
    }

    void text(String path, String text) {
        MemoryNode file = add(path, FileStatus.REGULAR | 0444, "");
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tree.memory().ownContent(file.place).write(bytes, 0, 0, bytes.length);
        tree.memory().settle(file.place);
    }

    void text(String path, Function<FileTree, String> text) {
        mount(path, new TextNode(path, text));
    }
}
