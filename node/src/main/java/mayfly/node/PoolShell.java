package mayfly.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import mayfly.base.Clock;
import mayfly.core.Step;
import mayfly.core.pool.Fault;
import mayfly.core.pool.MachineNumber;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.PoolSpec;
import mayfly.core.pool.PooledMachine;
import mayfly.core.pool.Pools;
import mayfly.core.pool.Refusal;
import mayfly.core.pool.TemplateState;
import mayfly.core.pool.Ticket;
import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Template;
import org.jspecify.annotations.Nullable;

/**
 * Runs the pool of one version of a function or service: feeds events to {@link Pools#step} one at a time and does what it asks for. An
 * acquire that finds a warm machine costs one step on the caller's thread and no hand-over.
 */
final class PoolShell {
    private static final System.Logger LOG = System.getLogger("mayfly.node");
    private static final Duration PING_LIMIT = Duration.ofSeconds(5);

    /** Boots what the pool's machines are forked from. */
    @FunctionalInterface
    interface TemplateBoot {
        Template with(MachineDriver driver) throws InitFailedException, MachineException;
    }

    /** A machine in the hands of one caller, to be given back once. */
    record Lease(Machine machine, MachineNumber number, Ticket ticket, PoolEffect.Start start) {}

    /** How an acquire ended. */
    sealed interface Answer {
        record Granted(Lease lease) implements Answer {}

        record Refused(Refusal refusal) implements Answer {}
    }

    /** How a boot ended. */
    sealed interface Boot {
        record Ready() implements Boot {}

        record CodeFailed(GuestError error) implements Boot {}

        record HostFailed(String reason) implements Boot {}
    }

    private final MachineDriver driver;
    private final String name;
    private final TemplateBoot templateBoot;
    private final Clock clock;
    private final ScheduledExecutorService timers;
    private final Semaphore nodeMachines;
    private final HostPaths paths;

    private final ReentrantLock lock = new ReentrantLock(); // guards pool and steps; nothing else is done under it
    private Pool pool;
    private long steps;

    private final AtomicLong tickets = new AtomicLong();
    private final Map<Ticket, Consumer<Answer>> callers = new ConcurrentHashMap<>();
    private final Map<MachineNumber, Machine> machines = new ConcurrentHashMap<>();
    private final Map<Long, Template> templates = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile CompletableFuture<Boot> boot = new CompletableFuture<>();
    private volatile @Nullable GuestError initError;

    private final Object tickLock = new Object(); // guards tick and tickStep
    private @Nullable ScheduledFuture<?> tick;
    private long tickStep;

    /** @param name for people: function or service name and version */
    PoolShell(
            PoolSpec spec,
            String name,
            TemplateBoot templateBoot,
            MachineDriver driver,
            Clock clock,
            ScheduledExecutorService timers,
            Semaphore nodeMachines,
            HostPaths paths) {
        this.name = name;
        this.templateBoot = templateBoot;
        this.driver = driver;
        this.clock = clock;
        this.timers = timers;
        this.nodeMachines = nodeMachines;
        this.paths = paths;
        this.pool = Pools.create(spec, clock.nanos());
    }

    /** A machine for the caller, or why there is none; blocks until the deadline at most. */
    Answer acquire(long deadlineNanos) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Runnable making = ask(deadlineNanos, answer::complete);
        if (making != null) {
            making.run(); // this thread would only wait for a machine: making one itself saves two hand-overs
        }
        return answer.join(); // the pool answers every ticket: at its deadline at the latest, by a tick
    }

    /**
     * Asks for a machine and does not wait. Who asks later is served later.
     *
     * @param heard told once, on any thread, perhaps before this returns; it must not block
     * @return to be run by somebody who may block, at once: it makes a machine; null when there is none to make
     */
    @Nullable
    Runnable ask(long deadlineNanos, Consumer<Answer> heard) {
        Ticket ticket = new Ticket(tickets.incrementAndGet());
        callers.put(ticket, heard);
        Taken taken = take(new PoolEvent.Acquire(ticket, deadlineNanos, clock.nanos()));
        Runnable making = null;
        for (PoolEffect effect : taken.step().effects()) {
            if (making == null && effect instanceof PoolEffect.Create create) {
                making = () -> create(create);
            } else {
                run(effect, taken.number());
            }
        }
        return making;
    }

    /** Takes a machine back; never blocks on closing or resetting it. */
    void release(Lease lease, boolean healthy) {
        send(new PoolEvent.Release(lease.number(), lease.ticket(), healthy, clock.nanos()));
    }

    /** Starts what the spec wants ready before anybody calls. */
    void start() {
        send(new PoolEvent.Tick(clock.nanos()));
    }

    /** The pool is to be so from now on; machines over its new limits go as they come free. */
    void configure(PoolSpec spec) {
        send(new PoolEvent.Configure(spec, clock.nanos()));
    }

    /** Boots the template now and tells how that went: a deployment tries its code. */
    Boot tryBoot() {
        boot = new CompletableFuture<>();
        send(new PoolEvent.WarmUp(clock.nanos()));
        return switch (snapshot()) {
            case Pool.Open open when open.template() instanceof TemplateState.Ready -> new Boot.Ready();
            case Pool.Open _ -> boot.join();
            case Pool.Draining _, Pool.Drained _ -> new Boot.HostFailed(name + " is being replaced or deleted");
        };
    }

    /** What user code said when it was loaded last, if it failed. */
    @Nullable
    GuestError initError() {
        return initError;
    }

    /** Refuses new callers; the future completes when the last machine is gone. */
    CompletableFuture<Void> drain() {
        send(new PoolEvent.Drain(clock.nanos()));
        return drained;
    }

    /** The state at this moment, for listings and metrics. */
    Pool snapshot() {
        lock.lock();
        try {
            return pool;
        } finally {
            lock.unlock();
        }
    }

    /** What its machines are forked from, now. */
    List<Template> templates() {
        return List.copyOf(templates.values());
    }

    /** The machines that have been made. */
    List<MachineView> machines(String function, int version) {
        List<MachineView> views = new ArrayList<>();
        for (PooledMachine pooled : snapshot().machines()) {
            Machine machine = machines.get(pooled.number());
            if (machine != null) {
                views.add(MachineView.of(pooled, machine.id(), driver.name(), function, version, clock));
            }
        }
        return views;
    }

    /** A step that was taken; they are numbered in their order. */
    private record Taken(Step<Pool, PoolEffect> step, long number) {}

    private Taken take(PoolEvent event) {
        lock.lock();
        try {
            Step<Pool, PoolEffect> step = Pools.step(pool, event);
            pool = step.state();
            return new Taken(step, ++steps);
        } finally {
            lock.unlock();
        }
    }

    private void send(PoolEvent event) {
        Taken taken = take(event);
        for (PoolEffect effect : taken.step().effects()) {
            run(effect, taken.number());
        }
    }

    private void run(PoolEffect effect, long stepNumber) {
        switch (effect) {
            case PoolEffect.Grant grant -> grant(grant);
            case PoolEffect.Refuse(var ticket, var refusal) -> answer(ticket, new Answer.Refused(refusal));
            case PoolEffect.Create create -> inBackground("create", () -> create(create));
            case PoolEffect.Reset reset -> inBackground("reset", () -> reset(reset));
            case PoolEffect.Close(var machine) -> inBackground("close", () -> close(machine));
            case PoolEffect.Check check -> inBackground("check", () -> check(check));
            case PoolEffect.BootTemplate(var number) -> inBackground("boot", () -> bootTemplate(number));
            case PoolEffect.CheckTemplate check -> inBackground("check", () -> checkTemplate(check));
            case PoolEffect.CloseTemplate(var number) -> inBackground("close", () -> closeTemplate(number));
            case PoolEffect.ScheduleTick(var at) -> scheduleTick(at, stepNumber);
            case PoolEffect.Drained _ -> finish();
        }
    }

    private void grant(PoolEffect.Grant grant) {
        Machine machine = machines.get(grant.machine());
        if (machine == null) {
            throw new AssertionError("the pool granted machine " + grant.machine() + ", which the shell does not have");
        }
        answer(grant.ticket(), new Answer.Granted(new Lease(machine, grant.machine(), grant.ticket(), grant.start())));
    }

    private void answer(Ticket ticket, Answer answer) {
        Consumer<Answer> caller = callers.remove(ticket);
        if (caller == null) {
            throw new AssertionError(ticket + " was answered twice; the second answer is " + answer);
        }
        caller.accept(answer);
    }

    private void create(PoolEffect.Create create) {
        Template template = templates.get(create.boot());
        if (template == null) {
            send(failed(create.machine(), "the template is gone"));
        } else if (!nodeMachines.tryAcquire()) {
            send(failed(create.machine(), "the node runs as many machines as it may (pool.machines_max)"));
        } else {
            fork(template, create.machine());
        }
    }

    private void fork(Template template, MachineNumber number) {
        try {
            machines.put(number, template.fork());
        } catch (MachineException | RuntimeException | Error e) {
            nodeMachines.release();
            send(failed(number, paths.reason(e)));
            return;
        }
        send(new PoolEvent.Created(number, clock.nanos()));
    }

    private PoolEvent failed(MachineNumber number, String reason) {
        return new PoolEvent.CreateFailed(number, new Fault.Host(reason), clock.nanos());
    }

    private void reset(PoolEffect.Reset reset) {
        Machine machine = machines.get(reset.machine());
        boolean ok = machine != null && answers("reset of " + machine.id(), machine::reset);
        send(new PoolEvent.ResetDone(reset.machine(), reset.round(), ok, clock.nanos()));
    }

    private void check(PoolEffect.Check check) {
        Machine machine = machines.get(check.machine());
        boolean ok = machine != null && answers("check of " + machine.id(), () -> machine.ping(PING_LIMIT.toMillis()));
        send(new PoolEvent.HealthResult(check.machine(), check.round(), ok, clock.nanos()));
    }

    private void close(MachineNumber number) {
        Machine machine = machines.remove(number);
        if (machine != null) {
            ends("machine " + machine.id(), machine::close);
            nodeMachines.release();
        }
        send(new PoolEvent.Closed(number, clock.nanos()));
    }

    private void bootTemplate(long number) {
        PoolEvent event;
        Boot result;
        try {
            templates.put(number, templateBoot.with(driver));
            initError = null;
            result = new Boot.Ready();
            event = new PoolEvent.TemplateReady(number, clock.nanos());
        } catch (InitFailedException e) {
            initError = e.error();
            result = new Boot.CodeFailed(e.error());
            event = new PoolEvent.TemplateFailed(number, new Fault.Code(paths.reason(e)), clock.nanos());
        } catch (MachineException | RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, name + " could not be booted", e);
            result = new Boot.HostFailed(paths.reason(e));
            event = new PoolEvent.TemplateFailed(number, new Fault.Host(paths.reason(e)), clock.nanos());
        }
        send(event);
        boot.complete(result);
    }

    private void checkTemplate(PoolEffect.CheckTemplate check) {
        Template template = templates.get(check.boot());
        boolean ok = template != null && answers("check of " + name, () -> template.ping(PING_LIMIT.toMillis()));
        send(new PoolEvent.TemplateHealth(check.boot(), check.round(), ok, clock.nanos()));
    }

    private void closeTemplate(long number) {
        Template template = templates.remove(number);
        if (template != null) {
            ends("template " + name, template::close);
        }
        send(new PoolEvent.TemplateClosed(number, clock.nanos()));
    }

    /** Only the newest wish counts: effects of two steps may run in either order. */
    private void scheduleTick(long atNanos, long stepNumber) {
        synchronized (tickLock) {
            if (stepNumber < tickStep) {
                return;
            }
            tickStep = stepNumber;
            if (tick != null) {
                tick.cancel(false);
            }
            long delay = Math.max(0, atNanos - clock.nanos());
            tick = timers.schedule(
                    () -> inBackground("tick", () -> send(new PoolEvent.Tick(clock.nanos()))),
                    delay,
                    TimeUnit.NANOSECONDS);
        }
    }

    private void finish() {
        synchronized (tickLock) {
            tickStep = Long.MAX_VALUE;
            if (tick != null) {
                tick.cancel(false);
            }
        }
        boot.complete(new Boot.HostFailed(name + " is being replaced or deleted"));
        drained.complete(null);
    }

    // The pool trusts that every effect is answered once, so a driver's broken invariant must not lose an answer: the
    // machine or template it happened to is given up.

    private static boolean answers(String what, BooleanSupplier question) {
        try {
            return question.getAsBoolean();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, what + " failed", e);
            return false;
        }
    }

    private static void ends(String what, Runnable end) {
        try {
            end.run();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, what + " could not be closed", e);
        }
    }

    private void inBackground(String what, Runnable work) {
        var _ = Thread.ofVirtual().name(name + " " + what).start(work);
    }
}
