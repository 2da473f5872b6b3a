package mayfly.machine.kvm.files;

import java.util.Arrays;
import java.util.List;
import mayfly.linux.Errno;

/** The directory /proc/self/task, and in it one for each thread. */
final class ThreadsNode extends Node {
    private final String path;

    ThreadsNode(String path) {
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
        status.mode = FileStatus.DIRECTORY | 0555;
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

    private static int[] threads(FileTree tree) {
        ShownProcess process = tree.process();
        return process == null ? new int[0] : process.threads();
    }

    @Override
    Node child(FileTree tree, String name) {
        for (int thread : threads(tree)) {
            if (name.equals(Integer.toString(thread))) {
                return new ThreadNode(path + "/" + name, thread);
            }
        }
        return Missing.of(-Errno.ENOENT);
    }

    @Override
    long list(FileTree tree, List<Entry> to) {
        for (int thread : threads(tree)) {
            String name = Integer.toString(thread);
            to.add(new Entry(name, FileTree.systemInode(path + "/" + name), FileStatus.DIRECTORY >> 12));
        }
        return 0;
    }

    /** One thread's directory. */
    private static final class ThreadNode extends Node {
        private static final List<String> NAMES = Arrays.asList("comm", "stat", "status");

        private final String path;
        private final int thread;

        ThreadNode(String path, int thread) {
            this.path = path;
            this.thread = thread;
        }

        @Override
        int type(FileTree tree) {
            return FileStatus.DIRECTORY;
        }

        @Override
        long status(FileTree tree, FileStatus status) {
            return new ThreadsNode(path).status(tree, status);
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
            return switch (name) {
                case "comm" -> text(name, (t, _, _) -> ProcessFiles.name(t) + "\n");
                case "stat" -> text(name, ProcessFiles::stat);
                case "status" -> text(name, ProcessFiles::status);
                default -> Missing.of(-Errno.ENOENT);
            };
        }

        /** Makes a file's text. */
        @FunctionalInterface
        private interface Text {
            String of(FileTree tree, ShownProcess process, int thread);
        }

        private Node text(String name, Text text) {
            return new TextNode(path + "/" + name, ProcessFiles.of((tree, p) -> text.of(tree, p, thread)));
        }

        @Override
        long list(FileTree tree, List<Entry> to) {
            for (String name : NAMES) {
                to.add(new Entry(name, FileTree.systemInode(path + "/" + name), FileStatus.REGULAR >> 12));
            }
            return 0;
        }
    }
}
