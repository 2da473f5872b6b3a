package mayfly.machine.kvm.files;

import java.util.Arrays;
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

    /**
     * @param bytesMax what all contents may take, in whole pieces of 4 KiB
     * @param inodesMax files, directories and links
     */
    MemoryFiles(long bytesMax, int inodesMax) {
        this.bytesMax = bytesMax;
        this.inodesMax = inodesMax;
        table = new MemoryInode[256];
        opens = new int[table.length];
        MemoryInode root = new MemoryInode(++lastId, token, FileStatus.DIRECTORY | 0755, "", now());
        table[ROOT] = root;
        count = 1;
    }

    private MemoryFiles(MemoryFiles original) {
        bytesMax = original.bytesMax;
        inodesMax = original.inodesMax;
        table = original.table;
        opens = original.opens;
        shared = true;
        bytes = original.bytes;
        count = original.count;
        nextFree = original.nextFree;
        lastId = original.lastId;
    }

    MemoryFiles copy() {
        shared = true;
        token = new Token();
        return new MemoryFiles(this);
    }

    static long now() {
        return System.currentTimeMillis() * 1_000_000;
    }

    long bytes() {
        return bytes;
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
        if (count >= inodesMax) {
            return -Errno.ENOSPC;
        }
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
        return content;
    }

    Content content(int place) {
        Content content = get(place).content;
        if (content == null) {
            throw new AssertionError("inode " + place + " is not a regular file");
        }
        return content;
    }

    /** Whether so many more pieces would be within the limit. */
    boolean fits(long pieces) {
        return pieces <= (bytesMax - bytes) / Content.PIECE;
    }

    /** How many bytes from a position on can be written within the limit, at most {@code count}. */
    int fitting(Content content, long position, int count) {
        int part = (int) Math.min(count, Content.SIZE_MAX - position);
        while (part > 0 && !fits(content.missing(position, part))) {
            part /= 2;
        }
        return Math.max(0, part);
    }

    /** A file's content changed: counts its pieces anew. */
    void settle(int place, int piecesBefore) {
        MemoryInode inode = own(place);
        Content content = content(place);
        bytes += (long) (content.count() - piecesBefore) * Content.PIECE;
        inode.modifiedNanos = now();
        inode.changedNanos = inode.modifiedNanos;
    }
}
