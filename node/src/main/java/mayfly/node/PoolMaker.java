package mayfly.node;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.api.FunctionSpec;
import mayfly.api.Reuse;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.core.pool.PoolSpec;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.TemplateSpec;

/** Gives versions of functions their pools, which share the node's limit of machines. */
final class PoolMaker {
    private final NodeSpec spec;
    private final Drivers drivers;
    private final Clock clock;
    private final ScheduledExecutorService timers;
    private final Semaphore nodeMachines;
    private final HostPaths paths;

    PoolMaker(NodeSpec spec, Drivers drivers, Clock clock, ScheduledExecutorService timers) {
        this.spec = spec;
        this.drivers = drivers;
        this.clock = clock;
        this.timers = timers;
        this.nodeMachines = new Semaphore(spec.machinesMax());
        this.paths = new HostPaths(spec.data());
    }

    /**
     * A version with a pool that has started nothing yet.
     *
     * @param code the unpacked code
     * @param running the function's calls at once, over all its versions
     * @throws RefusedException no driver gives the isolation, or there is no such runtime
     */
    Deployed prepare(Draft draft, String artifact, Path code, AtomicInteger running) throws RefusedException {
        FunctionSpec function = draft.spec();
        MachineDriver driver = drivers.choose(function.isolation());
        TemplateSpec template = templateSpec(draft, code);
        PoolShell pool = new PoolShell(
                poolSpec(function),
                template.name(),
                it -> it.boot(template),
                driver,
                clock,
                timers,
                nodeMachines,
                paths);
        return new Deployed(
                draft.id(), function, draft.version(), artifact, draft.createdAt(), draft.updatedAt(), pool, running);
    }

    /** Refuses when the interpreter is missing: machines would fail one by one; a deployment tells it at once. */
    void requireRuntime(FunctionSpec function) throws RefusedException {
        String runtime = runtime(function).wireName();
        Optional<HostReport.Feature> missing = drivers.choose(function.isolation()).host().features().stream()
                .filter(feature -> feature.name().equals(runtime) && !feature.available())
                .findFirst();
        if (missing.isPresent()) {
            throw new RefusedException(
                    ErrorCode.RUNTIME_MISSING,
                    missing.get().detail() + "; " + missing.get().remedy());
        }
    }

    /** What services share with each other, and with functions: the node's limit of machines. */
    ServicePlace servicePlace() {
        return new ServicePlace(clock, timers, nodeMachines, spec.data(), spec.healthEvery(), spec.machineAgeMax());
    }

    private PoolSpec poolSpec(FunctionSpec function) {
        boolean warm = function.reuse() == Reuse.WARM;
        return new PoolSpec(
                warm ? PoolSpec.Reuse.WARM : PoolSpec.Reuse.FRESH,
                function.minWarm(),
                function.maxMachines(),
                Limits.POOL_WAITING_MAX,
                warm ? spec.machineUsesMax() : 1,
                spec.machineAgeMax(),
                spec.idleAfter(),
                spec.healthEvery(),
                false);
    }

    private TemplateSpec templateSpec(Draft draft, Path code) throws RefusedException {
        FunctionSpec function = draft.spec();
        return new TemplateSpec(
                templateName(function.name(), draft.version()),
                runtime(function),
                function.handler(),
                code,
                function.env(),
                (long) function.memoryMb() * Limits.MIB,
                function.maxMachines(),
                function.reuse() == Reuse.WARM,
                spec.initTimeout());
    }

    /** A version was deleted or replaced: what drivers keep of its templates goes too. */
    void forget(String function, int version) {
        drivers.all().forEach(driver -> driver.forget(templateName(function, version)));
    }

    private static String templateName(String function, int version) {
        return function + " v" + version;
    }

    private static GuestRuntime runtime(FunctionSpec function) throws RefusedException {
        return switch (function.runtime()) {
            case PYTHON3 -> GuestRuntime.PYTHON3;
            case NODE -> GuestRuntime.NODE;
            case NATIVE -> GuestRuntime.NATIVE;
            case GO, RUST, C, WASM ->
                throw new RefusedException(
                        ErrorCode.RUNTIME_UNKNOWN,
                        "this version of Mayfly does not build '"
                                + function.runtime().name().toLowerCase(Locale.ROOT)
                                + "' from source; build it yourself and deploy the executable with runtime = native");
        };
    }
}
