package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Credentials;
import mayfly.linux.Errno;
import mayfly.linux.HostDirectory;
import mayfly.linux.HostStatus;
import mayfly.linux.HostVolume;
import mayfly.linux.VolumeFile;
import org.jspecify.annotations.Nullable;

/**
 * A file of a volume, named by its path there, which has no links, no "." and no "..". The host is asked anew each time,
 * and refuses when something on the path became a link. The host's rights of our own user are the program's. Links and
 * special files are neither made nor opened: who on the host uses the directory too would follow them.
 */
final class VolumeNode extends Node {
    private static final String ROOT = ".";
    private static final int PERMISSIONS = 0777;
    private static final int USER = Credentials.effectiveUid();

    private final VolumeMount mount;
    private final String path;

    private VolumeNode(VolumeMount mount, String path) {
        this.mount = mount;
        this.path = path;
    }

    static VolumeNode root(VolumeMount mount) {
        return new VolumeNode(mount, ROOT);
    }

    private String below(String name) {
        return path.equals(ROOT) ? name : path + "/" + name;
    }

    private HostStatus status() {
        return mount.volume().directory().status(path);
    }

    @Override
    int type(FileTree tree) {
        HostStatus status = status();
        return status.error() != 0 ? 0 : status.mode() & FileStatus.TYPE;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        return fill(status(), status);
    }

    /** Our own user's files are the program's. */
    static long fill(HostStatus host, FileStatus status) {
        long error = HostNode.fill(host, status);
        if (error == 0) {
            status.user = host.user() == USER ? FileTree.USER : status.user;
            status.group = host.user() == USER ? FileTree.USER : status.group;
        }
        return error;
    }

    @Override
    long access(FileTree tree, int wanted) {
        return 0; // the kernel decides
    }

    @Override
    String path(FileTree tree) {
        return path.equals(ROOT) ? mount.guestPath() : mount.guestPath() + "/" + path;
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        int type = type(tree);
        if (type == FileStatus.DIRECTORY) {
            return Opened.of(new OpenDirectory(tree, this, flags));
        }
        if (type != FileStatus.REGULAR) {
            return Opened.failed(type == 0 ? -Errno.ENOENT : -Errno.ENXIO);
        }
        OpenVolumeFile file = new OpenVolumeFile(mount, this, path, tree, flags, 0);
        long error = file.open();
        return error != 0 ? Opened.failed(error) : Opened.of(file);
    }

    @Override
    Node child(FileTree tree, String name) {
        HostStatus status = mount.volume().directory().status(below(name));
        return status.error() != 0 ? Missing.of(-status.error()) : new VolumeNode(mount, below(name));
    }

    @Override
    Node parent(FileTree tree) {
        if (path.equals(ROOT)) {
            return super.parent(tree);
        }
        int slash = path.lastIndexOf('/');
        return new VolumeNode(mount, slash < 0 ? ROOT : path.substring(0, slash));
    }

    @Override
    long list(FileTree tree, List<Entry> to) {
        List<HostDirectory.Entry> entries = new ArrayList<>();
        int error = mount.volume().directory().list(path, HostNode.LIST_MAX, entries);
        for (HostDirectory.Entry entry : entries) {
            if (!entry.name().equals(".") && !entry.name().equals("..")) {
                to.add(new Entry(entry.name(), entry.inode(), entry.type()));
            }
        }
        return -error;
    }

    @Override
    String target(FileTree tree) {
        String target = mount.volume().directory().readLink(path);
        return target == null ? "" : target;
    }

    @Override
    Node create(FileTree tree, String name, int mode, String target) {
        long error = switch (mode & FileStatus.TYPE) {
            case FileStatus.REGULAR -> mount.volume().create(below(name), mode & PERMISSIONS);
            case FileStatus.DIRECTORY -> mount.volume().makeDirectory(below(name), mode & PERMISSIONS);
            default -> -Errno.EPERM;
        };
        return error != 0 ? Missing.of(error) : new VolumeNode(mount, below(name));
    }

    @Override
    long link(FileTree tree, String name, Node existing) {
        return existing instanceof VolumeNode ? -Errno.EPERM : -Errno.EXDEV;
    }

    @Override
    long remove(FileTree tree, String name) {
        HostStatus status = mount.volume().directory().status(below(name));
        return status.error() != 0
                ? -status.error()
                : mount.volume().remove(below(name), (status.mode() & FileStatus.TYPE) == FileStatus.DIRECTORY);
    }

    /** rename(2) of an entry to a name in a directory of the same volume. */
    long move(String name, VolumeNode to, String newName) {
        return mount.equals(to.mount) ? mount.volume().rename(below(name), to.below(newName)) : -Errno.EXDEV;
    }

    private interface Change {
        long run(VolumeFile file);
    }

    private long change(boolean writes, Change change) {
        HostVolume.Opened opened = mount.volume().open(path, writes);
        try (@Nullable VolumeFile file = opened.file()) {
            return file == null ? -opened.error() : change.run(file);
        }
    }

    @Override
    long chmod(FileTree tree, int mode) {
        return change(false, file -> file.chmod(mode & PERMISSIONS));
    }

    @Override
    long setTimes(FileTree tree, long accessed, long modified) {
        return change(false, file -> file.setTimes(accessed, modified));
    }

    @Override
    long truncate(FileTree tree, long size) {
        return size > VolumeMount.FILE_BYTES_MAX ? -Errno.EFBIG : change(true, file -> file.truncate(size));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VolumeNode node && mount.equals(node.mount) && path.equals(node.path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }
}
