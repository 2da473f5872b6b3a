package mayfly.machine.kvm.files;

import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.Lens;
import org.jspecify.annotations.Nullable;

/**
 * A run of guest memory that a call fills or empties, from first to last: what an array of iovecs names. Every access
 * checks the program's right to the address, and throws {@link mayfly.machine.kvm.memory.GuestFault} where it has none.
 */
public final class Transfer {
    /** Null when it is {@link #array} that is filled or emptied. */
    private final @Nullable AddressSpace space;

    private final byte[] array;
    private final long[] addresses;
    private final int[] lengths;
    private static final byte[] NONE = new byte[0];
    private static final int PIECE = 64 << 10;
    private int part;
    private int offset;
    private int remaining;

    private Transfer(@Nullable AddressSpace space, byte[] array, long[] addresses, int[] lengths, int total) {
        this.space = space;
        this.array = array;
        this.addresses = addresses;
        this.lengths = lengths;
        remaining = total;
    }

    /** One buffer. */
    public static Transfer of(AddressSpace space, long address, int length) {
        return new Transfer(space, NONE, new long[] {address}, new int[] {length}, length);
    }

    /** Several; their lengths' sum must be an int. */
    public static Transfer of(AddressSpace space, long[] addresses, int[] lengths) {
        return new Transfer(
                space,
                NONE,
                addresses,
                lengths,
                java.util.stream.IntStream.of(lengths).sum());
    }

    /** An array of ours, for what one file gives another. */
    public static Transfer of(byte[] array, int length) {
        return new Transfer(null, array, new long[1], new int[] {length}, length);
    }

    /** Bytes that are left. */
    public int remaining() {
        return remaining;
    }

    /** Leaves out bytes; at most {@link #remaining}. */
    public void skip(int count) {
        for (int done = 0; done < count; ) {
            int length = Math.min(count - done, here());
            advance(length);
            done += length;
        }
    }

    /** Copies into the guest; at most {@link #remaining} bytes. */
    public void put(byte[] source, int from, int count) {
        for (int done = 0; done < count; ) {
            int length = Math.min(count - done, here());
            if (space == null) {
                System.arraycopy(source, from + done, array, offset, length);
            } else {
                space.write(addresses[part] + offset, source, from + done, length);
            }
            advance(length);
            done += length;
        }
    }

    /** Copies out of the guest; at most {@link #remaining} bytes. */
    public void take(byte[] to, int from, int count) {
        for (int done = 0; done < count; ) {
            int length = Math.min(count - done, here());
            if (space == null) {
                System.arraycopy(array, offset, to, from + done, length);
            } else {
                space.read(addresses[part] + offset, to, from + done, length);
            }
            advance(length);
            done += length;
        }
    }

    /** Moves bytes between memory and something else. */
    @FunctionalInterface
    public interface Mover {
        /**
         * @param done bytes moved before
         * @return bytes moved, fewer when there is no more now, or a negative errno
         */
        long move(Memory memory, long at, int count, int done);
    }

    /**
     * Goes through the rest piece by piece, each in one place of the host's memory.
     *
     * @param writes whether the guest's memory is written
     * @return bytes moved, or a negative errno when the first piece failed
     */
    public long each(boolean writes, Mover mover) {
        if (space == null) {
            return eachOfArray(writes, mover);
        }
        Lens lens = space.lens();
        if (writes && lens != null && lens.staging() >= 0) {
            return throughLens(space, lens, mover);
        }
        int done = 0;
        while (remaining > 0) {
            int length = space.run(addresses[part] + offset, here(), writes);
            long moved = mover.move(space.memory(), space.host(addresses[part] + offset, writes), length, done);
            if (moved < 0) {
                return done > 0 ? done : moved;
            }
            advance((int) moved);
            done += (int) moved;
            if (moved < length) {
                break;
            }
        }
        return done;
    }

    private long eachOfArray(boolean writes, Mover mover) {
        int count = Math.min(remaining, PIECE);
        try (Memory piece = Memory.anonymous(PIECE)) {
            if (!writes) {
                piece.write(0, array, offset, count);
            }
            long moved = mover.move(piece, 0, count, 0);
            if (moved > 0) {
                if (writes) {
                    piece.read(0, array, offset, (int) moved);
                }
                advance((int) moved);
            }
            return moved;
        } catch (ErrnoException noMemory) {
            return -noMemory.errno();
        }
    }

    /** In one piece: a call that gets fewer bytes than it has room for asks again. */
    private long throughLens(AddressSpace target, Lens lens, Mover mover) {
        int count = Math.min(Math.min(remaining, here()), lens.room());
        long moved = mover.move(target.memory(), lens.staging(), count, 0);
        if (moved > 0) {
            byte[] bytes = new byte[(int) moved];
            target.memory().read(lens.staging(), bytes, 0, bytes.length);
            target.write(addresses[part] + offset, bytes, 0, bytes.length);
            advance(bytes.length);
        }
        return moved;
    }

    private int here() {
        while (offset == lengths[part]) {
            part++;
            offset = 0;
        }
        return lengths[part] - offset;
    }

    private void advance(int count) {
        offset += count;
        remaining -= count;
    }
}
