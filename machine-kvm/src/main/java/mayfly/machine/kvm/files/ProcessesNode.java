package mayfly.machine.kvm.files;

import java.util.List;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The directory /proc: what is always in it, and a directory for each process. There is one such directory in the tree, that
 * shows whoever looks; another process's is the same one seen with that process's eyes.
 */
final class ProcessesNode extends Node {
    private static final int DIGITS_MAX = 9;

    private final Node always;
    /** The name of the directory that shows whoever looks. */
    private final String own;

    ProcessesNode(Node always, String own) {
        this.always = always;
        this.own = own;
    }

    @Override
    int type(FileTree tree) {
        return FileStatus.DIRECTORY;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        return always.status(tree, status);
    }

    @Override
    long access(FileTree tree, int wanted) {
        return always.access(tree, wanted);
    }

    @Override
    String path(FileTree tree) {
        return "/proc";
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return Opened.of(new OpenDirectory(tree, this, flags));
    }

    @Override
    Node child(FileTree tree, String name) {
        ShownProcess process = tree.process();
        if (process == null || !name.matches("[1-9][0-9]*") || name.length() > DIGITS_MAX) {
            return always.child(tree, name);
        }
        int id = Integer.parseInt(name);
        FileTree its = process.tree(id);
        if (its == null) {
            return Missing.of(-Errno.ENOENT);
        }
        Node directory = always.child(tree, own);
        return its.equals(tree) ? directory : new Other(directory, path(tree) + "/" + name, id);
    }

    @Override
    long list(FileTree tree, List<Entry> to) {
        ShownProcess process = tree.process();
        long result = always.list(tree, to);
        if (process != null) {
            to.removeIf(entry -> entry.name().equals(own));
            for (int id : process.processes()) {
                String name = Integer.toString(id);
                to.add(new Entry(name, FileTree.systemInode("/proc/" + name), FileStatus.DIRECTORY >> 12));
            }
        }
        return result;
    }

    /** A file of another process's directory. */
    private static final class Other extends Node {
        private final Node file;
        private final String path;
        private final int process;

        Other(Node file, String path, int process) {
            this.file = file;
            this.path = path;
            this.process = process;
        }

        /** The files as that process sees them; null when it is gone. */
        private @Nullable FileTree its(FileTree tree) {
            ShownProcess shown = tree.process();
            return shown == null ? null : shown.tree(process);
        }

        @Override
        int type(FileTree tree) {
            FileTree its = its(tree);
            return its == null ? 0 : file.type(its);
        }

        @Override
        long status(FileTree tree, FileStatus status) {
            FileTree its = its(tree);
            return its == null ? -Errno.ENOENT : file.status(its, status);
        }

        @Override
        long access(FileTree tree, int wanted) {
            FileTree its = its(tree);
            return its == null ? -Errno.ENOENT : file.access(its, wanted);
        }

        @Override
        String path(FileTree tree) {
            return path;
        }

        @Override
        Opened open(FileTree tree, int flags, String name) {
            FileTree its = its(tree);
            if (its == null) {
                return Opened.failed(-Errno.ENOENT);
            }
            return file.isDirectory(its)
                    ? Opened.of(new OpenDirectory(tree, this, flags))
                    : file.open(its, flags, name);
        }

        @Override
        Node child(FileTree tree, String name) {
            FileTree its = its(tree);
            Node child = its == null ? Missing.of(-Errno.ENOENT) : file.child(its, name);
            return child.error() != 0 ? child : new Other(child, path + "/" + name, process);
        }

        @Override
        long list(FileTree tree, List<Entry> to) {
            FileTree its = its(tree);
            return its == null ? -Errno.ENOENT : file.list(its, to);
        }

        @Override
        String target(FileTree tree) {
            FileTree its = its(tree);
            return its == null ? "" : file.target(its);
        }

        @Override
        @Nullable
        Node jump(FileTree tree) {
            FileTree its = its(tree);
            return its == null ? Missing.of(-Errno.ENOENT) : file.jump(its);
        }
    }
}
