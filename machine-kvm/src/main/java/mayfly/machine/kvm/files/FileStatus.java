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
    public long accessedNanos;
    public long modifiedNanos;
    public long changedNanos;

    /** Of an empty file. */
    public FileStatus() {}

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
        out.putLong(special).putLong(size).putLong(blockSize).putLong((size + BLOCK - 1) / BLOCK);
        for (long nanos : new long[] {accessedNanos, modifiedNanos, changedNanos}) {
            out.putLong(Math.floorDiv(nanos, NANOS)).putLong(Math.floorMod(nanos, NANOS));
        }
        return out.array();
    }
}
