package mayfly.machine.kvm;

import mayfly.machine.Outcome;
import mayfly.machine.Work;
import mayfly.machine.kvm.files.Descriptors;
import org.jspecify.annotations.Nullable;

/** How work gets into a machine's program and answers out of it. Belongs to the machine's thread. */
interface Conversation {
    /**
     * Begins a unit of work: gives it to the program's descriptors and listens to them.
     *
     * @return false: work is not what the program waits for
     */
    boolean begin(Descriptors descriptors, Work work, Runnable stop);

    /** Its outcome once the program has answered; null before. */
    @Nullable
    Outcome outcome();

    /** Its outcome when the program exited with a status instead of going on. */
    Outcome exited(int code);

    /** Ends a wait of its own; from any thread. */
    default void wake() {}

    /** It is used no more. */
    default void close() {}
}
