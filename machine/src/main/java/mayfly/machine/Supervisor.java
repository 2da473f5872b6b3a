package mayfly.machine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Starts commands under monitors that outlive this process, and finds them again (flow D of the design). The real one
 * speaks to the C monitor; simulations have their own.
 */
public interface Supervisor extends AutoCloseable {
    /**
     * Starts a command. On return its spec is durable and its state is at least {@link SupervisedState.Running}, or it
     * has failed to execute, which is {@link SupervisedState.ExecFailed} and no exception. Only when the host is so
     * slow that the monitor's deadline passed it is still {@link SupervisedState.Starting}.
     *
     * <p>Spawning a name again is safe, whoever did it before and however far that came: a command that a monitor has, or
     * had, is not started again, and its state is returned; one that never came so far is started now.
     *
     * @param name the directory and id of the command: a task id or a machine id
     * @param spec for a name that was spawned before, the same as then
     * @throws MachineException the monitor could not be started; nothing runs or will run, and nothing is left
     */
    SupervisedState spawn(String name, SupervisedSpec spec) throws MachineException;

    /** The names of all commands whose directories exist, running or ended. */
    List<String> names();

    /** The truth about one command now, from its status file, its monitor or its lock, in that order. */
    SupervisedState inspect(String name);

    /**
     * Sends a signal to the command's main process through its monitor, or by pidfd when the monitor died.
     *
     * @return false when it has ended already
     */
    boolean signal(String name, int signal) throws MachineException;

    /**
     * Asks the command to end: SIGTERM, and SIGKILL after its grace, which the monitor sees to.
     *
     * @return false when it has ended already
     */
    default boolean stop(String name) throws MachineException {
        return signal(name, 15);
    }

    /** The truth about every command there is: after a restart, everything that earlier processes left. */
    default Map<String, SupervisedState> inspectAll() {
        Map<String, SupervisedState> states = new TreeMap<>();
        names().forEach(name -> states.put(name, inspect(name)));
        return states;
    }

    /** Where the command's output is: files "stdout" and "stderr" in its directory; empty when unknown. */
    Optional<java.nio.file.Path> directory(String name);

    /** Called with the name of a command whose state changed; a hint, not a promise: inspect is the truth. */
    void onChange(java.util.function.Consumer<String> listener);

    /**
     * Deletes an ended command's directory.
     *
     * @throws IllegalStateException it has not ended
     */
    void remove(String name);

    /** Stops talking to monitors; the commands go on. */
    @Override
    void close();
}
