package mayfly.machine.kvm.files;

import java.util.IdentityHashMap;
import java.util.function.UnaryOperator;

/** The objects of one machine that were copied for another: what was shared stays shared. */
public final class Copies {
    private final IdentityHashMap<Object, Object> copies = new IdentityHashMap<>();
    private final KernelMemory memory;

    /** None made yet. */
    public Copies() {
        memory = KernelMemory.ofThisProcess(0);
    }

    private Copies(FileTree original, FileTree copy) {
        memory = copy.kernelMemory();
        copies.put(original, copy);
        copies.put(original.memory(), copy.memory());
    }

    /** For a machine that has a copy of another one's files; so far that is all it has. */
    public static Copies withFiles(FileTree original) {
        return new Copies(original, original.copy());
    }

    /** What the copies count against. */
    KernelMemory kernelMemory() {
        return memory;
    }

    /** The copy of an object, made at the first question. */
    @SuppressWarnings("unchecked") // a copy has its original's type
    public <T> T of(T original, UnaryOperator<T> make) {
        Object known = copies.get(original);
        if (known == null) {
            known = make.apply(original);
            copies.put(original, known);
        }
        return (T) known;
    }

    /** Of what another process sees: in the same files. */
    public FileTree of(FileTree tree) {
        return of(tree, original -> original.over(of(original.memory(), MemoryFiles::copy)));
    }

    public OpenFile of(OpenFile file) {
        return of(file, original -> original.copy(this));
    }
}
