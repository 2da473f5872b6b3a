package mayfly.actors;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.base.NamespaceId;
import mayfly.core.actor.Actor;
import mayfly.core.actor.Actors;
import mayfly.core.runner.Runners;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.store.ActorRecord;
import mayfly.store.ActorStore;
import mayfly.store.NamespaceRecord;

/**
 * The actors of one node: what the gateway and the REST interface call. Put together here; each part has one business.
 * Nothing that was answered with success is lost when the node is killed: actors that were awake are found again by their
 * runners, those that sleep stay as they are, and alarms that came due meanwhile fire.
 */
public final class ActorEngine implements AutoCloseable {
    static final byte[] VERSION_BYTES = "mayfly".getBytes(StandardCharsets.UTF_8);
    private static final int PAGE = 500;
    private static final int NAMES_REMEMBERED_MAX = 10_000;

    private final ActorStore store;
    private final Clock clock;
    private final EngineTimes times;
    private final Machinery machinery;
    private final Timers timers;
    private final Executor executor;
    private final Runners runnerDecider;
    private final Namespaces namespaces;
    private final PoolConfigs pools;
    private final RunnerShells runners;
    private final ActorShells actors;
    private final ActorCatalog catalog;
    private final Commands commands;
    private final Tunnels tunnels;
    private final KvCalls kv;
    private final AtomicLong sessions = new AtomicLong();
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final OnDemand onDemand;
    private volatile boolean draining;

    private ActorEngine(ActorStore store, Clock clock, Ids ids, EngineTimes times, Machinery machinery) {
        this.store = store;
        this.clock = clock;
        this.times = times;
        this.machinery = machinery;
        this.timers = machinery.timers();
        this.executor = machinery.executor();
        this.onDemand = new OnDemand(this, machinery.programs());
        this.runnerDecider = new Runners(times.runner());
        this.namespaces = new Namespaces(store, clock, ids);
        this.pools = new PoolConfigs(this, store, machinery.random());
        this.runners = new RunnerShells(this, store, ids);
        this.actors = new ActorShells(
                store,
                new Actors(times.actor()),
                machinery.deciders().actor(),
                timers,
                executor,
                runners::find,
                record -> pools.shell(poolOf(record)));
        this.catalog = new ActorCatalog(this, store, ids);
        this.commands = new Commands(store, timers, times);
        this.kv = new KvCalls(this, store);
        this.tunnels =
                new Tunnels(machinery.random().nextInt(), machinery.random().nextInt());
    }

    /** Starts an engine on what an earlier one left in the store, which stays the caller's to close. May block. */
    public static ActorEngine start(ActorStore store, Clock clock, Ids ids, EngineTimes times, ProgramHost programs) {
        ActorEngine engine = start(store, clock, ids, times, Machinery.system(clock, times, programs));
        new Retention(store, engine.timers, engine.executor).start();
        return engine;
    }

    static ActorEngine start(ActorStore store, Clock clock, Ids ids, EngineTimes times, Machinery machinery) {
        ActorEngine engine = new ActorEngine(store, clock, ids, times, machinery);
        List<NamespaceRecord> all = engine.namespaces.resume();
        all.forEach(engine.pools::resume);
        engine.runners.resume();
        engine.resumeActors();
        engine.actors.alarms().start();
        return engine;
    }

    private void resumeActors() {
        ActorId after = null;
        while (true) {
            List<ActorRecord> page = store.awakeActors(after, PAGE);
            for (ActorRecord record : page) {
                Actor state = actors.decider().resumed(Known.read(record).state(), timers.nowMillis());
                actors.resume(new Known(record, state), actors.decider().resume(state));
            }
            if (page.size() < PAGE) {
                return;
            }
            after = page.getLast().id();
        }
    }

    // ---- for the REST interface

    public Namespaces namespaces() {
        return namespaces;
    }

    public PoolConfigs pools() {
        return pools;
    }

    public RunnerShells runners() {
        return runners;
    }

    public ActorCatalog catalog() {
        return catalog;
    }

    // ---- for the gateway

    /** Client sockets that stay while their actors sleep are asked for here from now on. */
    public void hibernatingSockets(HibernatingSockets sockets) {
        commands.sockets(sockets);
    }

    /** Looks at an actor until the watch is closed; empty when there is no such actor. May block. */
    public Optional<ActorWatch> watch(ActorId actor, ActorListener listener) {
        return actors.watch(actor, listener);
    }

    /** A way to the actor at its place; empty when it is not there any more. Does not block. */
    public Optional<Tunnel> tunnel(ActorPlace place, TunnelListener listener) {
        Optional<ActorShell> actor = actors.peek(place.actor());
        Optional<RunnerShell> runner = runners.find(place.runner());
        return actor.isEmpty() || runner.isEmpty()
                ? Optional.empty()
                : tunnels.open(place, actor.get(), runner.get(), listener);
    }

    /** The same request, or WebSocket, at a later place of its actor; the earlier tunnel is gone or closed. */
    public Optional<Tunnel> resume(Tunnel earlier, ActorPlace place, TunnelListener listener) {
        Optional<ActorShell> actor = actors.peek(place.actor());
        Optional<RunnerShell> runner = runners.find(place.runner());
        return actor.isEmpty() || runner.isEmpty()
                ? Optional.empty()
                : tunnels.resume(earlier, place, actor.get(), runner.get(), listener);
    }

    /** A runner's socket is open; what it says goes to the session. Does not block. */
    public RunnerSession connect(RunnerHello hello, RunnerLink link) throws ActorException {
        NamespaceRecord namespace = namespaces.require(hello.namespace());
        if (hello.protocolVersion() != RunnerProtocol.VERSION) {
            throw new ActorException(
                    ActorError.BAD_REQUEST,
                    "this node speaks runner protocol " + RunnerProtocol.VERSION + ", not " + hello.protocolVersion());
        }
        return new RunnerSession(this, namespace, hello, link, sessions.incrementAndGet());
    }

    /** Runners that this node makes appear find it here from now on; until then they wait. Once. */
    public void reachableAt(NodeAddress here) {
        onDemand.reachableAt(here);
    }

    /** Whether this is the token of a program that this node has started, which may do what the node's own token may. */
    public boolean admits(String token) {
        return pools.admits(token);
    }

    /** Asks an endpoint what it is, as a pool with this definition would. Blocks. */
    public EndpointMetadata look(PoolConfig.Serverless endpoint) throws EndpointException {
        return onDemand.look(endpoint);
    }

    /** How many actors are in memory, and how many requests and WebSockets are under way to them. */
    public Load load() {
        return new Load(actors.size(), tunnels.size());
    }

    /** @see #load */
    public record Load(int actorsInMemory, int tunnels) {}

    /** Makes nothing new from now on. */
    public void drain() {
        draining = true;
    }

    @Override
    public void close() {
        drain();
        pools.close();
        actors.close();
        timers.close();
        onDemand.close();
    }

    // ---- for its parts

    boolean isDraining() {
        return draining;
    }

    boolean isNewName(NamespaceId namespace, String name) {
        return names.size() < NAMES_REMEMBERED_MAX && names.add(namespace.value() + '/' + name);
    }

    RunnerStarter starter(PoolName pool, PoolConfig config) {
        return machinery.starters().of(this, pool, config);
    }

    OnDemand onDemand() {
        return onDemand;
    }

    ActorShells actors() {
        return actors;
    }

    Runners runnerDecider() {
        return runnerDecider;
    }

    Machinery.Deciders deciders() {
        return machinery.deciders();
    }

    Commands commands() {
        return commands;
    }

    Tunnels tunnels() {
        return tunnels;
    }

    KvCalls kv() {
        return kv;
    }

    Timers timers() {
        return timers;
    }

    Executor executor() {
        return executor;
    }

    EngineTimes times() {
        return times;
    }

    Clock clock() {
        return clock;
    }

    void log(String message, Throwable cause) {
        System.getLogger("mayfly.actors").log(System.Logger.Level.WARNING, message, cause);
    }

    private static PoolName poolOf(ActorRecord record) {
        return new PoolName(record.namespace(), record.pool());
    }
}
