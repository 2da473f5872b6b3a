package mayfly.actors;

import static mayfly.actors.SimRule.require;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.Ids;
import mayfly.core.actor.Actor;
import mayfly.core.actor.ActorTimes;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.runner.RunnerTimes;
import mayfly.core.runnerpool.RunnerPool;
import mayfly.store.ActorRecord;
import org.jspecify.annotations.Nullable;

/**
 * Real shells on a simulated machine, all from one seed: requests, actors that sleep and crash, processes that hang and die,
 * sockets that stall and break, a node that dies at any commit. Then the trouble ends, and all must be well.
 */
final class SimWorld {
    static final int HANG_MILLIS_MAX = 40_000;
    static final EngineTimes TIMES = new EngineTimes(
            new ActorTimes(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(60)),
            new RunnerTimes(10_000, 15_000, 1_600),
            Duration.ofSeconds(10),
            Duration.ofSeconds(3),
            Duration.ofSeconds(5));
    /** Seven attempts, each with its wait and its answer. */
    private static final long REQUEST_MILLIS_MAX = 7 * (30_000 + 300_000) + 60_000;

    private static final long ASLEEP_MILLIS_MAX = 5_000;
    private static final int ACTIONS_MAX = 80_000;
    private static final int TOLD_MAX = 60;

    private final SimAgenda agenda;
    private final SimReferee referee = new SimReferee(this);
    private final SimDisk disk = new SimDisk();
    private final SimBugs bugs;
    private final Deque<String> story = new ArrayDeque<>();
    private final List<SimProcess> processes = new ArrayList<>();
    private final List<SimRequest> requests = new ArrayList<>();
    private final List<ActorId> created = new ArrayList<>();
    private final boolean serverless;
    private final int faultPercent;
    private final int crashPermille;
    private final int slots;
    private final boolean scripted;
    /** Whether runners of a higher version drain the others. */
    private final boolean upgrades;

    private SimNode node;
    private int processNumber;
    private int version = 1;
    private int endpoints;
    private boolean busy = true;
    private @Nullable SimEndpoint endpoint;
    private long fewerSinceMillis = Long.MAX_VALUE;

    /** A world of chance. */
    SimWorld(long seed, SimBugs bugs) {
        agenda = new SimAgenda(seed);
        this.bugs = bugs;
        serverless = agenda.chance(40);
        faultPercent = agenda.chance(30) ? 0 : agenda.between(5, 100);
        crashPermille = agenda.chance(50) ? 0 : agenda.between(1, 20);
        slots = agenda.between(1, 6);
        upgrades = agenda.chance(30);
        node = new SimNode(agenda);
        scripted = false;
    }

    private SimWorld(SimBugs bugs, boolean serverless, int slots) {
        agenda = new SimAgenda(1);
        this.bugs = bugs;
        this.serverless = serverless;
        this.slots = slots;
        faultPercent = 0;
        upgrades = false;
        crashPermille = 0;
        node = new SimNode(agenda);
        scripted = true;
    }

    /** A world in which nothing happens but what a story tells; processes of a serverless pool come on demand. */
    static SimWorld ofAStory(SimBugs watcher, boolean serverless, int slots) {
        SimWorld world = new SimWorld(watcher, serverless, slots);
        world.startNode();
        return world;
    }

    /** Whether actors do only what they are told to. */
    boolean isScripted() {
        return scripted;
    }

    boolean losesStops() {
        return bugs.losesStops();
    }

    List<ActorId> created() {
        return created;
    }

    List<SimProcess> processes() {
        return processes;
    }

    Actor state(ActorId actor) {
        return state(actor.value());
    }

    void pass(long millis) {
        agenda.pass(millis, ACTIONS_MAX);
    }

    SimAgenda agenda() {
        return agenda;
    }

    SimReferee referee() {
        return referee;
    }

    SimNode node() {
        return node;
    }

    boolean isBusy() {
        return busy;
    }

    boolean mayEnd() {
        return busy;
    }

    /** Whether this, which happens to so many of a hundred in the worst of worlds, happens. */
    boolean fault(int percent) {
        return busy && agenda.random.nextInt(10_000) < percent * faultPercent;
    }

    void tell(String line) {
        if (story.size() == TOLD_MAX) {
            story.removeFirst();
        }
        story.addLast((agenda.nowMillis() - SimAgenda.BEGIN) + " " + line);
    }

    String story() {
        return String.join("\n  ", story);
    }

    Actor state(String actor) {
        ActorRecord record = disk.actors.get(new ActorId(actor));
        require(record != null, SimRule.ACCEPTED, actor);
        return Known.read(record).state();
    }

    // ---- the life

    void run() {
        disk.commit = this::commit;
        disk.loses = bugs::losesWrite;
        disk.listsAlarms = bugs.listsAlarms();
        startNode();
        if (!serverless) {
            int count = agenda.between(1, 3);
            for (int i = 0; i < count; i++) {
                process().connect();
            }
        }
        new SimChance(this).begin();
        agenda.in(1_000, this::watch);
        agenda.pass(agenda.between(20, 180) * 1_000L, ACTIONS_MAX);
        calm();
        agenda.pass(900_000, ACTIONS_MAX);
        judgeQuiet();
        for (ActorId actor : created) {
            if (!(state(actor.value()) instanceof Actor.Destroyed)) {
                SimRequest request = request(actor);
                agenda.pass(40_000, ACTIONS_MAX);
                require(request.isAnswered(), SimRule.ANSWERED, request);
            }
        }
        agenda.pass(REQUEST_MILLIS_MAX, ACTIONS_MAX);
        judgeQuiet();
        requests.forEach(it -> require(it.isOver(), SimRule.EVERY_REQUEST_ENDS, it));
    }

    /** No more trouble: what was lost comes back, and stays. */
    private void calm() {
        tell("all is calm");
        busy = false;
        disk.commit = () -> {};
        if (!node.isAlive()) {
            startNode();
        }
        if (!serverless && processes.stream().allMatch(SimProcess::isOver)) {
            process().connect();
        }
    }

    private void judgeQuiet() {
        referee.judgeInstances();
        for (ActorRecord record : disk.actors.values()) {
            Actor state = Known.read(record).state();
            boolean rests = state instanceof Actor.Sleeping || state instanceof Actor.Destroyed;
            require(rests, SimRule.ASLEEP, record.id() + " " + state);
            boolean late = state instanceof Actor.Sleeping it
                    && it.life().alarmMillis().orElse(Long.MAX_VALUE) < agenda.nowMillis() - 61_000;
            require(!late, SimRule.ALARMS_FIRE, record.id() + " " + state);
        }
        require(referee.living() == 0, SimRule.ASLEEP, processes);
        for (RunnerPool pool : node.pools.values()) {
            pool.hold();
            require(pool.demand() == 0, SimRule.NO_SLOT_LEAKED, pool.demand() + " claims");
            require(pool.connections() == pool.desired(), SimRule.DESIRED, pool.connections());
        }
        created.forEach(it -> require(disk.actors.containsKey(it), SimRule.ACCEPTED, it));
    }

    // ---- the node

    private void startNode() {
        tell("a node starts");
        node = new SimNode(agenda);
        SimNode it = node;
        node.run(() -> it.start(disk, TIMES, bugs.deciders(it), this::starter));
        if (!node.isAlive()) {
            agenda.in(agenda.between(50, 5_000), this::startNode); // it died while it started
            return;
        }
        node.mourners.add(() -> {
            tell("the node dies");
            if (busy) {
                agenda.in(agenda.between(50, 8_000), () -> {
                    if (!node.isAlive()) {
                        startNode();
                    }
                });
            }
        });
        if (serverless) {
            node.run(this::configure);
        }
    }

    private RunnerStarter starter(ActorEngine engine, PoolName pool, PoolConfig config) {
        if (config.serverless().isEmpty()) {
            return RunnerStarter.NONE;
        }
        endpoint = new SimEndpoint(this, node, engine.pools().shell(pool));
        fewerSinceMillis = Long.MAX_VALUE;
        return endpoint;
    }

    private void configure() {
        ActorEngine engine = node.engine();
        PoolConfig.Serverless serverlessConfig = new PoolConfig.Serverless(
                "http://endpoint/" + endpoints,
                Optional.empty(),
                60,
                Optional.of(slots),
                Optional.empty(),
                Optional.of(4),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        PoolConfig config = new PoolConfig(
                Optional.empty(),
                Optional.of(serverlessConfig),
                Optional.empty(),
                Optional.empty(),
                Optional.of(upgrades));
        try {
            engine.pools().put(engine.namespaces().find("default").orElseThrow(), "pool", config);
        } catch (ActorException refused) {
            throw new AssertionError(refused);
        }
    }

    /** The pool's runners are to come from elsewhere from now on. */
    void moveEndpoint() {
        if (serverless) {
            endpoints++;
            tell("the endpoint is another one");
            node.run(this::configure);
        }
    }

    /** Before and after every write: now and then the node dies right here. */
    private void commit() {
        if (busy && node.isAlive() && agenda.random.nextInt(1_000) < crashPermille) {
            node.dieHere();
        }
    }

    SimProcess process() {
        version += upgrades && busy && agenda.chance(20) ? 1 : 0;
        SimProcess process = new SimProcess(this, "process" + ++processNumber, version, slots);
        processes.removeIf(SimProcess::isOver);
        processes.add(process);
        if (!serverless) {
            process.whenEnded(
                    () -> agenda.in(agenda.between(100, 20_000), () -> process().connect()));
        }
        return process;
    }

    // ---- what happens

    /** The one that was created last. */
    ActorId create(CrashPolicy policy) {
        node.run(() -> {
            try {
                ActorRequest request = new ActorRequest(
                        node.engine().namespaces().find("default").orElseThrow(),
                        "actor",
                        Optional.empty(),
                        "pool",
                        policy,
                        Optional.empty());
                created.add(node.engine().catalog().create(request).id());
                tell("created " + created.getLast() + " " + policy);
            } catch (ActorException refused) {
                tell("not created: " + refused.error()); // no runner has come yet
            }
        });
        return created.isEmpty() ? Ids.seeded(agenda, agenda.random).actor() : created.getLast();
    }

    SimRequest request(ActorId actor) {
        SimRequest request = new SimRequest(agenda, node, actor, bugs.requestsTick());
        tell("request to " + actor);
        requests.add(request);
        if (node.isAlive()) {
            request.begin();
        } else {
            requests.removeLast();
        }
        return request;
    }

    /** Every second: does anybody wait for what will not come? */
    private void watch() {
        agenda.in(1_000, this::watch);
        watchConnections();
        requests.removeIf(it -> it.isAnswered() || it.diedWithNode());
        for (SimRequest request : requests) {
            boolean stuck = request.isWaiting() && state(request.actor.value()) instanceof Actor.Sleeping;
            request.asleepSinceMillis =
                    stuck ? Math.min(request.asleepSinceMillis, agenda.nowMillis()) : Long.MAX_VALUE;
            require(
                    !stuck || agenda.nowMillis() - request.asleepSinceMillis < ASLEEP_MILLIS_MAX,
                    SimRule.NO_WAKE_LOST,
                    request);
            require(
                    request.isOver() || agenda.nowMillis() - request.begunMillis <= REQUEST_MILLIS_MAX,
                    SimRule.EVERY_REQUEST_ENDS,
                    request);
        }
    }

    /** Fewer connections than the demand asks for are there only while the pool says that it gets none. */
    private void watchConnections() {
        boolean fewer = false;
        if (endpoint != null && node.isAlive()) {
            SimEndpoint connections = endpoint;
            fewer = node.pools.values().stream()
                    .anyMatch(it -> it.error().isEmpty() && connections.wanted() < it.desired());
        }
        fewerSinceMillis = fewer ? Math.min(fewerSinceMillis, agenda.nowMillis()) : Long.MAX_VALUE;
        require(!fewer || agenda.nowMillis() - fewerSinceMillis < ASLEEP_MILLIS_MAX, SimRule.DESIRED, processes);
    }
}
