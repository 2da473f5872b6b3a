package mayfly.machine.kvm.cpu;

import java.util.Arrays;
import java.util.List;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.GuestRam;

/**
 * Answers to system calls that the program did not make yet, where {@link CallStub} finds them. The program may read and
 * write here, so that nothing that is read back may be trusted further than the program itself.
 *
 * <pre>
 *    0  address of the next answer; 0: there is none
 *    8  what the stub keeps registers in: RBX RSI RDI RDX RCX RSP
 *   64  a stack of 8 words, from its end
 *  128  answers, one behind the other:
 *         0  number of the call
 *         8  its six arguments
 *        56  for each, which bits must be the same
 *       104  how many inputs, and how many outputs; the stub counts them down
 *       120  the result
 *       128  address of the next answer; 0: it is the last
 *       136  inputs, which must be in the program's memory, then outputs, which are put there, each:
 *              0  address    8  bytes, from 1    16  address of the next    24  the bytes themselves
 * </pre>
 */
public final class AnswerPages {
    private static final long BASE = GuestRam.address(Layout.ANSWERS_PAGE);
    private static final int BYTES = Layout.ANSWERS_PAGES * GuestRam.PAGE;
    private static final int FIRST = 128;
    private static final int MASKS = 56;
    private static final int INPUTS = 104;
    private static final int OUTPUTS = 112;
    private static final int RESULT = 120;
    private static final int NEXT = 128;
    private static final int FIXED_BYTES = 136;
    private static final int PIECE_BYTES = 24;
    /** What a piece may take besides its bytes. */
    public static final int PIECE_BYTES_MAX = PIECE_BYTES + 8;

    private final Memory memory;
    private int end = FIRST;
    /** Where the address of the next answer will be written. */
    private int link;

    /** @param memory of a machine */
    public AnswerPages(Memory memory) {
        this.memory = memory;
    }

    /** Bytes somewhere in the program's memory. */
    public record Piece(long address, byte[] bytes) {
        /** Whether the same bytes are in the same places. */
        public static boolean areSame(List<Piece> some, List<Piece> others) {
            boolean same = some.size() == others.size();
            for (int i = 0; same && i < some.size(); i++) {
                same = some.get(i).address == others.get(i).address
                        && Arrays.equals(some.get(i).bytes, others.get(i).bytes);
            }
            return same;
        }
    }

    /** How many bytes of outputs certainly have room in the next answer, with so many bytes of inputs; may be negative. */
    public int room(int inputBytes, int pieces) {
        return BYTES - end - FIXED_BYTES - inputBytes - pieces * PIECE_BYTES_MAX;
    }

    /**
     * Adds an answer behind the others.
     *
     * @param masks of each argument the bits that count
     * @return false: there is no room
     */
    public boolean add(
            long number, long[] arguments, long[] masks, List<Piece> inputs, List<Piece> outputs, long result) {
        int bytes = FIXED_BYTES + bytes(inputs) + bytes(outputs);
        if (bytes > BYTES - end) {
            return false;
        }
        long at = BASE + end;
        memory.putLong(at, number);
        for (int i = 0; i < arguments.length; i++) {
            memory.putLong(at + 8 + 8L * i, arguments[i]);
            memory.putLong(at + MASKS + 8L * i, masks[i]);
        }
        memory.putLong(at + INPUTS, inputs.size());
        memory.putLong(at + OUTPUTS, outputs.size());
        memory.putLong(at + RESULT, result);
        memory.putLong(at + NEXT, 0);
        put(outputs, put(inputs, end + FIXED_BYTES));
        if (link != 0) {
            memory.putLong(BASE + link, Layout.ANSWERS + end);
        }
        link = end + NEXT;
        end += bytes;
        return true;
    }

    /** Where, in the machine's memory, the last so many bytes of all are: free as long as there is {@link #room} for them. */
    public long lastBytes(int count) {
        return BASE + BYTES - count;
    }

    private static int bytes(List<Piece> pieces) {
        int bytes = 0;
        for (Piece piece : pieces) {
            bytes += PIECE_BYTES + padded(piece);
        }
        return bytes;
    }

    private static int padded(Piece piece) {
        return (piece.bytes().length + 7) & -8;
    }

    private int put(List<Piece> pieces, int from) {
        int at = from;
        for (Piece piece : pieces) {
            int next = at + PIECE_BYTES + padded(piece);
            memory.putLong(BASE + at, piece.address());
            memory.putLong(BASE + at + 8, piece.bytes().length);
            memory.putLong(BASE + at + 16, Layout.ANSWERS + next);
            memory.write(BASE + at + PIECE_BYTES, piece.bytes(), 0, piece.bytes().length);
            at = next;
        }
        return at;
    }

    /** From now on calls are answered with them; not when there are none. */
    public void open() {
        memory.putLong(BASE, end == FIRST ? 0 : Layout.ANSWERS + FIRST);
    }

    /** Whether answers are left, as far as the program left this to be seen. */
    public boolean areLeft() {
        return memory.getLong(BASE) != 0;
    }
}
