package mayfly.machine.kvm.files;

import java.util.List;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.PathWalk.End;
import org.jspecify.annotations.Nullable;

/**
 * All files that one process sees, and where it is among them: directories of the host, read-only, below mount points of
 * a file system in memory that is the machine's own. Paths and names are Latin-1 strings, one char for each byte.
 * Results are 0 or negative errnos. Belongs to one machine; {@link #copy} makes another's, {@link #another} another process's.
 */
public final class FileTree {
    /** The program's user and group. */
    public static final int USER = 1000;

    static final int NOBODY = 65_534;
    static final long MEMORY_DEVICE = FileStatus.device(0, 30);

    static final long SYSTEM_DEVICE = FileStatus.device(0, 31);

    // fcntl.h
    private static final int AT_FDCWD = -100;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_TRUNC = 01000;
    public static final int O_DIRECTORY = 0200000;
    public static final int O_NOFOLLOW = 0400000;
    public static final int O_PATH = 010000000;
    public static final int O_TMPFILE = 020000000;
    private static final int PERMISSIONS = 07777;

    private final MemoryFiles memory;
    private Node workingDirectory;
    private int umask = 022;
    private Started started = new Started("/", "/", List.of(), List.of());
    private @Nullable ShownProcess process;

    /**
     * What a program was started with, one char for each byte.
     *
     * @param path of the program, as it was asked for
     * @param executable the file that this led to
     */
    public record Started(String path, String executable, List<String> arguments, List<String> environment) {
        public Started {
            arguments = List.copyOf(arguments);
            environment = List.copyOf(environment);
        }
    }

    FileTree(MemoryFiles memory) {
        this.memory = memory;
        workingDirectory = MemoryNode.of(this, MemoryFiles.ROOT);
    }

    /** The inode number of a file that is not in memory and not the host's. */
    static long systemInode(String path) {
        return (path.hashCode() & 0x7FFF_FFFFL) | 0x1_0000_0000L;
    }

    /** The same files for another machine; costs nothing until one of them is changed. */
    public FileTree copy() {
        return over(memory.copy());
    }

    /** The same files as another process of the machine sees them. */
    public FileTree another() {
        return over(memory);
    }

    FileTree over(MemoryFiles files) {
        FileTree copy = new FileTree(files);
        copy.workingDirectory = workingDirectory;
        copy.umask = umask;
        copy.started = started;
        return copy;
    }

    /** What /proc/self says about the program's beginning. */
    public void setStarted(Started newStarted) {
        started = newStarted;
    }

    Started started() {
        return started;
    }

    /** Whose /proc/self it shows. */
    public void show(ShownProcess shown) {
        process = shown;
    }

    @Nullable
    ShownProcess process() {
        return process;
    }

    MemoryFiles memory() {
        return memory;
    }

    /** What the program's kernel objects count against. */
    public KernelMemory kernelMemory() {
        return memory.kernelMemory();
    }

    /** The directory "/". */
    public Node root() {
        return MemoryNode.of(this, MemoryFiles.ROOT);
    }

    /**
     * Where a call's relative paths begin.
     *
     * @param fd of a directory, or AT_FDCWD
     * @return what has no files when the descriptor is bad or not a directory's, and says so when it is used
     */
    public Node base(Descriptors descriptors, long fd) {
        if ((int) fd == AT_FDCWD) {
            return workingDirectory;
        }
        OpenFile file = descriptors.get(fd);
        if (file == null) {
            return Missing.of(-Errno.EBADF);
        }
        Node node = file.node();
        return node == null || !node.isDirectory(this) ? Missing.of(-Errno.ENOTDIR) : node;
    }

    /** The open text whose large content is kept: a program with many of them would use up the host's memory. */
    private @Nullable OpenText kept;

    void keep(OpenText text) {
        OpenText before = kept;
        if (before != null && !before.equals(text)) {
            before.forget();
        }
        kept = text;
    }

    /** Where relative paths begin. */
    public Node workingDirectory() {
        return workingDirectory;
    }

    void begin(Node directory) {
        workingDirectory = directory;
    }

    int umask() {
        return umask;
    }

    /** The path of a node. */
    public String path(Node node) {
        return node.path(this);
    }

    /** Whether a node is a directory that still is there. */
    public boolean isDirectory(Node node) {
        return node.isDirectory(this);
    }

    /** Sets the permissions that new files do not get; gives those from before. */
    public int umask(int mask) {
        int before = umask;
        umask = mask & 0777;
        return before;
    }

    /** The directory that has the last name of an absolute path without links. */
    Node above(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0
                ? root()
                : PathWalk.walk(this, root(), path.substring(0, slash), End.FOLLOW)
                        .node();
    }

    Found find(Node base, String path, End end) {
        return PathWalk.walk(this, base, path, end);
    }

    // ---- what paths name ----

    /** stat(2) of a node. */
    public long status(Node node, FileStatus status) {
        return node.status(this, status);
    }

    /** access(2). */
    public long access(Node node, int wanted) {
        return node.error() != 0 ? node.error() : node.access(this, wanted);
    }

    /** What a symbolic link says; null for other files. */
    public @Nullable String target(Node node) {
        return node.type(this) == FileStatus.LINK ? node.target(this) : null;
    }

    /** chdir(2). */
    public long changeDirectory(Node base, String path) {
        Node node = find(base, path, End.FOLLOW).node();
        return node.error() != 0 ? node.error() : changeDirectory(node);
    }

    /** fchdir(2). */
    public long changeDirectory(Node node) {
        if (!node.isDirectory(this)) {
            return -Errno.ENOTDIR;
        }
        long refused = node.access(this, Node.MAY_SEARCH);
        if (refused == 0) {
            workingDirectory = node;
        }
        return refused;
    }

    // ---- opening ----

    /** openat(2), flags and mode as there. */
    public Opened open(Node base, String path, int flags, int mode) {
        boolean exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
        boolean link = exclusive || (flags & O_NOFOLLOW) != 0;
        if ((flags & O_PATH) != 0) {
            return Opening.path(this, find(base, path, link ? End.LINK : End.FOLLOW), flags);
        }
        if ((flags & O_TMPFILE) != 0) {
            return Opening.nameless(this, find(base, path, End.FOLLOW).node(), flags, mode);
        }
        boolean creates = (flags & O_CREAT) != 0;
        if (creates && (flags & O_DIRECTORY) != 0) {
            return Opened.failed(-Errno.EINVAL);
        }
        End end = creates ? (link ? End.NAME : End.CREATE) : link ? End.LINK : End.FOLLOW;
        Found found = find(base, path, end);
        Node node = found.node();
        if (creates
                && ((found.slash() && found.isNamed()) || Opening.isDirectoryNameTooLong(this, base, path, found))) {
            return Opened.failed(-Errno.EISDIR); // only directories' names end so, whatever is there
        }
        if (!creates || !found.canBeMade()) {
            if (node.error() != 0) {
                return Opened.failed(node.error());
            }
            return exclusive ? Opened.failed(-Errno.EEXIST) : openNode(node, flags, Opening.name(this, found));
        }
        Node made = found.parent().create(this, found.name(), FileStatus.REGULAR | (mode & PERMISSIONS & ~umask), "");
        return made.error() != 0 ? Opened.failed(made.error()) : made.open(this, flags, Opening.name(this, found));
    }

    /** A file without a name: O_TMPFILE, memfd_create(2); the umask changes nothing of its mode. */
    public Opened openNameless(String name, int flags, int mode) {
        long place = memory.add(FileStatus.REGULAR | (mode & PERMISSIONS), "");
        if (place < 0) {
            return Opened.failed(place);
        }
        memory.own((int) place).links = 0;
        return Opened.of(new OpenMemoryFile(this, MemoryNode.of(this, (int) place), flags, name + " (deleted)"));
    }

    /**
     * Opens a file that is there.
     *
     * @param name the path by which it was found
     */
    public Opened openNode(Node node, int flags, String name) {
        int type = node.type(this);
        if (type == FileStatus.LINK) {
            return Opened.failed((flags & O_DIRECTORY) != 0 ? -Errno.ENOTDIR : -Errno.ELOOP);
        }
        boolean writes = (flags & OpenFile.ACCESS_MODE) != OpenFile.READ_ONLY;
        if (type == FileStatus.DIRECTORY) {
            if (writes || (flags & O_CREAT) != 0) {
                return Opened.failed(-Errno.EISDIR);
            }
        } else if ((flags & O_DIRECTORY) != 0) {
            return Opened.failed(-Errno.ENOTDIR);
        }
        boolean reads = (flags & OpenFile.ACCESS_MODE) != OpenFile.WRITE_ONLY;
        boolean truncates = (flags & O_TRUNC) != 0 && type == FileStatus.REGULAR;
        long refused = node.access(this, (reads ? Node.MAY_READ : 0) | (writes || truncates ? Node.MAY_WRITE : 0));
        if (refused == 0 && truncates) {
            refused = node.truncate(this, 0);
        }
        return refused != 0 ? Opened.failed(refused) : node.open(this, flags, name);
    }

    // ---- changing directories ----

    /** mkdirat(2), mknodat(2) of regular files, symlinkat(2). */
    public long make(Node base, String path, int type, int mode, String target) {
        Found found = find(base, path, End.NAME);
        if (!found.canBeMade()) {
            return found.error() != 0 ? found.error() : -Errno.EEXIST;
        }
        if (found.slash() && type != FileStatus.DIRECTORY) {
            return -Errno.ENOENT;
        }
        int permissions = type == FileStatus.LINK ? 0777 : mode & PERMISSIONS & ~umask;
        return found.parent()
                .create(this, found.name(), type | permissions, target)
                .error();
    }

    /** unlinkat(2); with {@code directory} as rmdir(2). */
    public long remove(Node base, String path, boolean directory) {
        Found found = find(base, path, End.NAME);
        Node node = found.node();
        if (node.error() != 0) {
            return node.error();
        }
        if (!found.isNamed()) {
            if (!directory) {
                return -Errno.EISDIR;
            }
            return found.name().isEmpty() ? -Errno.EBUSY : found.name().equals(".") ? -Errno.EINVAL : -Errno.ENOTEMPTY;
        }
        boolean isDirectory = node.isDirectory(this);
        if (!directory && found.slash()) {
            return isDirectory ? -Errno.EISDIR : -Errno.ENOTDIR;
        }
        long refused = found.parent().access(this, Node.MAY_WRITE | Node.MAY_SEARCH);
        if (refused != 0) {
            return refused;
        }
        if (directory && !isDirectory) {
            return -Errno.ENOTDIR;
        }
        if (!directory && isDirectory) {
            return -Errno.EISDIR;
        }
        return found.parent().remove(this, found.name());
    }

    /** linkat(2). */
    public long link(Node existing, Node base, String path) {
        Found found = find(base, path, End.NAME);
        if (existing.error() != 0) {
            return existing.error();
        }
        if (!found.canBeMade()) {
            return found.error() != 0 ? found.error() : -Errno.EEXIST;
        }
        return found.slash() ? -Errno.ENOENT : found.parent().link(this, found.name(), existing);
    }

    /** The file that a path names, for {@link #link}; may be missing. */
    public Node node(Node base, String path, boolean follow) {
        return find(base, path, follow ? End.FOLLOW : End.LINK).node();
    }

    /** renameat2(2); {@code keep}: RENAME_NOREPLACE. */
    public long rename(Node base, String path, Node newBase, String newPath, boolean keep) {
        return Renaming.rename(this, find(base, path, End.NAME), find(newBase, newPath, End.NAME), keep);
    }

    /** chmod(2). */
    public long chmod(Node node, int mode) {
        return node.error() != 0 ? node.error() : node.chmod(this, mode);
    }

    /** utimensat(2), in nanoseconds; {@link Long#MIN_VALUE} leaves a time as it is. */
    public long setTimes(Node node, long accessed, long modified) {
        return node.error() != 0 ? node.error() : node.setTimes(this, accessed, modified);
    }

    /** truncate(2). */
    public long truncate(Node node, long size) {
        if (node.error() != 0) {
            return node.error();
        }
        if (node.isDirectory(this)) {
            return -Errno.EISDIR;
        }
        long refused = node.access(this, Node.MAY_WRITE);
        return refused != 0 ? refused : node.truncate(this, size);
    }

    /** What the file system in memory can take, and what it has. */
    public record Space(long bytesMax, long bytes, int inodesMax, int inodes) {}

    public Space space() {
        return new Space(memory.bytesMax(), memory.bytes(), memory.inodesMax(), memory.count());
    }

    /** What stands for a file that is not there. */
    public static Node missing(int error) {
        return Missing.of(error);
    }

    /** The time of changes made now, in nanoseconds since 1970. */
    public static long now() {
        return MemoryFiles.now();
    }

    /** Whether a file is the program's own, in memory. */
    public boolean isInMemory(Node node) {
        return node instanceof MemoryNode;
    }
}
