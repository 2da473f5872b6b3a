package mayfly.machine.kvm.load;

import java.util.Arrays;
import mayfly.linux.Errno;
import mayfly.linux.Memory;
import mayfly.machine.kvm.files.ByteText;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.Opened;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.memory.Backing;

/** A program's file in the tree that the program sees. */
public final class TreeImage implements Loader.Source {
    private static final int MAY_EXECUTE = 1;

    private final String path;
    private final OpenFile file;
    private final Backing backing;
    private final long size;

    private TreeImage(String path, OpenFile file, Backing backing, long size) {
        this.path = path;
        this.file = file;
        this.backing = backing;
        this.size = size;
    }

    /** @param path as people write it; absolute, or in the working directory */
    public static TreeImage open(FileTree tree, String path) throws BadProgramException {
        return open(tree, tree.node(tree.workingDirectory(), ByteText.of(path), true), ByteText.of(path));
    }

    /** @param path by which it was found, one char for each byte */
    public static TreeImage open(FileTree tree, Node node, String path) throws BadProgramException {
        long refused = tree.access(node, MAY_EXECUTE);
        if (refused != 0) {
            throw cannotOpen(path, refused);
        }
        Opened opened = tree.openNode(node, OpenFile.READ_ONLY, tree.path(node));
        OpenFile file = opened.file();
        if (file == null) {
            throw cannotOpen(path, opened.error());
        }
        Backing backing = file.backing();
        FileStatus status = new FileStatus();
        if (backing == null || file.status(status) != 0) {
            file.release();
            throw new BadProgramException(path, "is not a regular file", Errno.EACCES);
        }
        return new TreeImage(path, file, backing, status.size);
    }

    private static BadProgramException cannotOpen(String path, long error) {
        int errno = (int) -error;
        return new BadProgramException(
                ByteText.shown(path), "cannot be opened in the machine: " + Errno.name(errno), errno);
    }

    /** What was mapped of it stays. */
    public void close() {
        file.release();
    }

    /** Its path without links, as the program knows it. */
    public String executable() {
        return file.name();
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public byte[] head(int count) {
        byte[] bytes = new byte[count];
        int done = 0;
        while (done < count) {
            byte[] piece = new byte[count - done];
            long got = file.readAt(Transfer.of(piece, piece.length), done);
            if (got <= 0) {
                break;
            }
            System.arraycopy(piece, 0, bytes, done, (int) got);
            done += (int) got;
        }
        return Arrays.copyOf(bytes, done);
    }

    @Override
    public Backing backing() {
        return backing;
    }

    @Override
    public int read(Memory memory, long at, int count, long fileOffset) {
        return backing.read(memory, at, count, fileOffset);
    }
}
