package mayfly.machine.kvm.files;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory, private to one machine: a table of inodes in which directories name each other by their places. A
 * copy costs nothing: both share the table, the inodes and the pieces of the files, and whoever changes one of them
 * copies it first. Bounded in bytes and in inodes.
 */
final class MemoryFiles {
    /** The place of the top directory. */
    static final int ROOT = 0;

    private final long bytesMax;
    private final int inodesMax;

    private @Nullable MemoryInode[] table;
    /** How many open file descriptions name each place; they keep removed files. */
    private int[] opens;

    private boolean shared;
    private Token token = new Token();
    private long bytes;
    private int count;
    private int nextFree;
    private long lastId;
    private final KernelMemory kernelMemory;
    /** Inodes up to this one were there when the machine began. */
    private final long othersUntil;
    // how the content was that is being changed
    private int countBefore;
    private int ownBefore;

    /** What an inode takes, without its names. */
    static final int INODE_BYTES = 512;

    /**
     * @param bytesMax what all contents may take, in whole pieces of 4 KiB
     * @param inodesMax files, directories and links
     */
    MemoryFiles(long bytesMax, int inodesMax, KernelMemory kernelMemory) {
        this.bytesMax = bytesMax;
        this.inodesMax = inodesMax;
        this.kernelMemory = kernelMemory;
        othersUntil = 1;
        table = new MemoryInode[256];
        opens = new int[table.length];
        MemoryInode root = new MemoryInode(++lastId, token, FileStatus.DIRECTORY | 0755, "", now());
        table[ROOT] = root;
        count = 1;
    }

    private MemoryFiles(MemoryFiles original, long othersUntil) {
        bytesMax = original.bytesMax;
        inodesMax = original.inodesMax;
        table = original.table;
        opens = original.opens;
        shared = true;
        bytes = original.bytes;
        count = original.count;
        nextFree = original.nextFree;
        lastId = original.lastId;
        kernelMemory = original.kernelMemory.another();
        this.othersUntil = othersUntil;
    }

    MemoryFiles copy() {
        shared = true;
        token = new Token();
        return new MemoryFiles(this, lastId);
    }

    KernelMemory kernelMemory() {
        return kernelMemory;
    }

    /** All inodes by their places, up to the last one in use. */
    List<@Nullable MemoryInode> all() {
        int end = table.length;
        while (table[end - 1] == null) { // there always is a top directory
            end--;
        }
        return Collections.unmodifiableList(Arrays.asList(table).subList(0, end));
    }

    long lastId() {
        return lastId;
    }

    /**
     * Files with this one's limits that were saved; nobody has any of them open yet.
     *
     * @param newBytes what they count for
     */
    MemoryFiles with(List<@Nullable MemoryInode> all, long newLastId, long newBytes) {
        MemoryFiles files = new MemoryFiles(this, newLastId);
        files.table = all.toArray(new MemoryInode[Math.max(all.size(), 256)]);
        files.opens = new int[files.table.length];
        files.shared = false;
        files.bytes = newBytes;
        files.count = 0;
        files.nextFree = 0;
        files.lastId = newLastId;
        for (MemoryInode inode : all) {
            files.count += inode == null ? 0 : 1;
        }
        return files;
    }

    static long now() {
        return System.currentTimeMillis() * 1_000_000;
    }

    long bytes() {
        return bytes;
    }

    /** What is here now is the system's and does not count against the program's limit. */
    void allowForSystem() {
        bytes = 0;
    }

    long bytesMax() {
        return bytesMax;
    }

    int count() {
        return count;
    }

    int inodesMax() {
        return inodesMax;
    }

    /** The inode at a place, to be read; null when it is no longer the one with this id. */
    @Nullable
    MemoryInode get(int place, long id) {
        MemoryInode inode = place < table.length ? table[place] : null;
        return inode != null && inode.id == id ? inode : null;
    }

    /** The inode at a place that is in use, to be read. */
    MemoryInode get(int place) {
        MemoryInode inode = table[place];
        if (inode == null) {
            throw new AssertionError("inode " + place + " is named and free");
        }
        return inode;
    }

    /** The inode at a place that is in use, to be changed. */
    MemoryInode own(int place) {
        ownTable();
        MemoryInode inode = get(place);
        if (inode.token != token) {
            inode = inode.copy(token);
            table[place] = inode;
        }
        return inode;
    }

    private void ownTable() {
        if (shared) {
            table = table.clone();
            opens = opens.clone();
            shared = false;
        }
    }

    /** A new inode that no directory names yet; its place, or -ENOSPC. */
    long add(int mode, String target) {
        if (count >= inodesMax || !kernelMemory.reserve(INODE_BYTES + target.length())) {
            return -Errno.ENOSPC;
        }
        kernelMemory.charge(INODE_BYTES + target.length());
        ownTable();
        int place = nextFree;
        while (place < table.length && table[place] != null) {
            place++;
        }
        if (place == table.length) {
            table = Arrays.copyOf(table, place * 2);
            opens = Arrays.copyOf(opens, place * 2);
        }
        table[place] = new MemoryInode(++lastId, token, mode, target, now());
        nextFree = place + 1;
        count++;
        return place;
    }

    /** Gives an inode back once no directory and no open file names it. */
    void dropUnnamed(int place) {
        MemoryInode inode = get(place);
        if (inode.links > 0 || opens[place] > 0) {
            return;
        }
        Content content = inode.content;
        if (content != null) {
            bytes -= (long) content.count() * Content.PIECE;
            if (inode.token == token) { // else all of it is another machine's
                kernelMemory.charge(-(long) content.ownCount() * Content.PIECE);
            }
        }
        if (inode.id > othersUntil) {
            kernelMemory.charge(-INODE_BYTES - inode.target.length());
        }
        ownTable();
        table[place] = null;
        count--;
        nextFree = Math.min(nextFree, place);
    }

    void opened(int place) {
        ownTable();
        opens[place]++;
    }

    void closed(int place) {
        ownTable();
        opens[place]--;
        dropUnnamed(place);
    }

    /** The content of a regular file, to be changed; {@link #settle} is to follow. */
    Content ownContent(int place) {
        Content content = own(place).content;
        if (content == null) {
            throw new AssertionError("inode " + place + " is not a regular file");
        }
        countBefore = content.count();
        ownBefore = content.ownCount();
        return content;
    }

    Content content(int place) {
        Content content = get(place).content;
        if (content == null) {
            throw new AssertionError("inode " + place + " is not a regular file");
        }
        return content;
    }

    /** Whether a range can be written within the limits. */
    boolean fits(Content content, long position, long count) {
        return content.missing(position, count) <= (bytesMax - bytes) / Content.PIECE
                && kernelMemory.reserve((long) content.notOwn(position, count) * Content.PIECE);
    }

    /** How many bytes from a position on can be written within the limit, at most {@code count}. */
    int fitting(Content content, long position, int count) {
        int part = (int) Math.min(count, Content.SIZE_MAX - position);
        while (part > 0 && !fits(content, position, part)) {
            part /= 2;
        }
        return Math.max(0, part);
    }

    /** The content changed that {@link #ownContent} gave last: counts its pieces anew. */
    void settle(int place) {
        MemoryInode inode = own(place);
        Content content = content(place);
        bytes += (long) (content.count() - countBefore) * Content.PIECE;
        kernelMemory.charge((long) (content.ownCount() - ownBefore) * Content.PIECE);
        inode.modifiedNanos = now();
        inode.changedNanos = inode.modifiedNanos;
    }
}
