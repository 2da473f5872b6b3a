package mayfly.machine.kvm.program;

/** What a system call does. */
@FunctionalInterface
public interface CallHandler {
    /**
     * Runs a call of the program's current thread.
     *
     * @param arguments six registers, whatever the program put there; addresses are followed only through
     *     {@link Program#space}, whose {@link mayfly.machine.kvm.memory.GuestFault} becomes EFAULT
     * @return the result, a negative errno, or what {@link Program#await} gave
     */
    long call(Program program, long[] arguments);
}
