package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Memory;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.cpu.ProcessorKind;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.SavedFiles;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.SavedSpace;
import mayfly.machine.kvm.net.Network;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** A frozen program in a saved snapshot: all that there is of it besides the content of its memory. */
public final class SavedProgram {
    private static final long TIME_MAX = Long.MAX_VALUE / 4;

    private SavedProgram() {}

    /**
     * Takes it down.
     *
     * @param kind of the processor that it ran on
     * @param view what it was shown of the host
     */
    public static byte[] save(Program program, ProcessorKind kind, HostView view) throws UnsavableException {
        Clocks clocks = program.state().clocks;
        if (program.processes.all().size() > 1) {
            throw new UnsavableException("a program of several processes");
        }
        StateOut out = new StateOut(clocks.offset());
        out.number(clocks.offset());
        out.number(clocks.frozenAt());
        AddressSpace space = program.space();
        program.network().save(out);
        SavedFiles files = SavedFiles.save(out, program.files(), program.descriptors(), space.regions(), view);
        SavedSpace.save(out, space, files::number);
        program.state().save(out);
        program.signals().save(out);
        out.number(program.process().firstCode);
        out.number(program.threads.lastId());
        List<GuestThread> threads = program.threads();
        out.number(threads.size());
        for (GuestThread thread : threads) {
            out.number(thread.id);
            kind.save(out, thread.state, space.tables().rootAddress());
            thread.save(out);
            if (thread.wait == null) {
                out.number(SavedWaits.NONE);
            } else {
                thread.wait.save(out);
            }
        }
        return out.toBytes();
    }

    /**
     * The program, frozen as it was, to be forked.
     *
     * @param memory its whole memory, to be read
     * @param kind of the processors that it will run on
     * @param view of the same directories of the host
     */
    public static Program load(byte[] state, Memory memory, ProcessorKind kind, HostView view) throws DamagedException {
        StateIn in = new StateIn(state);
        long offset = in.longNumber(nanos -> nanos >= 0 && nanos < TIME_MAX, "a clock");
        long frozenAt = in.longNumber(nanos -> nanos >= -TIME_MAX && nanos < TIME_MAX, "a time");
        Clocks clocks = new Clocks();
        in.setTimeShift(clocks.goOn(offset, frozenAt));
        Network network = Network.load(in);
        SavedFiles files = SavedFiles.load(in, view, network::load);
        AddressSpace space = SavedSpace.load(in, memory, files::backing);
        Program program =
                new Program(space, Processor.gone(memory), SystemCalls.all(), files.descriptors(), files.tree());
        program.setNetwork(network);
        program.state().load(in, clocks);
        program.signals().load(in);
        int firstCode = in.number();
        int lastThread = in.number(Program.PID, Integer.MAX_VALUE - Threads.MAX, "a thread's number");
        int count = in.number(1, Threads.MAX, "threads");
        List<GuestThread> threads = new ArrayList<>();
        int before = 0;
        for (int i = 0; i < count; i++) {
            int id = in.number(before + 1, lastThread, "a thread's number");
            GuestThread thread = new GuestThread(
                    program.process(), id, kind.load(in, space.tables().rootAddress()));
            thread.load(in);
            thread.wait = SavedWaits.load(in, program, thread);
            threads.add(thread);
            before = id;
        }
        in.end();
        program.threads.restore(threads, lastThread);
        program.process().firstCode = firstCode;
        return program;
    }
}
