package mayfly.machine.kvm.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What stat(2) tells of a file; mutable, filled by the file. */
public final class FileStatus {
    /** Bytes of struct stat on x86-64. */
    public static final int BYTES = 144;

    // sys/stat.h
    public static final int FIFO = 0010000;
    public static final int CHARACTER = 0020000;
    public static final int DIRECTORY = 0040000;
    public static final int REGULAR = 0100000;
    public static final int LINK = 0120000;
    public static final int SOCKET = 0140000;
    public static final int TYPE = 0170000;

    /** Bytes of struct statx. */
    public static final int STATX_BYTES = 256;

    private static final int STATX_BASIC_STATS = 0x7FF;
    private static final long NANOS = 1_000_000_000L;
    private static final int BLOCK = 512;

    public long device;
    public long inode;
    public int mode;
    public long links = 1;
    public int user;
    public int group;
    public long special;
    public long size;
    public long blockSize = 4096;
    /** In units of 512 bytes; -1: as the size says. */
    public long blocks = -1;

    public long accessedNanos;
    public long modifiedNanos;
    public long changedNanos;

    /** Of an empty file. */
    public FileStatus() {}

    long blockCount() {
        return blocks >= 0 ? blocks : (size + BLOCK - 1) / BLOCK;
    }

    /** As struct stat of asm/stat.h. */
    public byte[] toStat() {
        ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(device)
                .putLong(inode)
                .putLong(links)
                .putInt(mode)
                .putInt(user)
                .putInt(group)
                .putInt(0);
        out.putLong(special).putLong(size).putLong(blockSize).putLong(blockCount());
        for (long nanos : new long[] {accessedNanos, modifiedNanos, changedNanos}) {
            out.putLong(Math.floorDiv(nanos, NANOS)).putLong(Math.floorMod(nanos, NANOS));
        }
        return out.array();
    }

    /** As struct statx of linux/stat.h with STATX_BASIC_STATS. */
    public byte[] toStatx() {
        ByteBuffer out = ByteBuffer.allocate(STATX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(STATX_BASIC_STATS).putInt((int) blockSize).putLong(0);
        out.putInt((int) links)
                .putInt(user)
                .putInt(group)
                .putShort((short) mode)
                .putShort((short) 0);
        out.putLong(inode).putLong(size).putLong(blockCount()).putLong(0);
        for (long nanos : new long[] {accessedNanos, 0, changedNanos, modifiedNanos}) {
            out.putLong(Math.floorDiv(nanos, NANOS))
                    .putInt((int) Math.floorMod(nanos, NANOS))
                    .putInt(0);
        }
        out.putInt(major(special)).putInt(minor(special)).putInt(major(device)).putInt(minor(device));
        return out.array();
    }

    /** A device number as the C library packs it into 64 bits. */
    public static long device(int major, int minor) {
        return (minor & 0xFFL) | (major & 0xFFFL) << 8 | (minor & 0xFFFF_FF00L) << 12 | (major & 0xFFFF_F000L) << 32;
    }

    private static int major(long device) {
        return (int) ((device >>> 8 & 0xFFF) | (device >>> 32 & 0xFFFF_F000L));
    }

    private static int minor(long device) {
        return (int) ((device & 0xFF) | (device >>> 12 & 0xFFFF_FF00L));
    }
}
