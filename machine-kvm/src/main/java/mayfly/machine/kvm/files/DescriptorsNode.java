package mayfly.machine.kvm.files;

import java.util.List;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** The directory /proc/self/fd: a link for each descriptor. */
final class DescriptorsNode extends Node {
    private static final int DIGITS_MAX = 6;

    private final String path;

    DescriptorsNode(String path) {
        this.path = path;
    }

    @Override
    int type(FileTree tree) {
        return FileStatus.DIRECTORY;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        status.device = FileTree.SYSTEM_DEVICE;
        status.inode = FileTree.systemInode(path);
        status.mode = FileStatus.DIRECTORY | 0500;
        status.user = FileTree.USER;
        status.group = FileTree.USER;
        status.links = 2;
        return 0;
    }

    @Override
    long access(FileTree tree, int wanted) {
        return (wanted & MAY_WRITE) == 0 ? 0 : -Errno.EACCES;
    }

    @Override
    String path(FileTree tree) {
        return path;
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return Opened.of(new OpenDirectory(tree, this, flags));
    }

    @Override
    Node child(FileTree tree, String name) {
        if (!name.matches("0|[1-9][0-9]*") || name.length() > DIGITS_MAX) {
            return Missing.of(-Errno.ENOENT);
        }
        int number = Integer.parseInt(name);
        return file(tree, number) == null
                ? Missing.of(-Errno.ENOENT)
                : new LinkNode(path + "/" + name, t -> target(t, number), t -> node(t, number));
    }

    private static @Nullable OpenFile file(FileTree tree, int number) {
        ShownProcess process = tree.process();
        return process == null ? null : process.descriptors().get(number);
    }

    private static String target(FileTree tree, int number) {
        OpenFile file = file(tree, number);
        return file == null ? "" : file.name();
    }

    private static Node node(FileTree tree, int number) {
        OpenFile file = file(tree, number);
        if (file == null) {
            return Missing.of(-Errno.ENOENT);
        }
        Node node = file.node();
        return node != null ? node : new OpenedNode(file);
    }

    @Override
    long list(FileTree tree, List<Entry> to) {
        ShownProcess process = tree.process();
        int end = process == null ? 0 : process.descriptors().end();
        for (int number = 0; number < end; number++) {
            if (file(tree, number) != null) {
                String name = Integer.toString(number);
                to.add(new Entry(name, FileTree.systemInode(path + "/" + name), FileStatus.LINK >> 12));
            }
        }
        return 0;
    }
}
