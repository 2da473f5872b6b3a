package mayfly.linux;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A regular file of the host that is open for reading at positions. Any thread may read and any may close: a read that
 * has begun ends before the number is given back. Results are counts or negative errnos.
 */
public final class HostFile implements AutoCloseable {
    private final Descriptor descriptor;
    private final HostStatus status;

    HostFile(Descriptor descriptor, HostStatus status) {
        this.descriptor = descriptor;
        this.status = status;
    }

    /** As it was when it was opened. */
    public HostStatus openStatus() {
        return status;
    }

    /** As it is now; EBADF when closed. */
    public HostStatus status() {
        try {
            int fd = descriptor.enter("statx");
            try {
                return FileCalls.ofThread().status(fd);
            } finally {
                descriptor.leave();
            }
        } catch (ErrnoException closed) {
            return HostStatus.failed(closed.errno());
        }
    }

    /** pread(2) into guest memory; -EBADF when it was closed. */
    public long read(Memory to, long at, int count, long offset) {
        return read(to.segment().asSlice(at, count), count, offset);
    }

    /** pread(2); -EBADF when it was closed. */
    public long read(byte[] to, int count, long offset) {
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(count, 1));
            long got = read(copy, count, offset);
            if (got > 0) {
                MemorySegment.copy(copy, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, to, 0, (int) got);
            }
            return got;
        }
    }

    private long read(MemorySegment to, int count, long offset) {
        int fd;
        try {
            fd = descriptor.enter("pread");
        } catch (ErrnoException closed) {
            return -closed.errno();
        }
        try {
            return FileCalls.ofThread().read(fd, to, count, offset);
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return new String(descriptor.object().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
