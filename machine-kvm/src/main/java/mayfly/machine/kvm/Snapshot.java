package mayfly.machine.kvm;

import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Memfd;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.program.Program;

/**
 * A program that waits, frozen: machines are forked from it, and put back to it after use. Nobody can change it any more.
 * Safe for concurrent use.
 */
public final class Snapshot implements AutoCloseable {
    private final Memfd file;
    private final Memory view;
    private final Program program;
    private final AddressSpace.State addresses;
    private final long usedBytes;
    private final long tablesFrom;
    private final long tablesEnd;

    private Snapshot(Memfd file, Memory view, Program program) {
        this.file = file;
        this.view = view;
        this.program = program;
        GuestRam ram = program.space().ram();
        addresses = program.space().state();
        usedBytes = ram.usedBytes();
        tablesFrom = ram.programBytes();
        tablesEnd = ram.tableBytesEnd();
    }

    /** Freezes a machine whose threads all wait, and ends it. */
    static Snapshot of(VirtualMachine machine, Memfd file) throws ErrnoException {
        machine.program().freeze();
        machine.closeKeepingFile();
        file.seal();
        return new Snapshot(file, file.view(), machine.program());
    }

    /** A machine in this state. Takes a millisecond, more when the host is busy: not for a request's path. */
    public VirtualMachine fork(Kvm kvm) throws ErrnoException {
        Memory memory = Memory.anonymous(file.size());
        try {
            memory.smallPages();
            memory.overlay(0, file, 0, usedBytes);
            memory.overlay(tablesFrom, file, tablesFrom, tablesEnd - tablesFrom);
            return VirtualMachine.forked(kvm, this, memory);
        } catch (ErrnoException e) {
            memory.close();
            throw e;
        }
    }

    Program program() {
        return program;
    }

    AddressSpace.State addresses() {
        return addresses;
    }

    /** The whole memory, for reading. */
    Memory view() {
        return view;
    }

    /** Pages from 0 on that the program and its machine use. */
    long usedBytes() {
        return usedBytes;
    }

    long tablesFrom() {
        return tablesFrom;
    }

    long tablesEnd() {
        return tablesEnd;
    }

    /** Frees it. No machine forked from it may be in use. */
    @Override
    public void close() {
        program.close();
        view.close();
        file.close();
    }
}
