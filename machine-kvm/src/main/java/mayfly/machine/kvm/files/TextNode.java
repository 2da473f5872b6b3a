package mayfly.machine.kvm.files;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import mayfly.linux.Errno;

/** A file whose text is made when it is read, as those of /proc and /sys are. */
final class TextNode extends Node {
    private final String path;
    private final Function<FileTree, String> text;

    /** @param text its content, one char for each byte */
    TextNode(String path, Function<FileTree, String> text) {
        this.path = path;
        this.text = text;
    }

    @Override
    int type(FileTree tree) {
        return FileStatus.REGULAR;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        status.device = FileTree.SYSTEM_DEVICE;
        status.inode = FileTree.systemInode(path);
        status.mode = FileStatus.REGULAR | 0444;
        return 0;
    }

    @Override
    long access(FileTree tree, int wanted) {
        return (wanted & ~MAY_READ) == 0 ? 0 : -Errno.EACCES;
    }

    @Override
    String path(FileTree tree) {
        return path;
    }

    byte[] content(FileTree tree) {
        return text.apply(tree).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return Opened.of(new OpenText(tree, this, flags));
    }
}
