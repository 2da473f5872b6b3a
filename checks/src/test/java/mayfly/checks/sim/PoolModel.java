package mayfly.checks.sim;

import static mayfly.checks.sim.PoolReferee.require;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import mayfly.core.pool.MachineNumber;
import mayfly.core.pool.PoolEffect;
import mayfly.core.pool.PoolEffect.Start;
import mayfly.core.pool.PoolEvent;
import mayfly.core.pool.PoolSpec;
import mayfly.core.pool.PoolSpec.Reuse;

/** The referee's book of machines and of the template. */
final class PoolModel {
    /** So long after the last trouble a pool must be back to normal: the longest back-off, and as long to forget it. */
    private static final long QUIET_AFTER_NANOS = Duration.ofSeconds(21).toNanos();

    enum Phase {
        CREATING,
        FREE,
        HELD,
        CHECKING,
        RESETTING,
        CLOSING
    }

    /** The template's life. */
    enum Body {
        NONE,
        BOOTING,
        READY,
        SICK,
        CLOSING
    }

    private static final class Machine {
        private Phase phase = Phase.CREATING;
        private int uses;
        private boolean dirty;
        private boolean sick;
        private int round;
        private long born;

        @Override
        public String toString() {
            return phase + (sick ? "!" : "");
        }
    }

    private final Map<MachineNumber, Machine> machines = new HashMap<>();
    private PoolSpec spec;
    private Body body = Body.NONE;
    private long boot;
    private int bodyRound;
    private boolean bodyChecked;
    private long troubleNanos = Long.MIN_VALUE / 2;

    PoolModel(PoolSpec spec) {
        this.spec = spec;
    }

    PoolSpec spec() {
        return spec;
    }

    Body body() {
        return body;
    }

    int count(Phase phase) {
        int count = 0;
        for (Machine machine : machines.values()) {
            count += machine.phase == phase ? 1 : 0;
        }
        return count;
    }

    int live() {
        return machines.size() - count(Phase.CLOSING);
    }

    /** Whether a machine may yet come free; a free one would be granted, and one just released or lost is on its way out. */
    boolean mayServe() {
        return machines.values().stream().anyMatch(m -> switch (m.phase) {
            case HELD -> true;
            case CREATING, CHECKING, RESETTING -> !m.sick;
            case FREE, CLOSING -> false;
        });
    }

    boolean isEmpty() {
        return machines.isEmpty() && body == Body.NONE;
    }

    boolean hasRoom() {
        return machines.size() < spec.maxMachines();
    }

    boolean isQuiet(long now) {
        return now - troubleNanos > QUIET_AFTER_NANOS;
    }

    boolean isStale(PoolEvent event, boolean draining) {
        return switch (event) {
            case PoolEvent.Created e -> !is(e.machine(), Phase.CREATING);
            case PoolEvent.CreateFailed e -> !is(e.machine(), Phase.CREATING);
            case PoolEvent.Closed e -> !is(e.machine(), Phase.CLOSING);
            case PoolEvent.ResetDone e -> !is(e.machine(), Phase.RESETTING) || roundOf(e.machine()) != e.round();
            case PoolEvent.HealthResult e -> !is(e.machine(), Phase.CHECKING) || roundOf(e.machine()) != e.round();
            case PoolEvent.MachineLost e -> draining || isLostAlready(e.machine());
            case PoolEvent.TemplateReady e -> body != Body.BOOTING || boot != e.boot();
            case PoolEvent.TemplateFailed e -> body != Body.BOOTING || boot != e.boot();
            case PoolEvent.TemplateHealth e ->
                draining || body != Body.READY || boot != e.boot() || !bodyChecked || bodyRound != e.round();
            case PoolEvent.TemplateLost e -> draining || body != Body.READY || boot != e.boot();
            case PoolEvent.TemplateClosed e -> body != Body.CLOSING || boot != e.boot();
            case PoolEvent.WarmUp _, PoolEvent.Tick _, PoolEvent.Configure _, PoolEvent.Drain _ -> draining;
            case PoolEvent.Acquire _, PoolEvent.Cancel _, PoolEvent.Release _ -> false;
        };
    }

    private boolean isLostAlready(MachineNumber number) {
        Machine machine = machines.get(number);
        return machine == null
                || machine.phase == Phase.CREATING
                || machine.phase == Phase.CLOSING
                || (machine.phase == Phase.HELD && machine.sick);
    }

    private boolean is(MachineNumber number, Phase phase) {
        Machine machine = machines.get(number);
        return machine != null && machine.phase == phase;
    }

    private int roundOf(MachineNumber number) {
        return machines.get(number).round;
    }

    void note(PoolEvent event) {
        long now = event.nowNanos();
        switch (event) {
            case PoolEvent.Created e -> {
                Machine machine = machines.get(e.machine());
                machine.phase = Phase.FREE;
                machine.born = now;
                machine.sick = body != Body.READY;
            }
            case PoolEvent.CreateFailed e -> {
                machines.remove(e.machine());
                troubleNanos = now;
            }
            case PoolEvent.Closed e -> machines.remove(e.machine());
            case PoolEvent.ResetDone e -> {
                Machine machine = free(e.machine(), e.ok());
                machine.dirty = machine.dirty && !e.ok();
            }
            case PoolEvent.HealthResult e -> free(e.machine(), e.ok());
            case PoolEvent.MachineLost e -> machines.get(e.machine()).sick = true;
            case PoolEvent.TemplateReady _ -> body = Body.READY;
            case PoolEvent.TemplateFailed _ -> {
                body = Body.NONE;
                troubleNanos = now;
            }
            case PoolEvent.TemplateHealth e -> {
                bodyChecked = false;
                if (!e.ok()) {
                    templateDied(now);
                }
            }
            case PoolEvent.TemplateLost _ -> templateDied(now);
            case PoolEvent.TemplateClosed _ -> body = Body.NONE;
            case PoolEvent.Configure e -> spec = e.spec();
            case PoolEvent.Acquire _,
                    PoolEvent.Cancel _,
                    PoolEvent.Release _,
                    PoolEvent.WarmUp _,
                    PoolEvent.Tick _,
                    PoolEvent.Drain _ -> {}
        }
    }

    private Machine free(MachineNumber number, boolean ok) {
        Machine machine = machines.get(number);
        machine.phase = Phase.FREE;
        machine.sick |= !ok;
        return machine;
    }

    private void templateDied(long now) {
        body = Body.SICK;
        bodyChecked = false;
        troubleNanos = now;
        machines.values().forEach(machine -> machine.sick = true);
    }

    void released(PoolEvent.Release e) {
        free(e.machine(), e.healthy());
    }

    void granted(PoolEffect.Grant e) {
        Machine machine = machines.get(e.machine());
        require(machine != null && machine.phase == Phase.FREE, PoolRule.ONE_HOLDER, e + ", it is " + machine);
        require(!machine.sick, PoolRule.SICK_IS_CLOSED, e.toString());
        require(spec.reuse() == Reuse.WARM || !machine.dirty, PoolRule.FRESH, e.toString());
        require((e.start() == Start.WARM) == machine.dirty, PoolRule.START_TOLD, e.toString());
        require(machine.uses < spec.useLimit(), PoolRule.USES, e + " after " + machine.uses + " uses");
        machine.phase = Phase.HELD;
        machine.uses++;
        machine.dirty = true;
    }

    void note(PoolEffect effect) {
        switch (effect) {
            case PoolEffect.Create e -> {
                require(body == Body.READY && e.boot() == boot, PoolRule.ONE_TEMPLATE, e + " from " + this);
                require(hasRoom(), PoolRule.TOO_MANY, e + " beside " + machines.size());
                require(
                        machines.put(e.machine(), new Machine()) == null,
                        PoolRule.ONE_HOLDER,
                        e + ": number used again");
            }
            case PoolEffect.Close e -> take(e.machine(), Phase.CLOSING, effect);
            case PoolEffect.Check e -> take(e.machine(), Phase.CHECKING, effect).round = e.round();
            case PoolEffect.Reset e -> take(e.machine(), Phase.RESETTING, effect).round = e.round();
            case PoolEffect.BootTemplate e -> {
                require(body == Body.NONE && e.boot() != boot, PoolRule.ONE_TEMPLATE, e + " beside " + this);
                body = Body.BOOTING;
                boot = e.boot();
            }
            case PoolEffect.CheckTemplate e -> {
                require(body == Body.READY && e.boot() == boot, PoolRule.ONE_TEMPLATE, e + " of " + this);
                bodyRound = e.round();
                bodyChecked = true;
            }
            case PoolEffect.CloseTemplate e -> {
                boolean live = (body == Body.READY || body == Body.SICK) && e.boot() == boot;
                require(live && machines.isEmpty(), PoolRule.ONE_TEMPLATE, e + " of " + this);
                body = Body.CLOSING;
                bodyChecked = false;
            }
            case PoolEffect.Grant _, PoolEffect.Refuse _, PoolEffect.ScheduleTick _, PoolEffect.Drained _ -> {}
        }
    }

    private Machine take(MachineNumber number, Phase next, PoolEffect effect) {
        Machine machine = machines.get(number);
        boolean free = machine != null
                && (machine.phase == Phase.FREE
                        || (next == Phase.CLOSING
                                && (machine.phase == Phase.CHECKING || machine.phase == Phase.RESETTING)));
        require(free, PoolRule.NOT_UNDER_A_CALLER, effect + ", it is " + machine);
        machine.phase = next;
        return machine;
    }

    void checkAfterTick(long now, int waiting) {
        for (Map.Entry<MachineNumber, Machine> entry : machines.entrySet()) {
            Machine machine = entry.getValue();
            boolean old = now - machine.born >= spec.ageLimit().toNanos();
            require(machine.phase != Phase.FREE || !old, PoolRule.AGE, entry.toString());
        }
        boolean returns = spec.reuse() == Reuse.WARM || spec.resettable();
        int kept = live() - (returns ? 0 : count(Phase.HELD));
        boolean missing = kept < spec.minWarm() && hasRoom() && isQuiet(now);
        boolean idle = missing && (body == Body.READY || body == Body.NONE);
        require(!idle, PoolRule.MIN_WARM, kept + " kept, " + waiting + " wait, " + this);
    }

    @Override
    public String toString() {
        return "template " + boot + " " + body + ", machines " + machines;
    }
}
