package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * What statx(2) tells of a file of the host.
 *
 * @param error 0, or a positive errno: then the rest means nothing
 * @param mode type and permissions, as st_mode
 * @param device major number in the upper half, minor in the lower
 * @param size in bytes
 * @param blocks what it takes on disk, in units of 512 bytes
 */
public record HostStatus(
        int error,
        int mode,
        int links,
        int user,
        int group,
        long device,
        long inode,
        long size,
        long blocks,
        long accessedNanos,
        long modifiedNanos,
        long changedNanos) {
    private static final long NANOS = 1_000_000_000L;

    public static HostStatus failed(int errno) {
        return new HostStatus(errno, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Reads struct statx of linux/stat.h. */
    static HostStatus of(MemorySegment statx) {
        return new HostStatus(
                0,
                statx.get(JAVA_SHORT, 28) & 0xFFFF,
                statx.get(JAVA_INT, 16),
                statx.get(JAVA_INT, 20),
                statx.get(JAVA_INT, 24),
                (long) statx.get(JAVA_INT, 136) << 32 | (statx.get(JAVA_INT, 140) & 0xFFFF_FFFFL),
                statx.get(JAVA_LONG, 32),
                statx.get(JAVA_LONG, 40),
                statx.get(JAVA_LONG, 48),
                nanos(statx, 64),
                nanos(statx, 112),
                nanos(statx, 96));
    }

    private static long nanos(MemorySegment statx, long at) {
        return statx.get(JAVA_LONG, at) * NANOS + statx.get(JAVA_INT, at + 8);
    }

    /** Whether both are the same file with the same content. */
    public boolean isSame(HostStatus other) {
        return error == 0
                && other.error == 0
                && device == other.device
                && inode == other.inode
                && modifiedNanos == other.modifiedNanos
                && size == other.size;
    }
}
