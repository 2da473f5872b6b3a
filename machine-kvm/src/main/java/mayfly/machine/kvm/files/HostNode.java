package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.linux.HostDirectory;
import mayfly.linux.HostStatus;
import org.jspecify.annotations.Nullable;

/**
 * A file of the host inside a mount, named by its path there, which has no links, no "." and no "..". The host is asked
 * anew each time, and refuses when something on the path became a link.
 */
final class HostNode extends Node {
    /** More entries than this are not listed. */
    static final int LIST_MAX = 100_000;

    private static final String ROOT = ".";

    private final HostMount mount;
    private final String path;
    private final @Nullable HostStatus known;

    private HostNode(HostMount mount, String path, @Nullable HostStatus known) {
        this.mount = mount;
        this.path = path;
        this.known = known;
    }

    static HostNode root(HostMount mount) {
        return new HostNode(mount, ROOT, null);
    }

    /** What is at a path of the mount, or why nothing is. */
    static Node at(HostMount mount, String path) {
        HostStatus status = mount.directory().status(path);
        return status.error() != 0 ? Missing.of(-status.error()) : new HostNode(mount, path, status);
    }

    /** What is below this directory, with no link on the way: -ELOOP. */
    Node descend(String relative) {
        return at(mount, below(relative));
    }

    /** A directory below this that is known to be there. */
    HostNode directory(String relative) {
        return new HostNode(mount, below(relative), null);
    }

    private String below(String relative) {
        return path.equals(ROOT) ? relative : path + "/" + relative;
    }

    HostMount mount() {
        return mount;
    }

    /** Its path there. */
    String inMount() {
        return path;
    }

    private HostStatus status() {
        return known != null ? known : mount.directory().status(path);
    }

    @Override
    int type(FileTree tree) {
        return known == null ? FileStatus.DIRECTORY : known.mode() & FileStatus.TYPE;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        return fill(status(), status);
    }

    static long fill(HostStatus host, FileStatus status) {
        if (host.error() != 0) {
            return -host.error();
        }
        status.device = FileStatus.device((int) (host.device() >>> 32), (int) host.device());
        status.inode = host.inode();
        status.mode = host.mode();
        status.links = host.links();
        status.user = HostMount.owner(host.user());
        status.group = HostMount.owner(host.group());
        status.size = host.size();
        status.blocks = host.blocks();
        status.accessedNanos = host.accessedNanos();
        status.modifiedNanos = host.modifiedNanos();
        status.changedNanos = host.changedNanos();
        return 0;
    }

    @Override
    long access(FileTree tree, int wanted) {
        if ((wanted & MAY_WRITE) != 0) {
            return -Errno.EROFS;
        }
        if (path.equals(ROOT)) {
            return 0; // whoever shows a directory means it to be seen
        }
        HostStatus status = status();
        boolean refused = ((wanted & MAY_READ) != 0 && !HostMount.readable(status))
                || ((wanted & MAY_SEARCH) != 0 && !HostMount.searchable(status));
        return refused ? -Errno.EACCES : 0;
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
            return Opened.failed(-Errno.ENXIO); // sockets, pipes and devices of the host are out of reach
        }
        HostContent content = new HostContent(mount, path, status());
        long error = mount.files().open(content);
        return error != 0 ? Opened.failed(error) : Opened.of(new OpenHostFile(content, this, tree, flags));
    }

    @Override
    Node child(FileTree tree, String name) {
        return isDirectory(tree) ? descend(name) : Missing.of(-Errno.ENOTDIR);
    }

    @Override
    Node parent(FileTree tree) {
        if (path.equals(ROOT)) {
            return super.parent(tree);
        }
        int slash = path.lastIndexOf('/');
        return new HostNode(mount, slash < 0 ? ROOT : path.substring(0, slash), null);
    }

    @Override
    long list(FileTree tree, List<Entry> to) {
        mount.files().reads(new HostContent(mount, path, status()));
        List<HostDirectory.Entry> entries = new ArrayList<>();
        int error = mount.directory().list(path, LIST_MAX, entries);
        for (HostDirectory.Entry entry : entries) {
            if (!entry.name().equals(".") && !entry.name().equals("..")) {
                to.add(new Entry(entry.name(), entry.inode(), entry.type()));
            }
        }
        return -error;
    }

    @Override
    String target(FileTree tree) {
        String target = mount.directory().readLink(path);
        return target == null ? "" : target;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostNode node && mount.equals(node.mount) && path.equals(node.path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }
}
