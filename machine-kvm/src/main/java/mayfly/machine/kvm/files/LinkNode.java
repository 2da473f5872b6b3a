package mayfly.machine.kvm.files;

import java.util.function.Function;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** A symbolic link of /proc: what it says depends on the program, and it may lead where no path does. */
final class LinkNode extends Node {
    private final String path;
    private final Function<FileTree, String> target;
    private final Function<FileTree, @Nullable Node> jump;

    LinkNode(String path, Function<FileTree, String> target, Function<FileTree, @Nullable Node> jump) {
        this.path = path;
        this.target = target;
        this.jump = jump;
    }

    @Override
    int type(FileTree tree) {
        return FileStatus.LINK;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        status.device = FileTree.SYSTEM_DEVICE;
        status.inode = FileTree.systemInode(path);
        status.mode = FileStatus.LINK | 0777;
        return 0;
    }

    @Override
    long access(FileTree tree, int wanted) {
        return 0;
    }

    @Override
    String path(FileTree tree) {
        return path;
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return Opened.failed(-Errno.ELOOP);
    }

    @Override
    String target(FileTree tree) {
        return target.apply(tree);
    }

    @Override
    @Nullable
    Node jump(FileTree tree) {
        return jump.apply(tree);
    }
}
