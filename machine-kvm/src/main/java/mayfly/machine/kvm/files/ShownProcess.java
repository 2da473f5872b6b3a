package mayfly.machine.kvm.files;

import mayfly.machine.kvm.memory.AddressSpace;
import org.jspecify.annotations.Nullable;

/** What a tree shows in /proc of the process whose it is. */
public interface ShownProcess {
    Descriptors descriptors();

    AddressSpace space();

    /** The ids of its threads. */
    int[] threads();

    int id();

    int parent();

    int group();

    int session();

    /** As ps(1) shows it: R, S or Z. */
    char state();

    /** All processes of the machine. */
    int[] processes();

    /** The files as the process with a number sees them; null: there is none. */
    @Nullable
    FileTree tree(int id);
}
