package mayfly.machine.kvm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Memfd;
import mayfly.linux.Memory;
import mayfly.machine.kvm.cpu.BlankMachine;
import mayfly.machine.kvm.cpu.ProcessorKind;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.program.Program;
import mayfly.machine.kvm.program.SavedProgram;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.SavedFile;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * A program that waits, frozen: machines are forked from it, and put back to it after use. Nobody can change it any more.
 * Safe for concurrent use.
 */
public final class Snapshot implements AutoCloseable {
    private final Memfd file;
    private final Memory view;
    private final Program program;
    private final GuestRam.State handedOut;
    private final long usedBytes;
    private final long tablesFrom;
    private final long tablesEnd;
    /** For the first fork of a snapshot that was loaded. */
    private final @Nullable MachineAhead ahead;

    Snapshot(Memfd file, Memory view, Program program, @Nullable MachineAhead ahead) {
        this.ahead = ahead;
        this.file = file;
        this.view = view;
        this.program = program;
        GuestRam ram = program.space().ram();
        handedOut = ram.state();
        usedBytes = ram.usedBytes();
        tablesFrom = ram.programBytes();
        tablesEnd = ram.tableBytesEnd();
    }

    /** Freezes a machine whose threads all wait, and ends it. */
    static Snapshot of(VirtualMachine machine, Memfd file) throws ErrnoException {
        machine.program().freeze();
        machine.closeKeepingFile();
        file.seal();
        return new Snapshot(file, file.view(), machine.program(), null);
    }

    /** A machine in this state. Takes a millisecond, more when the host is busy: not for a request's path. */
    public VirtualMachine fork(Kvm kvm) throws ErrnoException {
        Memory memory = Memory.anonymous(file.size());
        try {
            memory.smallPages();
            memory.overlay(0, file, 0, usedBytes);
            memory.overlay(tablesFrom, file, tablesFrom, tablesEnd - tablesFrom);
            BlankMachine made = ahead == null ? null : ahead.take(kvm);
            return VirtualMachine.forked(made == null ? BlankMachine.create(kvm) : made, this, memory);
        } catch (ErrnoException e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Saves it to a file, from which {@link #load} makes it again, in another process or after the host was started anew.
     * The file is complete or not there. May take a while, and machines may be forked and used meanwhile.
     *
     * @param file is replaced if it is there; in a directory that nobody else may write, for it is the program's memory
     * @param view what the program was shown of the host; {@link HostView#record} was called before it started, for all
     *     that it read there is part of what the file depends on
     * @param key whatever else the program's state depends on: a load must give the same
     * @throws UnsavableException it has something open that belongs to its creator (an {@code Output}), or is too large
     * @throws IOException the directory is not there, or full
     */
    public void save(Kvm kvm, Path file, HostView view, String key)
            throws UnsavableException, IOException, ErrnoException {
        save(ProcessorKind.of(kvm), file, view, key, () -> false);
    }

    void save(ProcessorKind kind, Path to, HostView hostView, String key, BooleanSupplier giveUp)
            throws UnsavableException, IOException, ErrnoException {
        SavedFile.write(to, kind.identity() + key, file, view, SavedProgram.save(program, kind, hostView), giveUp);
    }

    /**
     * Makes a snapshot from a file: a millisecond or two, or what it takes to read through the file once.
     * Its first machine is made meanwhile.
     *
     * @param view the same directories as when it was saved; nobody else's, and open for as long as the snapshot
     * @param key the same as when it was saved
     * @throws DamagedException the file is not whole, or the state was another host's, another program's, or of files
     *     that are not there any more as they were
     */
    public static Snapshot load(Kvm kvm, Path file, HostView view, String key)
            throws DamagedException, IOException, ErrnoException {
        return load(kvm, null, file, view, key);
    }

    /** @param known the kind of this host's processors; null: it is to be asked */
    static Snapshot load(Kvm kvm, @Nullable ProcessorKind known, Path from, HostView view, String key)
            throws DamagedException, IOException, ErrnoException {
        MachineAhead ahead = new MachineAhead(kvm);
        boolean loaded = false;
        try {
            SavedFile saved = SavedFile.open(from);
            ProcessorKind kind = known;
            try {
                kind = known == null ? ahead.look().kind() : known;
                saved.requireKey(kind.identity() + key);
            } catch (DamagedException | ErrnoException | RuntimeException e) {
                saved.close();
                throw e;
            }
            Snapshot snapshot = of(saved, kind, view, ahead);
            loaded = true;
            return snapshot;
        } finally {
            if (!loaded) {
                ahead.close();
            }
        }
    }

    /** The file belongs to the snapshot, or is closed. */
    static Snapshot of(SavedFile saved, ProcessorKind kind, HostView view, @Nullable MachineAhead ahead)
            throws DamagedException {
        Program program = null;
        try {
            program = SavedProgram.load(saved.state(), saved.memory(), kind, view);
            saved.check();
            return new Snapshot(saved.file(), saved.memory(), program, ahead);
        } catch (DamagedException e) {
            if (program != null) {
                program.close();
            }
            saved.close();
            throw e;
        } catch (RuntimeException | AssertionError e) { // what no codec thought of
            saved.close();
            throw new DamagedException("its state makes no sense: " + e, e);
        }
    }

    Program program() {
        return program;
    }

    /** Which pages were handed out. */
    GuestRam.State ram() {
        return handedOut;
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
        if (ahead != null) {
            ahead.close();
        }
        program.close();
        view.close();
        file.close();
    }
}
