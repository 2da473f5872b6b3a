package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;
import org.jspecify.annotations.Nullable;

/** One process of a machine: memory, descriptors, files as it sees them, signals, threads, and its place among the others. */
public final class GuestProcess {
    private static final int FORKED_PID_FIRST = 300;
    private static final int FORKED_PID_END = 32_768;

    final Program program;
    /** What its parent knows it by, and the number of its first thread. */
    final int id;
    /**
     * What getpid(2) gives: another number in each forked machine and after each reset. Libraries with random state of
     * their own, OpenSSL's above all, take another process id for a sign of a fork, and reseed. Calls know it by both.
     */
    int shownId;

    AddressSpace space;
    Descriptors descriptors;
    FileTree files;
    final Signals signals;
    final ProcessState state;
    Futexes<GuestThread> futexes = new Futexes<>();
    final List<GuestThread> threads = new ArrayList<>();

    /** Of its parent; {@link Processes#INIT}: nobody's, and nobody waits for it. */
    int parent = Processes.INIT;
    /** What getppid(2) gives: the parent's number when it was forked. */
    int shownParent = Processes.INIT;

    int group;
    int session;
    /** It called execve(2) since it was forked. */
    boolean executed;
    /** What its parent is sent when it ends; 0: nothing. */
    int exitSignal;
    /** The thread that waits for it to end or to call execve(2), by vfork(2); 0: none. */
    int vforkedBy;
    /** What its first thread ended with: its exit status when all end by themselves. */
    int firstCode;
    /** How it ended; null as long as it runs. One that ended is there until its parent heard of it. */
    @Nullable
    Stop end;

    /** CPU time of its children that it heard of. */
    long reapedNanos;
    /** Old states of files that its mappings keep, in bytes. */
    private long held;

    GuestProcess(
            Program program, int id, AddressSpace space, Descriptors descriptors, FileTree files, ProcessState state) {
        this.program = program;
        this.id = id;
        this.space = space;
        this.descriptors = descriptors;
        this.files = files;
        this.state = state;
        shownId = id;
        group = id;
        session = id;
        signals = new Signals(program, this);
        files.show(new ShownProgram(this));
        enter(space);
    }

    /** It goes on in another address space. */
    void enter(AddressSpace newSpace) {
        space = newSpace;
        held = 0;
        space.limitHeld(this::mayHold);
    }

    private boolean mayHold(long bytes) {
        boolean allowed = files.kernelMemory().hold(bytes + program.processes.held(this));
        held = allowed ? bytes : held;
        return allowed;
    }

    long held() {
        return held;
    }

    /** Whether a number is its own, by which it is known or which it was told. */
    boolean hasId(int number) {
        return number == id || number == shownId;
    }

    boolean isAlive() {
        return end == null;
    }

    /** Its machine was copied. */
    void renumber() {
        int number;
        do {
            number = ThreadLocalRandom.current().nextInt(FORKED_PID_FIRST, FORKED_PID_END);
        } while (program.processes.find(number) != null || program.thread(number) != null);
        shownId = number;
    }

    /** The same process, frozen, in a machine with a copy of its memory; without its threads. */
    GuestProcess copy(Program other, Copies copies, GuestRam ram) {
        GuestProcess copy = new GuestProcess(
                other,
                id,
                copies.of(space, original -> original.over(ram)),
                copies.of(descriptors, original -> original.copy(copies)),
                copies.of(files),
                state.copy());
        copy.futexes = copies.of(futexes, _ -> copy.futexes);
        copy.signals.takeOver(signals);
        copy.parent = parent;
        copy.shownParent = shownParent;
        copy.group = group;
        copy.session = session;
        copy.executed = executed;
        copy.exitSignal = exitSignal;
        copy.vforkedBy = vforkedBy;
        copy.firstCode = firstCode;
        copy.end = end;
        copy.reapedNanos = reapedNanos;
        return copy;
    }

    /** Its memory goes back, unless another process is in it. */
    void leaveMemory() {
        if (program.processes.isAlone(this, other -> other.space)) {
            space.close();
        }
    }

    /** Its descriptors are closed, unless they are another process's too. */
    void leaveDescriptors() {
        if (program.processes.isAlone(this, other -> other.descriptors)) {
            descriptors.closeAll();
        }
    }
}
