package mayfly.machine;

/** A runtime with its code loaded, waiting for work; machines are forked from it. Safe for concurrent use. */
public interface Template extends AutoCloseable {
    /**
     * A fresh machine in the template's state, owned by the caller. May return before the machine has finished
     * forking: then its first exec waits for it.
     *
     * <p>Of a shared service ({@link ServiceSpec#shared}) a fork is a place in the one machine that the template runs: it has
     * that machine's id and serves one connection beside those of other places; closing it cuts off its connection and
     * nothing else. When the machine's program has ended, every connection has crashed, and the next fork is a place in a
     * new machine in the template's state. Closing the template ends the machine.
     *
     * @throws MachineException the template is gone or the host refused a process, memory or a descriptor
     */
    Machine fork() throws MachineException;

    /** Asks the template whether it still answers; false after {@code timeoutMillis} without an answer. */
    boolean ping(long timeoutMillis);

    /** Ends the template and all machines forked from it; repeated calls do nothing. */
    @Override
    void close();
}
