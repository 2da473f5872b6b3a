package mayfly.machine.kvm.files;

/** What /proc/self/fd/N leads to when no path does: the open file itself. Opening it is as dup(2). */
final class OpenedNode extends Node {
    private final OpenFile file;

    OpenedNode(OpenFile file) {
        this.file = file;
    }

    @Override
    int type(FileTree tree) {
        FileStatus status = new FileStatus();
        var _ = file.status(status);
        return status.mode & FileStatus.TYPE;
    }

    @Override
    long status(FileTree tree, FileStatus status) {
        return file.status(status);
    }

    @Override
    long access(FileTree tree, int wanted) {
        return 0;
    }

    @Override
    String path(FileTree tree) {
        return file.name();
    }

    @Override
    Opened open(FileTree tree, int flags, String name) {
        int access = flags & OpenFile.ACCESS_MODE;
        boolean reads = access != OpenFile.WRITE_ONLY;
        boolean writes = access != OpenFile.READ_ONLY;
        if ((reads && !file.readable()) || (writes && !file.writable())) {
            return Opened.failed(-mayfly.linux.Errno.EACCES);
        }
        return Opened.of(file.retain());
    }
}
