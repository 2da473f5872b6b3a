package mayfly.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedSpec;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;

/** Keeps the contract of {@link Supervisor}, in its slowest and unluckiest ways: what it returns may be old by then. */
final class SimSupervisor implements Supervisor {
    final Map<String, SimCommand> commands = new TreeMap<>();
    private final TaskWorld world;
    Consumer<String> listener = _ -> {};

    SimSupervisor(TaskWorld world) {
        this.world = world;
    }

    SimCommand command(String name) {
        return commands.computeIfAbsent(name, SimCommand::new);
    }

    @Override
    public SupervisedState spawn(String name, SupervisedSpec spec) throws MachineException {
        SimCommand command = command(name);
        world.moment();
        command.spawnedInLife = world.life;
        if (command.phase == SimCommand.Phase.NONE) {
            command.phase = SimCommand.Phase.WRITTEN;
            world.moment();
        }
        if (command.phase == SimCommand.Phase.WRITTEN) {
            switch (world.draw(10)) {
                case 0 -> giveUp(command);
                case 1 -> command.neverStarts(2, "execve");
                case 2, 3 -> command.monitorOnItsWay = true;
                default -> started(command);
            }
        }
        SupervisedState seen = command.seen();
        world.moment();
        refuseSometimes(name);
        return seen;
    }

    private void giveUp(SimCommand command) throws MachineException {
        if (!command.monitorOnItsWay) {
            command.phase = SimCommand.Phase.NONE;
            throw new MachineException("no monitor");
        }
    }

    /** A monitor has come: it runs the command if nobody did. */
    void started(SimCommand command) {
        command.monitorOnItsWay = false;
        if (command.phase == SimCommand.Phase.WRITTEN) {
            command.phase = SimCommand.Phase.RUNS;
            command.starts++;
            world.referee.started(command);
        }
    }

    @Override
    public SupervisedState inspect(String name) {
        SimCommand command = command(name);
        world.moment();
        refuseSometimes(name);
        if (command.phase == SimCommand.Phase.WRITTEN && !command.monitorOnItsWay && world.chance(30)) {
            // the spec is old and its lock is free: to look is to see to it that it never starts
            world.referee.givenUpByALook(command);
            command.neverStarts(125, "never started");
        }
        SupervisedState seen = command.seen();
        world.moment();
        return seen;
    }

    private void refuseSometimes(String name) {
        if (world.unlucky(4)) {
            throw new UncheckedIOException(new IOException(name + ": no descriptors"));
        }
    }

    @Override
    public boolean signal(String name, int signal) throws MachineException {
        SimCommand command = command(name);
        world.moment();
        if (world.unlucky(5)) {
            throw new MachineException(name + ": its monitor does not answer");
        }
        if (!command.isRunning()) {
            return false;
        }
        switch (signal == 9 ? 0 : world.draw(3)) {
            case 0 -> command.end(-1, signal, "asked");
            case 1 -> command.end(world.draw(2), 0, "asked");
            default -> {} // it ignores the signal
        }
        world.moment();
        return true;
    }

    @Override
    public List<String> names() {
        return commands.values().stream()
                .filter(it -> it.phase != SimCommand.Phase.NONE)
                .map(it -> it.name)
                .toList();
    }

    @Override
    public Optional<Path> directory(String name) {
        return Optional.empty();
    }

    @Override
    public void onChange(Consumer<String> listener) {
        this.listener = listener;
    }

    @Override
    public void remove(String name) {
        world.moment();
        SimCommand command = command(name);
        if (command.phase != SimCommand.Phase.ENDED && command.phase != SimCommand.Phase.NONE) {
            throw new IllegalStateException(name + " has not ended: its directory stays");
        }
    }

    @Override
    public void close() {}
}
