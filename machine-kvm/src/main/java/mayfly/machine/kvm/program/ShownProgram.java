package mayfly.machine.kvm.program;

import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.ShownProcess;
import mayfly.machine.kvm.memory.AddressSpace;
import org.jspecify.annotations.Nullable;

/** What /proc/self shows of a process. */
record ShownProgram(GuestProcess process) implements ShownProcess {
    @Override
    public Descriptors descriptors() {
        return process.descriptors;
    }

    @Override
    public AddressSpace space() {
        return process.space;
    }

    @Override
    public int id() {
        return process.id;
    }

    @Override
    public int parent() {
        return process.shownParent;
    }

    @Override
    public int group() {
        return process.group;
    }

    @Override
    public int session() {
        return process.session;
    }

    @Override
    public char state() {
        return !process.isAlive() ? 'Z' : process.threads.stream().allMatch(thread -> thread.wait != null) ? 'S' : 'R';
    }

    @Override
    public int[] processes() {
        return process.program.processes.all().stream()
                .mapToInt(each -> each.id)
                .toArray();
    }

    @Override
    public @Nullable FileTree tree(int id) {
        GuestProcess found = process.program.processes.find(id);
        return found == null ? null : found.files;
    }

    @Override
    public int[] threads() {
        return process.threads.stream().mapToInt(GuestThread::id).toArray();
    }
}
