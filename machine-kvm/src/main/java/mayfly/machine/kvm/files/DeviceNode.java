package mayfly.machine.kvm.files;

import mayfly.linux.Errno;

/** A character device. */
final class DeviceNode extends Node {
    /** Which device, with the numbers that Linux gives it. */
    enum Kind {
        NULL(1, 3),
        ZERO(1, 5),
        FULL(1, 7),
        RANDOM(1, 8),
        URANDOM(1, 9),
        /** The controlling terminal: there is none. */
        TTY(5, 0);

        final long number;

        Kind(int major, int minor) {
            number = FileStatus.device(major, minor);
        }
    }

    private final String path;
    private final Kind kind;

    DeviceNode(String path, Kind kind) {
        this.path = path;
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    @Override
    int type(FileTree tree) {
        return FileStatus.CHARACTER;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        return status(status);
    }

    long status(FileStatus status) {
        status.device = FileTree.SYSTEM_DEVICE;
        status.inode = FileTree.systemInode(path);
        status.mode = FileStatus.CHARACTER | 0666;
        status.special = kind.number;
        return 0;
    }

    @Override
    long access(FileTree tree, int wanted) {
        return (wanted & MAY_SEARCH) == 0 ? 0 : -Errno.EACCES;
    }

    @Override
    String path(FileTree tree) {
        return path;
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        return kind == Kind.TTY ? Opened.failed(-Errno.ENXIO) : Opened.of(new OpenDevice(kind, this, path, flags));
    }

    @Override
    long truncate(FileTree tree, long size) {
        return -Errno.EINVAL;
    }
}
