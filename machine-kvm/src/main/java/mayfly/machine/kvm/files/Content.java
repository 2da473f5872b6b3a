package mayfly.machine.kvm.files;

import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.Backing;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a file in memory, with holes. A copy shares its pieces until one of the two writes there. As a
 * {@link Backing} only copies that nobody writes any more may be used.
 */
final class Content implements Backing {
    /** Bytes of a piece: what a file takes at least, and what is copied when one byte changes. */
    static final int PIECE = 4096;

    /** Linux's limit for files of this kind is larger; more is not needed. */
    static final long SIZE_MAX = (long) Integer.MAX_VALUE * PIECE;

    /** A piece belongs to the content whose token it has; only that may write it. */
    record Piece(byte[] bytes, Token token) {}

    private final TreeMap<Integer, Piece> pieces;
    private Token token = new Token();
    private long size;
    /** Pieces that were made for this content, and not for the one that it is a copy of. */
    private int ownCount;
    /** The last copy, while nothing was changed since. */
    private @Nullable Content snapshot;

    Content() {
        pieces = new TreeMap<>();
    }

    private Content(Content original) {
        pieces = new TreeMap<>(original.pieces);
        size = original.size;
    }

    /** Both share the pieces from now on. */
    Content copy() {
        token = new Token();
        return new Content(this);
    }

    /** As it is now, for mappings; the same object until something changes. */
    Content snapshot() {
        Content last = snapshot;
        if (last == null) {
            token = token.next();
            last = new Content(this);
            snapshot = last;
        }
        return last;
    }

    long size() {
        return size;
    }

    // for saved snapshots

    NavigableMap<Integer, Piece> pieces() {
        return pieces;
    }

    @Nullable
    Content lastSnapshot() {
        return snapshot;
    }

    void setSnapshot(Content last) {
        snapshot = last;
    }

    void setSize(long bytes) {
        size = bytes;
    }

    /** How many pieces take memory. */
    int count() {
        return pieces.size();
    }

    /** How many of them are its machine's own. */
    int ownCount() {
        return ownCount;
    }

    private boolean isOwn(Piece piece) {
        return piece.token.isOfSameMachine(token);
    }

    /** How many pieces a write would make, in the place of none or of another machine's. */
    int notOwn(long position, long count) {
        int first = (int) (position / PIECE);
        int end = (int) ((position + count + PIECE - 1) / PIECE);
        int own = 0;
        for (Piece piece : pieces.subMap(first, end).values()) {
            own += isOwn(piece) ? 1 : 0;
        }
        return end - first - own;
    }

    /** How many pieces a write would add. */
    int missing(long position, long count) {
        int first = (int) (position / PIECE);
        int end = (int) ((position + count + PIECE - 1) / PIECE);
        return end - first - pieces.subMap(first, end).size();
    }

    /** Takes bytes out of a transfer; the position and count must be within {@link #SIZE_MAX}. */
    void write(Transfer from, long position, int count) {
        snapshot = null;
        for (int done = 0; done < count; ) {
            long at = position + done;
            int offset = (int) (at % PIECE);
            int part = Math.min(count - done, PIECE - offset);
            from.take(own((int) (at / PIECE)), offset, part);
            done += part;
            size = Math.max(size, at + part);
        }
    }

    void write(byte[] source, int from, long position, int count) {
        snapshot = null;
        for (int done = 0; done < count; ) {
            long at = position + done;
            int offset = (int) (at % PIECE);
            int part = Math.min(count - done, PIECE - offset);
            System.arraycopy(source, from + done, own((int) (at / PIECE)), offset, part);
            done += part;
        }
        size = Math.max(size, position + count);
    }

    /** The bytes of a piece that may be written. */
    private byte[] own(int number) {
        Piece piece = pieces.get(number);
        if (piece == null) {
            piece = new Piece(new byte[PIECE], token);
            pieces.put(number, piece);
            ownCount++;
        } else if (piece.token != token) {
            ownCount += isOwn(piece) ? 0 : 1;
            piece = new Piece(piece.bytes.clone(), token);
            pieces.put(number, piece);
        }
        return piece.bytes;
    }

    private static final byte[] ZEROES = new byte[PIECE];

    private byte[] peek(int number) {
        Piece piece = pieces.get(number);
        return piece == null ? ZEROES : piece.bytes;
    }

    /** Puts what is there, at most what the transfer takes; gives how much. */
    int read(Transfer to, long position) {
        int count = (int) Math.max(0, Math.min(to.remaining(), size - position));
        for (int done = 0; done < count; ) {
            long at = position + done;
            int offset = (int) (at % PIECE);
            int part = Math.min(count - done, PIECE - offset);
            to.put(peek((int) (at / PIECE)), offset, part);
            done += part;
        }
        return count;
    }

    int read(byte[] to, int from, long position, int most) {
        int count = (int) Math.max(0, Math.min(most, size - position));
        for (int done = 0; done < count; ) {
            long at = position + done;
            int offset = (int) (at % PIECE);
            int part = Math.min(count - done, PIECE - offset);
            System.arraycopy(peek((int) (at / PIECE)), offset, to, from + done, part);
            done += part;
        }
        return count;
    }

    @Override
    public int read(Memory memory, long at, int count, long fileOffset) {
        int total = (int) Math.max(0, Math.min(count, size - fileOffset));
        for (int done = 0; done < total; ) {
            long position = fileOffset + done;
            int offset = (int) (position % PIECE);
            int part = Math.min(total - done, PIECE - offset);
            memory.write(at + done, peek((int) (position / PIECE)), offset, part);
            done += part;
        }
        return total;
    }

    @Override
    public long heldBytes() {
        return (long) pieces.size() * PIECE;
    }

    /** What is behind a new end is gone; what is in front of it and was never written is zeroes. */
    void truncate(long newSize) {
        snapshot = null;
        if (newSize < size) {
            int last = (int) (newSize / PIECE);
            int kept = (int) (newSize % PIECE);
            dropAll(pieces.tailMap(last, kept == 0));
            if (kept != 0 && pieces.containsKey(last)) {
                Arrays.fill(own(last), kept, PIECE, (byte) 0);
            }
        }
        size = newSize;
    }

    private void dropAll(SortedMap<Integer, Piece> range) {
        for (Piece piece : range.values()) {
            ownCount -= isOwn(piece) ? 1 : 0;
        }
        range.clear();
    }

    /** Makes a range a hole again, as far as it is within the file. */
    void punch(long position, long count) {
        snapshot = null;
        long end = Math.min(size, position + count);
        if (end <= position) {
            return;
        }
        for (Integer number : List.copyOf(pieces.subMap((int) (position / PIECE), true, (int) ((end - 1) / PIECE), true)
                .keySet())) {
            long start = (long) number * PIECE;
            int from = (int) Math.max(0, position - start);
            int until = (int) Math.min(PIECE, end - start);
            if (from == 0 && (until == PIECE || end == size)) {
                dropAll(pieces.subMap(number, number + 1));
            } else {
                Arrays.fill(own(number), from, until, (byte) 0);
            }
        }
    }

    /** Takes memory for a range. */
    void reserve(long position, long count) {
        snapshot = null;
        for (long piece = position / PIECE; piece * PIECE < position + count; piece++) {
            var _ = own((int) piece);
        }
    }

    /** Where the next content begins at or after a position; the size when there is none. */
    long nextData(long position) {
        Integer piece = pieces.ceilingKey((int) (position / PIECE));
        return piece == null ? size : Math.min(size, Math.max(position, (long) piece * PIECE));
    }

    /** Where the next hole begins at or after a position; the size when there is none. */
    long nextHole(long position) {
        int piece = (int) (position / PIECE);
        while (pieces.containsKey(piece)) {
            piece++;
        }
        return Math.min(size, Math.max(position, (long) piece * PIECE));
    }
}
