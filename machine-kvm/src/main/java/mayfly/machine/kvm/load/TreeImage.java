package mayfly.machine.kvm.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import mayfly.linux.Errno;
import mayfly.linux.Memory;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
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

    /** @param path as the program sees it; absolute, or in its working directory */
    public static TreeImage open(FileTree tree, String path) throws BadProgramException {
        String bytes = new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        long refused = tree.access(tree.node(tree.workingDirectory(), bytes, true), MAY_EXECUTE);
        Opened opened = tree.open(tree.workingDirectory(), bytes, OpenFile.READ_ONLY, 0);
        OpenFile file = opened.file();
        if (file == null || refused != 0) {
            String reason = Errno.name((int) -(refused != 0 ? refused : opened.error()));
            throw new BadProgramException(path, "cannot be opened in the machine: " + reason);
        }
        Backing backing = file.backing();
        FileStatus status = new FileStatus();
        if (backing == null || file.status(status) != 0) {
            throw new BadProgramException(path, "is not a regular file");
        }
        return new TreeImage(path, file, backing, status.size);
    }

    /** Its path without links. */
    public String executable() {
        return new String(file.name().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
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
