package mayfly.linux;

import java.nio.file.Path;

/**
 * An open directory, through which its entries have short names. A socket's address holds 108 bytes at most; with
 * {@code /proc/self/fd/N/} in front the directory may be as deep as it likes.
 */
public final class DirectoryFd implements AutoCloseable {
    private final Descriptor descriptor;
    private final int number;

    private DirectoryFd(Descriptor descriptor, int number) {
        this.descriptor = descriptor;
        this.number = number;
    }

    /**
     * Opens a directory for naming only: neither its listing nor its files are read.
     *
     * @throws ErrnoException ENOENT, ENOTDIR, EACCES, EMFILE
     */
    public static DirectoryFd open(Path directory) throws ErrnoException {
        Descriptor descriptor = Descriptor.open(directory.toString(), Descriptor.O_PATH | Descriptor.O_DIRECTORY, 0);
        int number = descriptor.enter("open");
        descriptor.leave();
        return new DirectoryFd(descriptor, number);
    }

    /** The short name of an entry; means something in this process only, and only until {@link #close}. */
    public Path entry(String name) {
        return Path.of("/proc/self/fd/" + number, name);
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
