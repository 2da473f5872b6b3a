package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.linux.HostStatus;
import mayfly.linux.HostVolume;
import mayfly.linux.VolumeFile;
import org.jspecify.annotations.Nullable;

/**
 * A regular file of a volume, open. A fork opens what its template had open again, by its path, when it is used first: a file
 * that was replaced meanwhile is ESTALE.
 */
final class OpenVolumeFile extends SeekableFile {
    private static final int TRUNCATE = 01000;
    private static final int ALLOCATE_KEEP_SIZE = 1;

    private final VolumeMount mount;
    private final VolumeNode node;
    private final String path;
    private final FileTree tree;
    /** Which file it must be; 0: any. */
    private final long inode;

    private @Nullable VolumeFile file;

    OpenVolumeFile(VolumeMount mount, VolumeNode node, String path, FileTree tree, int flags, long inode) {
        super(flags & ~TRUNCATE);
        this.mount = mount;
        this.node = node;
        this.path = path;
        this.tree = tree;
        this.inode = inode;
    }

    /** Opens the host's file: 0, or a negative errno. */
    long open() {
        if (file != null) {
            return 0;
        }
        if (!mount.enter()) {
            return -Errno.ENFILE;
        }
        HostVolume.Opened opened = mount.volume().open(path, writable());
        VolumeFile found = opened.file();
        if (found == null || (inode != 0 && found.openStatus().inode() != inode)) {
            mount.leave();
            if (found != null) {
                found.close();
            }
            return found == null ? -opened.error() : -Errno.ESTALE;
        }
        file = found;
        return 0;
    }

    private interface Use {
        long with(VolumeFile file);
    }

    private long use(Use use) {
        long error = open();
        VolumeFile opened = file;
        return opened == null ? error : use.with(opened);
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        VolumeFile opened = file;
        long same = opened == null ? inode : opened.openStatus().inode();
        OpenVolumeFile copy = new OpenVolumeFile(mount, node, path, copies.of(tree, FileTree::copy), flags(), same);
        copy.position = position;
        return copy;
    }

    @Override
    long size() {
        HostStatus now = hostStatus();
        return now.error() != 0 ? 0 : now.size();
    }

    private HostStatus hostStatus() {
        long error = open();
        VolumeFile opened = file;
        return opened == null ? HostStatus.failed((int) -error) : opened.status();
    }

    @Override
    public long readAt(Transfer to, long at) {
        return use(
                opened -> to.each(true, (memory, there, count, done) -> opened.read(memory, there, count, at + done)));
    }

    @Override
    public long writeAt(Transfer from, long at) {
        if (at < 0 || at > VolumeMount.FILE_BYTES_MAX - from.remaining()) {
            return -Errno.EFBIG;
        }
        return use(opened ->
                from.each(false, (memory, there, count, done) -> opened.write(memory, there, count, at + done)));
    }

    @Override
    public long truncate(long size) {
        return size > VolumeMount.FILE_BYTES_MAX ? -Errno.EFBIG : use(opened -> opened.truncate(size));
    }

    @Override
    public long allocate(int mode, long offset, long count) {
        if (mode != 0 && mode != ALLOCATE_KEEP_SIZE) {
            return -Errno.EOPNOTSUPP;
        }
        long end = offset + count;
        return mode == 0 && end > size() ? truncate(end) : 0;
    }

    @Override
    public long sync() {
        return use(VolumeFile::sync);
    }

    @Override
    public long lockWhole(int operation) {
        return use(opened -> opened.lockWhole(operation));
    }

    @Override
    public long lock(int kind, long start, long length) {
        return use(opened -> opened.lock(kind, start, length));
    }

    @Override
    public int lockInTheWay(int kind, long start, long length) {
        return (int) use(opened -> opened.lockInTheWay(kind, start, length));
    }

    @Override
    public long status(FileStatus status) {
        return VolumeNode.fill(hostStatus(), status);
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public String name() {
        return node.path(tree);
    }

    @Override
    protected void close() {
        VolumeFile opened = file;
        if (opened != null) {
            opened.close();
            file = null;
            mount.leave();
        }
    }
}
