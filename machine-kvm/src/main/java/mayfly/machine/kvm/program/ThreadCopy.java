package mayfly.machine.kvm.program;

import mayfly.linux.ErrnoException;
import mayfly.linux.Vcpu.Register;
import mayfly.machine.kvm.cpu.Processor;

/** Makes threads, each of which begins as a copy of the current one. */
final class ThreadCopy {
    /** The new thread keeps the base of its FS segment. */
    static final long SAME = -1;

    private ThreadCopy() {}

    /**
     * A new thread with the current one's registers and 0 as the result of its call; it runs when it has its turn.
     *
     * @param owner the current process, or a new one
     * @param stack its RSP; 0: the current one's
     * @param data base of its FS segment, a valid address, or {@link #SAME}
     */
    static GuestThread make(Program program, GuestProcess owner, int id, long stack, long data) throws ErrnoException {
        Processor cpu = program.cpu();
        GuestThread current = program.current();
        cpu.settle();
        long ownStack = cpu.get(Register.RSP);
        long ownData = cpu.fsBase();
        cpu.set(Register.RSP, stack == 0 ? ownStack : stack);
        cpu.set(Register.RAX, 0);
        if (data != SAME) {
            cpu.setFsBase(data);
        }
        cpu.setRoot(owner.space.tables().rootAddress());
        GuestThread thread = new GuestThread(owner, id, cpu.newState());
        cpu.save(thread.state);
        cpu.setRoot(current.process.space.tables().rootAddress());
        cpu.set(Register.RSP, ownStack);
        cpu.setFsBase(ownData);
        thread.name = current.name;
        thread.signalMask = current.signalMask;
        if (!owner.equals(current.process)) {
            thread.signalStack = current.signalStack.copy();
        }
        program.threads.add(thread);
        program.threads.ready(thread);
        return thread;
    }
}
