package mayfly.checks.sim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import mayfly.core.Step;
import mayfly.core.pool.Fault;
import mayfly.core.pool.MachineNumber;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.PoolSpec;
import mayfly.core.pool.PoolSpec.Reuse;
import mayfly.core.pool.Pools;
import mayfly.core.pool.Ticket;

/**
 * A simulated shell, its host and its callers around the real decider, all from one seed: machines that start slowly, fail,
 * die and go silent; callers that time out and vanish; answers that come late, out of order and twice.
 */
final class PoolWorld {
    /** The decider under test: the real one, or one with a planted bug. */
    @FunctionalInterface
    interface Decider {
        Step<Pool, PoolEffect> step(Pool pool, PoolEvent event);
    }

    private static final int CALLS = 60;
    private static final int ACTIONS_MAX = 20_000;
    private static final int TOLD_MAX = 40;

    private record Told(PoolEvent event, List<PoolEffect> effects) {
        @Override
        public String toString() {
            return event + " -> " + effects;
        }
    }

    private final Random random;
    private final Decider decider;
    private final Agenda agenda = new Agenda();
    private final PoolReferee referee;
    private final Deque<Told> story = new ArrayDeque<>();
    private final Map<MachineNumber, Long> bootOf = new HashMap<>();
    private final Set<MachineNumber> deadMachines = new HashSet<>();
    private final Set<Long> deadBoots = new HashSet<>();
    private final int faultPercent;
    private final int repeatPercent;
    private final long lagNanosMax;
    private Pool pool;
    private long steps;
    private long tickOrder;
    private boolean faultsOver;

    PoolWorld(long seed, Decider decider) {
        this.random = new Random(seed);
        this.decider = decider;
        faultPercent = chance(40) ? 0 : between(1, 15);
        repeatPercent = chance(30) ? 0 : between(1, 20);
        lagNanosMax = chance(50) ? 0 : millis(1);
        PoolSpec spec = anySpec();
        pool = Pools.create(spec, 0);
        referee = new PoolReferee(spec);
    }

    long steps() {
        return steps;
    }

    /** Plays one whole life of a pool; throws when a rule is broken. */
    void run() {
        long busyNanos = millis(between(100, 60_000));
        tell(new PoolEvent.Tick(0));
        for (int call = 1; call <= CALLS; call++) {
            long number = call;
            agenda.in(random.nextLong(busyNanos), () -> arrive(new Ticket(number)));
        }
        disturb(busyNanos);
        boolean drainsEarly = chance(30);
        if (drainsEarly) {
            agenda.in(random.nextLong(busyNanos), () -> tell(new PoolEvent.Drain(now())));
        }
        agenda.runUntil(busyNanos, ACTIONS_MAX);
        faultsOver = true;
        agenda.runUntil(agenda.nowNanos() + millis(120_000), ACTIONS_MAX);
        if (!drainsEarly) {
            referee.afterSilence();
            tell(new PoolEvent.Drain(now()));
        }
        agenda.runUntil(agenda.nowNanos() + millis(120_000), ACTIONS_MAX);
        referee.atTheEnd();
    }

    /** The last steps, for a failure's message. */
    String story() {
        return story.stream().map(Told::toString).collect(Collectors.joining("\n  "));
    }

    private PoolSpec anySpec() {
        int max = between(1, 6);
        return new PoolSpec(
                chance(50) ? Reuse.FRESH : Reuse.WARM,
                chance(50) ? 0 : between(0, max),
                max,
                between(1, 12),
                chance(50) ? 1_000 : between(1, 5),
                Duration.ofMillis(between(2_000, 60_000)),
                Duration.ofMillis(between(500, 20_000)),
                Duration.ofMillis(between(200, 5_000)),
                chance(40));
    }

    private void disturb(long busyNanos) {
        for (int i = between(0, 4); i > 0; i--) {
            agenda.in(random.nextLong(busyNanos), () -> tell(new PoolEvent.Tick(now())));
        }
        if (chance(30)) {
            agenda.in(random.nextLong(busyNanos), () -> tell(new PoolEvent.Configure(anySpec(), now())));
        }
        if (chance(30)) {
            agenda.in(random.nextLong(busyNanos), () -> tell(new PoolEvent.WarmUp(now())));
        }
    }

    // Callers -----------------------------------------------------------------------------------------------------

    private void arrive(Ticket ticket) {
        long patience = millis(chance(20) ? between(0, 50) : between(50, 5_000));
        if (chance(15)) {
            agenda.in(random.nextLong(patience + 1), () -> vanish(ticket));
        }
        tell(new PoolEvent.Acquire(ticket, now() + patience, now()));
    }

    private void vanish(Ticket ticket) {
        tell(new PoolEvent.Cancel(ticket, now()));
    }

    private void serve(Ticket ticket, MachineNumber machine) {
        agenda.in(soon(3_000), () -> {
            boolean healthy = !isDead(machine) && !fault();
            send(now -> new PoolEvent.Release(machine, ticket, healthy, now));
        });
    }

    // The host ----------------------------------------------------------------------------------------------------

    private void run(PoolEffect effect) {
        switch (effect) {
            case PoolEffect.Grant e -> serve(e.ticket(), e.machine());
            case PoolEffect.Create e -> agenda.in(soon(200), () -> create(e));
            case PoolEffect.Reset e ->
                agenda.in(soon(20), () -> {
                    boolean ok = !isDead(e.machine()) && !fault();
                    send(now -> new PoolEvent.ResetDone(e.machine(), e.round(), ok, now));
                });
            case PoolEffect.Close e -> agenda.in(soon(200), () -> send(now -> new PoolEvent.Closed(e.machine(), now)));
            case PoolEffect.Check e ->
                agenda.in(soon(300), () -> {
                    boolean ok = !isDead(e.machine()) && !fault();
                    send(now -> new PoolEvent.HealthResult(e.machine(), e.round(), ok, now));
                });
            case PoolEffect.BootTemplate e -> agenda.in(soon(1_000), () -> boot(e.boot()));
            case PoolEffect.CheckTemplate e ->
                agenda.in(soon(300), () -> {
                    boolean ok = !deadBoots.contains(e.boot()) && !fault();
                    send(now -> new PoolEvent.TemplateHealth(e.boot(), e.round(), ok, now));
                });
            case PoolEffect.CloseTemplate e ->
                agenda.in(soon(300), () -> send(now -> new PoolEvent.TemplateClosed(e.boot(), now)));
            case PoolEffect.ScheduleTick e -> tickAt(e.atNanos());
            case PoolEffect.Refuse _, PoolEffect.Drained _ -> {}
        }
    }

    private void create(PoolEffect.Create e) {
        if (deadBoots.contains(e.boot()) || fault()) {
            Fault fault = chance(30) ? new Fault.Code("SyntaxError") : new Fault.Host("EAGAIN");
            send(now -> new PoolEvent.CreateFailed(e.machine(), fault, now));
            return;
        }
        bootOf.put(e.machine(), e.boot());
        send(now -> new PoolEvent.Created(e.machine(), now));
        if (fault()) {
            agenda.in(soon(5_000), () -> {
                deadMachines.add(e.machine());
                send(now -> new PoolEvent.MachineLost(e.machine(), now));
            });
        }
    }

    private void boot(long boot) {
        if (fault()) {
            Fault fault = chance(30) ? new Fault.Code("SyntaxError") : new Fault.Host("ENOMEM");
            send(now -> new PoolEvent.TemplateFailed(boot, fault, now));
            return;
        }
        send(now -> new PoolEvent.TemplateReady(boot, now));
        if (fault()) {
            agenda.in(soon(10_000), () -> {
                deadBoots.add(boot);
                send(now -> new PoolEvent.TemplateLost(boot, now));
            });
        }
    }

    private boolean isDead(MachineNumber machine) {
        return deadMachines.contains(machine) || deadBoots.contains(bootOf.get(machine));
    }

    private void tickAt(long atNanos) {
        long order = ++tickOrder;
        long late = chance(50) ? 0 : random.nextLong(PoolReferee.TICK_LATE_NANOS);
        agenda.in(Math.max(0, atNanos - agenda.nowNanos()) + late, () -> {
            if (order == tickOrder) {
                tell(new PoolEvent.Tick(agenda.nowNanos()));
            }
        });
    }

    // The pool ----------------------------------------------------------------------------------------------------

    private interface Timed {
        PoolEvent at(long nowNanos);
    }

    /** Tells the pool now and, sometimes, again later. */
    private void send(Timed event) {
        if (chance(repeatPercent)) {
            agenda.in(soon(2_000), () -> tell(event.at(now())));
        }
        tell(event.at(now()));
    }

    private void tell(PoolEvent event) {
        Pool before = pool;
        Step<Pool, PoolEffect> step = decider.step(before, event);
        pool = step.state();
        steps++;
        if (story.size() == TOLD_MAX) {
            story.removeFirst();
        }
        story.addLast(new Told(event, step.effects()));
        referee.judge(before, event, step);
        step.effects().forEach(this::run);
    }

    // Chance ------------------------------------------------------------------------------------------------------

    /** What an event says of its time: threads read the clock before they queue for the pool, so it may lag a little. */
    private long now() {
        return lagNanosMax == 0 ? agenda.nowNanos() : Math.max(0, agenda.nowNanos() - random.nextLong(lagNanosMax));
    }

    /** Mostly a few milliseconds, now and then up to the limit, sometimes no time at all. */
    private long soon(int millisMax) {
        int kind = between(0, 9);
        return kind == 0 ? 0 : kind < 8 ? random.nextLong(millis(8)) : random.nextLong(millis(millisMax));
    }

    private boolean fault() {
        return !faultsOver && chance(faultPercent);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    private static long millis(long millis) {
        return millis * 1_000_000;
    }
}
