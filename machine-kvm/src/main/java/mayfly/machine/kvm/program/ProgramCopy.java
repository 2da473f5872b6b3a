package mayfly.machine.kvm.program;

import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.net.Network;

/** Makes machines' programs what a frozen one is; the content of memory is put in place by others. */
public final class ProgramCopy {
    private ProgramCopy() {}

    /** A program becomes a frozen one again. */
    public static void reset(Program program, Program frozen) {
        GuestRam ram = program.space().ram();
        program.close();
        become(program, frozen, ram);
    }

    /** The same program, frozen, on another processor with a copy of its memory. */
    public static Program of(Program frozen, GuestRam ram, Processor cpu) {
        Program copy = new Program(cpu, frozen.table(), frozen.process());
        become(copy, frozen, ram);
        return copy;
    }

    private static void become(Program copy, Program frozen, GuestRam ram) {
        Copies copies = Copies.withFiles(frozen.processes.first().files);
        copy.sharedFutexes.clear();
        copy.processes.copyFrom(frozen.processes, copies, ram);
        Network network = copies.of(frozen.network(), Network::copy);
        copy.cpu().clock().setOffset(copy.state().clocks.offset());
        copy.cpu().setRoot(copy.space().tables().rootAddress()); // it may have been in a process that is gone
        copy.processes.renumber();
        copy.begin(network);
    }
}
