package mayfly.machine.kvm.program;

import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.memory.AddressSpace;

/** What /proc shows of a program. */
record ShownProgram(Program program) implements FileTree.Shown {
    @Override
    public Descriptors descriptors() {
        return program.descriptors();
    }

    @Override
    public AddressSpace space() {
        return program.space();
    }

    @Override
    public int[] threads() {
        return program.threads().stream().mapToInt(GuestThread::id).toArray();
    }
}
