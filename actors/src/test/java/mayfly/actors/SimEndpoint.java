package mayfly.actors;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mayfly.base.RunnerId;
import mayfly.core.runnerpool.PoolError;
import mayfly.core.runnerpool.RunnerPoolEvent;

/** A serverless endpoint: each connection is a process that lives as long as the connection. */
final class SimEndpoint implements RunnerStarter {
    private final SimWorld world;
    private final SimNode node;
    private final RunnerPoolShell pool;
    private final Map<Long, Optional<SimProcess>> open = new HashMap<>();
    private final Set<Long> ending = new HashSet<>();

    SimEndpoint(SimWorld world, SimNode node, RunnerPoolShell pool) {
        this.world = world;
        this.node = node;
        this.pool = pool;
        node.mourners.add(() -> open.values().forEach(it -> it.ifPresent(SimProcess::leaveAndEnd)));
    }

    /** Connections that are open or are being opened, and were not told to end. */
    int wanted() {
        return open.size() - ending.size();
    }

    @Override
    public void open(long number) {
        open.put(number, Optional.empty());
        world.agenda().in(world.agenda().soon(400), () -> answer(number));
    }

    private void answer(long number) {
        if (!open.containsKey(number) || !node.isAlive()) {
            return;
        }
        if (world.fault(15)) {
            open.remove(number);
            tell(new RunnerPoolEvent.ConnectionFailed(number, new PoolError.HttpError(500, ""), now()));
            return;
        }
        SimProcess process = world.process();
        open.put(number, Optional.of(process));
        process.whenAttached(() -> process.runnerId()
                .ifPresent(id -> tell(new RunnerPoolEvent.ConnectionUp(number, new RunnerId(id), now()))));
        process.whenEnded(() -> ended(number));
        process.connect();
        if (world.fault(8)) {
            world.agenda().in(world.agenda().between(100, 60_000), () -> ended(number)); // only the stream
        }
    }

    private void ended(long number) {
        ending.remove(number);
        if (open.remove(number) != null) {
            tell(new RunnerPoolEvent.ConnectionEnded(number, now()));
        }
    }

    @Override
    public void end(long number, long graceMillis) {
        if (open.containsKey(number)) {
            ending.add(number);
        }
        world.agenda().in(graceMillis + world.agenda().soon(20), () -> {
            Optional<SimProcess> process = open.getOrDefault(number, Optional.empty());
            process.ifPresent(it -> it.kill(world.agenda().soon(50)));
            ended(number);
        });
    }

    /** Once its runner is gone, a connection that is to end need not wait for its grace. */
    @Override
    public void left(RunnerId runner) {
        open.values().stream()
                .flatMap(Optional::stream)
                .filter(it -> it.runnerId().equals(Optional.of(runner.value())))
                .toList()
                .forEach(it -> it.kill(world.agenda().soon(50)));
    }

    @Override
    public void close() {
        // what is open is ended as it was told
    }

    private void tell(RunnerPoolEvent event) {
        node.run(() -> pool.tell(event));
    }

    private long now() {
        return world.agenda().nowMillis();
    }
}
