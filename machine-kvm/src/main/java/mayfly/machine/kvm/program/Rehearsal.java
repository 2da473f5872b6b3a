package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.cpu.AnswerPages;
import mayfly.machine.kvm.cpu.AnswerPages.Piece;
import mayfly.machine.kvm.memory.GuestBytes;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.Lens;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls of a {@link Script} before the program makes them: they read what they read the last time, and what
 * they write is kept beside the answer until the program gets it.
 */
final class Rehearsal extends Lens {
    /** Less room is not worth another answer. */
    private static final int ROOM_LEAST = 256;

    private final Program program;
    private final GuestThread thread;
    private final AnswerPages pages;

    private Iterator<Piece> expected = List.<Piece>of().iterator();
    private final List<Piece> outputs = new ArrayList<>();
    private int room;
    private @Nullable Script unfinished;

    Rehearsal(Program program, GuestThread thread, AnswerPages pages) {
        this.program = program;
        this.thread = thread;
        this.pages = pages;
    }

    /** The state is not what it was. */
    private static final class ElseException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ElseException() {
            super("not as in the script", null, false, false);
        }
    }

    /** What the program will have done, if it is known that far and more may be foretold; null: it is not. */
    @Nullable
    Script unfinished() {
        return unfinished;
    }

    /** Answers as many calls as it can; false: the machine must be reset, for a call was left half done. */
    boolean run(Script script) throws ErrnoException {
        for (int i = 0; i < script.calls().size(); i++) {
            Script.Call call = script.calls().get(i);
            CallTable.Entry entry = program.table().get(call.number());
            long[] masks = Foreseeable.masks(call.number());
            int inputBytes =
                    call.inputs().stream().mapToInt(each -> each.bytes().length).sum();
            room = pages.room(inputBytes, call.inputs().size() + 4);
            if (entry == null || masks == null || room < ROOM_LEAST) {
                return true;
            }
            expected = call.inputs().iterator();
            outputs.clear();
            thread.callNumber = call.number();
            System.arraycopy(call.arguments(), 0, thread.arguments, 0, call.arguments().length);
            long result;
            program.space().lookThrough(this);
            try {
                result = entry.handler().call(program, thread.arguments);
            } catch (GuestFault | ElseException somethingElse) {
                return false;
            } finally {
                program.space().lookThrough(null);
            }
            if (result == Wait.PENDING && !thread.maskSaved) {
                thread.wait = null; // it will ask again by itself
                return true;
            }
            if (result == Wait.PENDING
                    || program.wantsAttention(thread)
                    || !pages.add(
                            call.number(),
                            call.arguments(),
                            Foreseeable.masks(masks, call.number(), result),
                            call.inputs(),
                            outputs,
                            result)) {
                return false;
            }
            program.statistics().foretold(call.number());
            if (!call.isLike(result, outputs)) {
                unfinished = script.until(
                        i, new Script.Call(call.number(), call.arguments(), call.inputs(), result, outputs));
                return true;
            }
        }
        unfinished = script.whole() ? null : script;
        return true;
    }

    @Override
    protected void read(GuestBytes memory, long address, byte[] to, int from, int count) {
        if (count == 0) {
            return;
        }
        Piece next = expected.hasNext() ? expected.next() : null;
        if (next == null || next.address() != address || next.bytes().length != count) {
            throw new ElseException();
        }
        System.arraycopy(next.bytes(), 0, to, from, count);
    }

    @Override
    protected void write(GuestBytes memory, long address, byte[] source, int from, int count) {
        if (count == 0) {
            return;
        }
        var _ = memory.host(address, true); // or the program has no right to it
        var _ = memory.host(address + count - 1, true);
        if (count > room) {
            throw new ElseException();
        }
        room -= count + AnswerPages.PIECE_BYTES_MAX;
        outputs.add(new Piece(address, Arrays.copyOfRange(source, from, from + count)));
    }

    @Override
    public long staging() {
        return pages.lastBytes(room());
    }

    @Override
    public int room() {
        return Math.max(1, room);
    }
}
