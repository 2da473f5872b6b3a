package mayfly.node;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;

/** Commands that a test moves from state to state; outlives the node under test, as monitors do. */
final class ScriptedSupervisor implements Supervisor {
    final Map<String, SupervisedState> states = new ConcurrentHashMap<>();
    final List<Integer> signals = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    volatile boolean spawnFails;

    void become(String name, SupervisedState state) {
        states.put(name, state);
        listeners.forEach(listener -> listener.accept(name));
    }

    static SupervisedState.Ended ended(int exitCode, int signal, String cause) {
        return new SupervisedState.Ended(4711, 1_000, 2_000, exitCode, signal, cause, 0, 0, 0);
    }

    @Override
    public SupervisedState spawn(String name, SupervisedSpec spec) throws MachineException {
        if (spawnFails) {
            throw new MachineException("fork of a monitor for " + name + ": EAGAIN");
        }
        SupervisedState state = new SupervisedState.Running(4711, 1_000, true);
        states.put(name, state);
        return state;
    }

    @Override
    public List<String> names() {
        return List.copyOf(states.keySet());
    }

    @Override
    public SupervisedState inspect(String name) {
        return states.getOrDefault(name, new SupervisedState.Unknown());
    }

    @Override
    public boolean signal(String name, int signal) {
        signals.add(signal);
        return states.get(name) instanceof SupervisedState.Running;
    }

    @Override
    public Optional<Path> directory(String name) {
        return Optional.empty();
    }

    @Override
    public void onChange(Consumer<String> listener) {
        listeners.add(listener);
    }

    @Override
    public void remove(String name) {
        states.remove(name);
    }

    @Override
    public void close() {}
}
