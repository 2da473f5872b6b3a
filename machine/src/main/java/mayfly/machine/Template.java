package mayfly.machine;

import java.util.OptionalLong;
import java.util.function.Consumer;

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

    /**
     * From now on tells of every machine that was put back after its use, on the thread that did it, which must not be kept
     * long. A driver that ends machines after their use has nothing to tell.
     */
    default void watchResets(Consumer<Reset> watcher) {}

    /**
     * Bytes of memory that its machines have for themselves now, as the host's kernel counts them; what the kernel keeps to
     * manage them is not included. Looks at all of them, which takes 0.1 ms and more for each. Empty: it cannot tell.
     */
    default OptionalLong privateBytes() {
        return OptionalLong.empty();
    }

    /** Ends the template and all machines forked from it; repeated calls do nothing. */
    @Override
    void close();
}
