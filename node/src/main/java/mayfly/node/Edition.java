package mayfly.node;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import mayfly.core.pool.PoolSpec;
import mayfly.machine.Reset;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;

/**
 * A version of a service with the pool of its machines.
 *
 * @param driver the name of who makes them
 */
record Edition(ServiceSettings settings, String driver, PoolShell pool) {
    /** @param resets is told of those of its machines */
    static Edition of(
            ServiceSettings settings, mayfly.machine.MachineDriver driver, ServicePlace place, Consumer<Reset> resets) {
        String name = name(settings);
        ServiceSpec template = settings.template();
        boolean shared = template.shared();
        PoolShell pool = new PoolShell(
                poolSpec(settings, place),
                name,
                it -> {
                    Template booted = shared ? SharedTemplate.boot(template, it, place.machines()) : it.boot(template);
                    booted.watchResets(resets);
                    return booted;
                },
                driver,
                place.clock(),
                place.timers(),
                shared ? new Semaphore(template.machinesMax()) : place.machines(), // of places there are enough
                new HostPaths(place.data()));
        return new Edition(settings, driver.name(), pool);
    }

    /** The same pool with another number of machines. */
    Edition scaled(int workers, ServicePlace place) {
        ServiceSettings changed = settings.withWorkers(workers);
        pool.configure(poolSpec(changed, place));
        return new Edition(changed, driver, pool);
    }

    /** Memory that its machines have for themselves now, as their driver tells; 0 when it has none. */
    OptionalLong privateBytes() {
        List<OptionalLong> all =
                pool.templates().stream().map(Template::privateBytes).toList();
        boolean known = all.stream().allMatch(OptionalLong::isPresent);
        return known
                ? OptionalLong.of(
                        all.stream().mapToLong(OptionalLong::orElseThrow).sum())
                : OptionalLong.empty();
    }

    String name() {
        return name(settings);
    }

    private static String name(ServiceSettings settings) {
        return settings.name() + " v" + settings.version();
    }

    /** One connection for each machine, or place in the one there is; the driver keeps what it resets, so the pool keeps nothing. */
    private static PoolSpec poolSpec(ServiceSettings settings, ServicePlace place) {
        // those whose machine was gone ask again beyond waitingMax, at most one for each machine
        int waiting = settings.waitingMax() + settings.template().machinesMax();
        return new PoolSpec(
                PoolSpec.Reuse.FRESH,
                0,
                settings.workers(),
                waiting,
                1,
                place.machineAgeMax(),
                settings.idleAfter(),
                place.healthEvery(),
                false);
    }
}
