package mayfly.machine.kvm.cpu;

/** Why a program stopped running. */
public enum Exit {
    /** It made a system call. */
    CALL,
    /** It raised an exception: a page fault, an illegal instruction. */
    EXCEPTION,
    /** A timer or another thread interrupted it. */
    INTERRUPTED,
    /** The machine cannot go on: triple fault, an instruction that KVM cannot emulate, memory that is not there. */
    BROKEN
}
