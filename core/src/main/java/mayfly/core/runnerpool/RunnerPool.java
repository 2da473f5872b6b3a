package mayfly.core.runnerpool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.runner.DrainCause;
import mayfly.core.runnerpool.Fleet.Connection;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainRunner;
import mayfly.core.runnerpool.RunnerPoolEffect.Failing;
import mayfly.core.runnerpool.RunnerPoolEffect.Grant;
import mayfly.core.runnerpool.RunnerPoolEffect.OpenConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.Recovered;
import mayfly.core.runnerpool.RunnerPoolEffect.Refuse;
import mayfly.core.runnerpool.RunnerPoolEffect.TickAt;
import mayfly.core.runnerpool.RunnerPoolEvent.Ask;
import mayfly.core.runnerpool.RunnerPoolEvent.Configured;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionEnded;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFailed;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionFound;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionUp;
import mayfly.core.runnerpool.RunnerPoolEvent.Occupied;
import mayfly.core.runnerpool.RunnerPoolEvent.Offered;
import mayfly.core.runnerpool.RunnerPoolEvent.Release;
import mayfly.core.runnerpool.RunnerPoolEvent.Retired;
import mayfly.core.runnerpool.RunnerPoolEvent.Tick;
import mayfly.core.runnerpool.RunnerPoolEvent.Withheld;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;

/** Decides for one pool; never acts. An object with one writer: the package says why. */
public final class RunnerPool {
    /** Above this size the invariants are not checked after every step: they look at everything. */
    private static final int SMALL = 64;

    /** An actor's generation. */
    record Claim(ActorId actor, long generation) {}

    final Map<Claim, Host> granted = new HashMap<>();
    final LinkedHashSet<Claim> waiting = new LinkedHashSet<>();
    final Roster roster;
    final Fleet fleet = new Fleet();
    final Trouble trouble;
    RunnerPoolSpec spec;
    private long tickAtMillis = Long.MAX_VALUE;
    private List<RunnerPoolEffect> effects = new ArrayList<>();

    /** A pool that has nothing yet; its first event opens what the spec wants without any demand. */
    public RunnerPool(RunnerPoolSpec spec, RandomGenerator random) {
        this.spec = spec;
        roster = new Roster(random);
        trouble = new Trouble(random);
    }

    public RunnerPoolSpec spec() {
        return spec;
    }

    /** Claims, those that wait included. */
    public int demand() {
        return granted.size() + waiting.size();
    }

    /** Claims that wait for a slot. */
    public int waiting() {
        return waiting.size();
    }

    /** How many connections the demand asks for. */
    public int desired() {
        return spec.desired(demand());
    }

    /** Connections that count for what is desired, up or on their way. */
    public int connections() {
        return fleet.active();
    }

    /** Slots of the runner that are taken. */
    public int used(RunnerId runner) {
        Host host = roster.find(runner);
        return host == null ? 0 : host.used;
    }

    /** Why the pool gets no runners; empty when it does, or wants none. */
    public Optional<PoolError> error() {
        return trouble.error();
    }

    /** What follows from the event; an event about an earlier life changes nothing. */
    public List<RunnerPoolEffect> step(RunnerPoolEvent event) {
        effects = new ArrayList<>(2);
        long now = event.nowMillis();
        switch (event) {
            case Configured e -> configured(e);
            case Ask e -> ask(e);
            case Release e -> release(new Claim(e.actor(), e.generation()), now);
            case Occupied e -> occupied(e);
            case Offered e -> offered(e);
            case Withheld e -> roster.withhold(e.runner());
            case Retired e -> retired(e);
            case ConnectionFound e -> found(e);
            case ConnectionUp e -> up(e);
            case ConnectionFailed e -> failed(e);
            case ConnectionEnded e -> ended(e);
            case Tick _ -> tickAtMillis = now >= tickAtMillis ? Long.MAX_VALUE : tickAtMillis;
        }
        endLifespans(now);
        serve(now);
        scale(now);
        serve(now); // the last runner of a version may have gone: those of the one before it serve now
        arm();
        assert demand() > SMALL || hold();
        return effects;
    }

    /** True, or throws an AssertionError that names the invariant that does not hold. Looks at everything. */
    public boolean hold() {
        return RunnerPoolInvariants.hold(this);
    }

    private void configured(Configured e) {
        boolean renew = e.renew() || e.spec().kind() != spec.kind();
        spec = e.spec();
        if (renew) {
            for (Connection connection : fleet.live()) {
                drain(connection, DrainCause.RECONFIGURED);
            }
            if (trouble.startAfresh()) {
                effects.add(new Recovered());
            }
        }
    }

    // Claims ----------------------------------------------------------------------------------------------------------

    private void ask(Ask e) {
        Claim claim = new Claim(e.actor(), e.generation());
        if (granted.containsKey(claim) || !waiting.add(claim)) {
            return;
        }
        serve(e.nowMillis());
        if (!e.mayWait() && spec.kind() == Kind.NORMAL && waiting.remove(claim)) {
            effects.add(new Refuse(e.actor(), e.generation()));
        }
    }

    private void occupied(Occupied e) {
        Claim claim = new Claim(e.actor(), e.generation());
        if (granted.containsKey(claim) || waiting.contains(claim)) {
            return;
        }
        Host host = roster.expect(e.runner());
        granted.put(claim, host);
        use(host, 1, e.nowMillis());
    }

    private void release(Claim claim, long now) {
        if (waiting.remove(claim)) {
            return;
        }
        Host host = granted.remove(claim);
        if (host != null) {
            use(host, -1, now);
            roster.drop(host);
        }
    }

    private void use(Host host, int change, long now) {
        roster.use(host, change);
        fleet.busy(host, now);
    }

    /** Who came first is served first. */
    private void serve(long now) {
        Iterator<Claim> queue = waiting.iterator();
        while (queue.hasNext() && roster.hasFree() && granted.size() < spec.maxConcurrentActors()) {
            Claim claim = queue.next();
            queue.remove();
            Host host = roster.draw();
            fleet.busy(host, now);
            granted.put(claim, host);
            effects.add(new Grant(claim.actor(), claim.generation(), host.id));
        }
    }

    // Runners ---------------------------------------------------------------------------------------------------------

    private void offered(Offered e) {
        boolean upgrade = spec.drainOnVersionUpgrade() && roster.isNewest(e.version());
        if (roster.offer(e.runner(), e.version(), e.slots()) && upgrade) {
            roster.olderThan(e.version()).forEach(host -> drain(host, DrainCause.UPGRADE, spec.drainGraceMillis()));
        }
    }

    /** A runner that is over needs its connection no more. */
    private void retired(Retired e) {
        Host host = roster.find(e.runner());
        if (host == null) {
            return;
        }
        Connection connection = fleet.find(host.connection);
        if (connection != null) {
            noteEnd(connection, e.nowMillis());
            drain(connection, DrainCause.ASKED);
        }
        roster.retire(host);
    }

    private void drain(Host host, DrainCause cause, long graceMillis) {
        Connection connection = fleet.find(host.connection);
        if (connection != null) {
            drain(connection, cause);
        } else {
            roster.drain(host);
            effects.add(new DrainRunner(host.id, cause, graceMillis));
        }
    }

    // Connections -----------------------------------------------------------------------------------------------------

    private void found(ConnectionFound e) {
        if (fleet.isKnown(e.number())) {
            return;
        }
        Connection connection = fleet.found(e.number(), e.openedMillis());
        e.runner().ifPresent(runner -> fleet.arrived(connection, roster.expect(runner), e.nowMillis()));
    }

    private void up(ConnectionUp e) {
        Connection connection = fleet.find(e.number());
        Connection leaving = fleet.findDraining(e.number());
        if (connection != null && connection.host == null) {
            Host host = roster.expect(e.runner());
            fleet.arrived(connection, host, e.nowMillis());
            boolean everything = fleet.up() == fleet.active() && fleet.active() >= desired();
            if (trouble.up(everything)) {
                effects.add(new Recovered());
            }
            if (host.isOver()) {
                noteEnd(connection, e.nowMillis());
                drain(connection, DrainCause.ASKED);
            }
        } else if (leaving != null && leaving.host == null) {
            // it came too late to be of use
            Host host = roster.expect(e.runner());
            if (!host.isOver()) {
                drain(host, DrainCause.SURPLUS, 0);
            }
        }
    }

    private void failed(ConnectionFailed e) {
        Connection connection = fleet.find(e.number());
        if (connection != null && connection.host == null) {
            fleet.remove(connection);
            if (trouble.failed(e.number(), e.error(), fleet.last(), e.nowMillis())) {
                effects.add(new Failing(e.error()));
            }
        } else {
            over(e.number(), e.nowMillis());
        }
    }

    private void ended(ConnectionEnded e) {
        over(e.number(), e.nowMillis());
    }

    /** A connection that nobody drained has ended: what its runner is without it, will not last. */
    private void over(long number, long now) {
        Connection leaving = fleet.findDraining(number);
        Connection connection = leaving == null ? fleet.find(number) : leaving;
        if (connection == null) {
            return;
        }
        if (leaving == null) {
            noteEnd(connection, now);
        }
        fleet.remove(connection);
        Host host = connection.host;
        if (host != null && host.isOver()) {
            roster.drop(host);
        } else if (host != null) {
            boolean program = spec.kind() == Kind.HOSTED;
            drain(
                    host,
                    program ? DrainCause.PROGRAM_ENDED : DrainCause.STREAM_ENDED,
                    program ? 0 : spec.drainGraceMillis());
        }
    }

    private void noteEnd(Connection connection, long now) {
        boolean early = now - connection.openedMillis < Trouble.STEADY_MILLIS;
        if (early && trouble.endedEarly(connection.number, fleet.last(), now)) {
            effects.add(new Failing(new PoolError.StreamEndedEarly()));
        }
    }

    private void drain(Connection connection, DrainCause cause) {
        fleet.drain(connection);
        Host host = connection.host;
        if (host != null) {
            roster.drain(host);
        }
        Optional<RunnerId> runner = host == null ? Optional.empty() : Optional.of(host.id);
        effects.add(new DrainConnection(connection.number, runner, cause, spec.drainGraceMillis()));
    }

    // Scale -----------------------------------------------------------------------------------------------------------

    private void endLifespans(long now) {
        Connection oldest = fleet.oldest();
        while (oldest != null && now >= lifespanDueMillis(oldest)) {
            drain(oldest, DrainCause.LIFESPAN);
            oldest = fleet.oldest();
        }
    }

    private void scale(long now) {
        int desired = desired();
        while (fleet.active() < desired && (fleet.remember(now) || open(now))) {
            // one more
        }
        while (spec.kind() == Kind.SERVERLESS && fleet.active() > desired) {
            fleet.forget();
        }
        Connection idlest = fleet.idlest();
        while (fleet.active() > desired && idlest != null && now >= idleDueMillis(idlest)) {
            drain(idlest, DrainCause.SURPLUS);
            idlest = fleet.idlest();
        }
    }

    private boolean open(long now) {
        if (!trouble.mayOpen(now)) {
            return false;
        }
        trouble.tried(now);
        effects.add(new OpenConnection(fleet.open(now).number));
        return true;
    }

    private long lifespanDueMillis(Connection connection) {
        return connection.openedMillis + spec.lifespanMillis() - spec.drainGraceMillis();
    }

    private long idleDueMillis(Connection connection) {
        return connection.idleSinceMillis + spec.idleMillis();
    }

    private void arm() {
        Connection oldest = fleet.oldest();
        long due = oldest == null ? Long.MAX_VALUE : lifespanDueMillis(oldest);
        int desired = desired();
        Connection idlest = fleet.idlest();
        if (fleet.active() > desired && idlest != null) {
            due = Math.min(due, idleDueMillis(idlest));
        }
        if (fleet.active() < desired) {
            due = Math.min(due, trouble.retryAtMillis());
        }
        if (due < tickAtMillis) {
            tickAtMillis = due;
            effects.add(new TickAt(due));
        }
    }
}
