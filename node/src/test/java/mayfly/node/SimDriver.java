package mayfly.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import mayfly.base.Ids;
import mayfly.base.InvocationId;
import mayfly.base.MachineId;
import mayfly.machine.GuestError;
import mayfly.machine.HostReport;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;

/** Machines that are slow, crash, hang, vanish and lie about their health; and what must be true of whoever uses them. */
final class SimDriver implements MachineDriver {
    private static final long MILLI = 1_000_000;

    private final SimTime time;
    private final Random random;
    private final Ids ids;
    /** By call: how its works ended, in their order, without those that did not start. */
    final Map<InvocationId, List<Outcome>> ran = new HashMap<>();
    /** By call: the version it ran on last. */
    final Map<InvocationId, String> ranOn = new HashMap<>();

    final Set<Machine> machines = new HashSet<>();
    final Set<Template> templates = new HashSet<>();
    boolean calm;

    SimDriver(SimTime time, Random random, Ids ids) {
        this.time = time;
        this.random = random;
        this.ids = ids;
    }

    private boolean mishap(int percent) {
        return !calm && random.nextInt(100) < percent;
    }

    private void delay(int millisMax) {
        time.sleep(random.nextLong(millisMax * MILLI) + 1);
    }

    static void require(boolean holds, String rule) {
        if (!holds) {
            throw new AssertionError(rule);
        }
    }

    @Override
    public String name() {
        return "process";
    }

    @Override
    public HostReport host() {
        return new HostReport("process", true, "full", List.of());
    }

    @Override
    public Template boot(TemplateSpec spec) throws MachineException {
        delay(50);
        if (mishap(5)) {
            throw new MachineException("the host has no memory");
        }
        Mold mold = new Mold(spec);
        templates.add(mold);
        return mold;
    }

    @Override
    public void close() {}

    private final class Mold implements Template {
        private final TemplateSpec spec;
        private final Set<Box> open = new HashSet<>();
        private boolean dead;
        private boolean closed;

        Mold(TemplateSpec spec) {
            this.spec = spec;
        }

        @Override
        public Machine fork() throws MachineException {
            require(!closed, "forked from a closed template");
            require(open.size() < spec.machinesMax(), "more machines than max_machines of " + spec.name());
            Box box = new Box(this); // counts from now on: the host makes it while we wait
            open.add(box);
            machines.add(box);
            delay(3);
            if (dead || mishap(5)) {
                open.remove(box);
                machines.remove(box);
                dead |= mishap(30);
                throw new MachineException("no process");
            }
            return box;
        }

        @Override
        public boolean ping(long timeoutMillis) {
            delay(5);
            dead |= mishap(3);
            return !dead;
        }

        @Override
        public void close() {
            require(open.isEmpty(), "a template was closed before its machines");
            delay(20);
            closed = true;
            templates.remove(this);
        }
    }

    private final class Box implements Machine {
        private final MachineId id = ids.machine();
        private final Mold mold;
        private boolean used;
        private boolean working;
        private boolean broken;
        private boolean gone;
        private boolean closed;

        Box(Mold mold) {
            this.mold = mold;
        }

        @Override
        public MachineId id() {
            return id;
        }

        @Override
        public Outcome exec(Work work) {
            require(!working, "two calls in one machine");
            require(!closed, "a call in a closed machine");
            require(!broken, "a call in a machine that crashed or was killed");
            require(!used || mold.spec.reusable(), "a fresh call in a used machine");
            if (gone || mold.dead || mishap(4)) {
                gone = true;
                return new Outcome.NotStarted("gone");
            }
            used = true;
            working = true;
            Outcome outcome = work(work.timeout(), work);
            working = false;
            broken = outcome instanceof Outcome.TimedOut || outcome instanceof Outcome.Crashed;
            ran.computeIfAbsent(work.invocation(), _ -> new ArrayList<>()).add(outcome);
            ranOn.put(work.invocation(), mold.spec.name());
            return outcome;
        }

        private Outcome work(Duration timeout, Work work) {
            if (mishap(6)) {
                time.sleep(timeout.toNanos());
                gone = true;
                return new Outcome.TimedOut();
            }
            time.sleep(
                    Math.min(timeout.toNanos(), random.nextLong(random.nextInt(4) == 0 ? 400 * MILLI : 8 * MILLI) + 1));
            if (mishap(8) || mold.dead) {
                gone = true;
                return new Outcome.Crashed("signal 9");
            }
            return random.nextInt(8) == 0
                    ? new Outcome.HandlerError(new GuestError("E", "m", "", "", 0), 1)
                    : new Outcome.Success(work.payload(), work.json(), 1);
        }

        @Override
        public boolean ping(long timeoutMillis) {
            require(!working && !closed, "a check of a machine in use");
            delay(3);
            gone |= mishap(5);
            return !gone && !mold.dead;
        }

        @Override
        public boolean reset() {
            return false;
        }

        @Override
        public void close() {
            require(!working, "a machine was closed under its call");
            closed = true;
            delay(10);
            mold.open.remove(this);
            machines.remove(this);
        }
    }
}
