package mayfly.node;

import static mayfly.node.SimDriver.require;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import mayfly.base.Ids;
import mayfly.base.MachineId;
import mayfly.machine.Connection;
import mayfly.machine.GuestError;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.Served.End;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;

/** Servers that are slow, crash, hang and vanish, on simulated time; and what must be true of whoever uses them. */
final class SimServers implements MachineDriver {
    private static final long MILLI = 1_000_000;

    /** A machine began to serve a connection. */
    record Begun(long atNanos, String version) {}

    private final SimTime time;
    private final Random random;
    private final Ids ids;
    /** By connection: each time that a machine was given it. */
    final Map<Connection, List<Begun>> begun = new HashMap<>();
    /** Connections that a machine did not see that they were given to. */
    final Set<Connection> missed = new HashSet<>();
    /** How machines let go of connections. */
    final Map<End, Integer> ends = new EnumMap<>(End.class);

    final Set<Machine> machines = new HashSet<>();
    final Set<Template> templates = new HashSet<>();
    /** Whether one of the node's machines at least is in use. */
    BooleanSupplier isCounted = () -> true;

    int failures;
    /** How many connections one machine had at once at most. */
    int together;

    boolean calm;
    /** Whether machines may be closed under their connections. */
    boolean impatient;
    /** Whether a shared machine of that version may be ended, with all that it keeps. */
    Predicate<ServiceSpec> mayEnd = _ -> true;

    SimServers(SimTime time, Random random, Ids ids) {
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

    @Override
    public String name() {
        return "kvm";
    }

    @Override
    public HostReport host() {
        return new HostReport("kvm", true, "full", List.of());
    }

    @Override
    public Template boot(TemplateSpec spec) throws MachineException {
        throw new MachineException("services only");
    }

    @Override
    public Template boot(ServiceSpec spec) throws MachineException, InitFailedException {
        delay(50);
        if (mishap(8)) {
            failures++;
            throw new MachineException("the host has no memory");
        }
        if (mishap(4)) {
            failures++;
            throw new InitFailedException(new GuestError("NoListener", "it listens nowhere", "", "", 0));
        }
        require(
                !spec.shared() || templates.stream().noneMatch(it -> it instanceof Mold old && old.isSame(spec)),
                "a shared machine is made beside the one there is");
        Mold mold = new Mold(spec);
        templates.add(mold);
        return mold;
    }

    @Override
    public void close() {}

    private final class Mold implements Template {
        private final ServiceSpec spec;
        private final Set<Box> open = new HashSet<>();
        private boolean dead;
        private boolean closed;
        private Hub hub = new Hub(ids.machine());

        Mold(ServiceSpec spec) {
            this.spec = spec;
        }

        boolean isSame(ServiceSpec other) {
            return spec.name().equals(other.name()) && !dead && !closed;
        }

        /** Of which the next box is a part. */
        Hub hub() {
            hub = !spec.shared() || hub.dead ? new Hub(ids.machine()) : hub;
            return hub;
        }

        @Override
        public Machine fork() throws MachineException {
            require(!closed, "forked from a closed template");
            require(!spec.shared() || isCounted.getAsBoolean(), "a shared machine is none of the node's");
            require(open.size() < spec.machinesMax(), "more machines than may be of " + spec.name());
            Box box = new Box(this);
            open.add(box);
            machines.add(box);
            delay(3);
            if (dead || mishap(5)) {
                failures++;
                open.remove(box);
                machines.remove(box);
                dead |= mishap(30);
                throw new MachineException("no memory");
            }
            return box;
        }

        @Override
        public boolean ping(long timeoutMillis) {
            delay(5);
            dead |= mishap(3);
            failures += dead ? 1 : 0;
            return !dead;
        }

        @Override
        public void close() {
            require(open.isEmpty(), "a template was closed before its machines");
            require(!spec.shared() || dead || mayEnd.test(spec), "a shared machine was ended for no reason");
            closed = true;
            delay(20);
            templates.remove(this);
        }
    }

    /** A machine: one box's, or that of all boxes of a shared template until its program ends. */
    private static final class Hub {
        private final MachineId id;
        private final Set<Box> serving = new HashSet<>();
        private boolean dead;

        Hub(MachineId id) {
            this.id = id;
        }

        void die() {
            dead = true;
            List.copyOf(serving).forEach(it -> it.over.complete(null));
        }
    }

    private final class Box implements Machine {
        private final Hub hub;
        private final Mold mold;
        private final CompletableFuture<Void> over = new CompletableFuture<>();
        private boolean used;
        private boolean working;

        Box(Mold mold) {
            this.mold = mold;
            this.hub = mold.hub();
        }

        @Override
        public MachineId id() {
            return hub.id;
        }

        @Override
        public Outcome exec(Work work) {
            throw new AssertionError("work for a service's machine");
        }

        @Override
        public Served serve(Connection connection, Duration limit, LogSink logs) {
            require(!working, "two connections in one machine");
            require(!used, "a connection in a used machine");
            require(time.outside(() -> isOpen(connection)), "a connection that was hung up on is served");
            used = true;
            if (over.isDone() || mold.dead || hub.dead || mishap(8)) {
                missed.add(connection);
                return let(Served.notStarted("gone"));
            }
            begun.computeIfAbsent(connection, _ -> new ArrayList<>()).add(new Begun(time.nanos(), mold.spec.name()));
            if (mishap(2)) {
                ends.merge(End.CRASHED, 1, Integer::sum);
                throw new IllegalStateException("a driver with a bug");
            }
            working = true;
            hub.serving.add(this);
            together = Math.max(together, hub.serving.size());
            Served served = work(limit);
            hub.serving.remove(this);
            working = false;
            connection.close();
            return let(served);
        }

        private Served work(Duration limit) {
            long most = random.nextInt(4) == 0 ? 400 * MILLI : 8 * MILLI;
            long lasts = mishap(5) ? Long.MAX_VALUE : random.nextLong(most) + 1;
            time.inNanos(Math.min(lasts, limit.toNanos()), () -> over.complete(null));
            long began = time.nanos();
            over.join();
            long took = time.nanos() - began;
            if (hub.dead) {
                return new Served(End.CRASHED, "its program ended with another connection", 1, 0);
            }
            if (took >= limit.toNanos()) {
                return new Served(End.TIMED_OUT, "", 1, 1);
            }
            if (took < lasts) {
                return new Served(End.CANCELLED, "the machine was closed", 1, 1);
            }
            if (mishap(8)) {
                hub.die();
                return new Served(End.CRASHED, "signal 9", 1, 0);
            }
            return new Served(End.CLOSED, "", 1, 2);
        }

        private Served let(Served served) {
            ends.merge(served.end(), 1, Integer::sum);
            return served;
        }

        @Override
        public boolean ping(long timeoutMillis) {
            require(!working, "a check of a machine in use");
            delay(3);
            return !mold.dead;
        }

        @Override
        public boolean reset() {
            return false;
        }

        @Override
        public void close() {
            require(!working || impatient, "a machine was closed under its connection");
            over.complete(null);
            if (!working) {
                delay(10);
                mold.open.remove(this);
                machines.remove(this);
            }
        }
    }

    static boolean isOpen(Connection connection) {
        return connection.socket().option(1, 3) >= 0; // SOL_SOCKET, SO_TYPE: -EBADF after the close
    }
}
