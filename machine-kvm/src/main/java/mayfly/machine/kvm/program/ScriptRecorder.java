package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mayfly.machine.kvm.cpu.AnswerPages.Piece;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.memory.GuestBytes;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.Lens;
import mayfly.machine.kvm.net.HostConnection;

/** Takes down the calls that a program makes, up to the first that cannot be foretold. */
final class ScriptRecorder extends Lens {
    private static final int CALLS_MAX = 32;
    private static final int INPUT_BYTES_MAX = 1024;

    private final List<Script.Call> calls = new ArrayList<>();
    private final List<Piece> inputs = new ArrayList<>();
    private final List<Piece> outputs = new ArrayList<>();
    private int inputBytes;
    private int thread;
    private boolean over;
    private boolean whole = true;

    ScriptRecorder() {}

    /** One that goes on where a script ended. */
    ScriptRecorder(Script known) {
        thread = known.thread();
        calls.addAll(known.calls());
    }

    /** Answers a call as it is answered, and takes it down. */
    long answer(Program program, CallTable.Entry entry, GuestThread caller) throws mayfly.linux.ErrnoException {
        if (Foreseeable.masks(entry.number()) == null
                || calls.size() == CALLS_MAX
                || (!calls.isEmpty() && caller.id != thread)) {
            over = true;
            return entry.handler().call(program, caller.arguments);
        }
        inputs.clear();
        outputs.clear();
        inputBytes = 0;
        thread = caller.id;
        long[] arguments = caller.arguments.clone();
        OpenFile file = program.descriptors().get(arguments[0]);
        program.space().lookThrough(this);
        long result;
        try {
            result = entry.handler().call(program, caller.arguments);
        } catch (GuestFault bad) {
            over = true;
            throw bad;
        } finally {
            program.space().lookThrough(null);
        }
        whole = result != Wait.PENDING;
        over = !whole || caller.maskSaved || inputBytes > INPUT_BYTES_MAX;
        if (!over) {
            calls.add(new Script.Call(entry.number(), arguments, inputs, result, outputs));
            over = file instanceof HostConnection && Foreseeable.reads(entry.number()) && result != 0;
        }
        return result;
    }

    boolean isOver() {
        return over;
    }

    Script script() {
        return new Script(thread, calls, whole);
    }

    @Override
    protected void read(GuestBytes memory, long address, byte[] to, int from, int count) {
        super.read(memory, address, to, from, count);
        inputBytes += count;
        if (count > 0 && inputBytes <= INPUT_BYTES_MAX) {
            inputs.add(new Piece(address, Arrays.copyOfRange(to, from, from + count)));
        }
    }

    @Override
    protected void write(GuestBytes memory, long address, byte[] source, int from, int count) {
        super.write(memory, address, source, from, count);
        outputs.add(new Piece(address, Arrays.copyOfRange(source, from, from + count)));
    }
}
