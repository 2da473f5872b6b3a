package mayfly.machine;

/** Makes templates of one kind of machine. Every implementation passes {@code checks}' MachineDriverKit. */
public interface MachineDriver extends AutoCloseable {
    /** The driver's name as users write it in {@code isolation}: "process", "kvm". */
    String name();

    /** What this host lets the driver give; probed once, at start. */
    HostReport host();

    /**
     * Starts the runtime, loads the code and runs to the waiting point. Blocks the calling (virtual) thread.
     *
     * @throws InitFailedException the code could not be loaded: the user's error, with type, message and position
     * @throws MachineException the host could not give a machine
     */
    Template boot(TemplateSpec spec) throws InitFailedException, MachineException;

    /**
     * Starts a server and runs it to where it waits for a connection.
     *
     * @throws InitFailedException the program cannot be executed, ended, or waits for no connection
     * @throws MachineException the host could not give a machine, or this driver serves no connections
     */
    default Template boot(ServiceSpec spec) throws InitFailedException, MachineException {
        throw new MachineException(spec.name() + ": " + name() + " machines serve no connections");
    }

    /**
     * What the driver keeps of templates after their end, to start them again sooner, is of no use any more: the function
     * or service was deleted or replaced.
     *
     * @param name as {@link TemplateSpec#name} or {@link ServiceSpec#name}
     */
    default void forget(String name) {}

    /** Ends every template and machine that is still open. */
    @Override
    void close();
}
