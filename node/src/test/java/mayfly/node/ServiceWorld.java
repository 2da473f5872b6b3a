package mayfly.node;

import static mayfly.node.SimDriver.require;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import mayfly.base.Ids;
import mayfly.core.connection.Ending.End;
import mayfly.linux.StreamListener;
import mayfly.linux.StreamSocket;
import mayfly.machine.Connection;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineException;
import mayfly.machine.Reach;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;

/**
 * One life of a service: clients in bursts, hostile machines, new versions, other numbers of workers, and a drain at the
 * end; the node's shells are the real ones. How connections ended is held against what happened.
 */
final class ServiceWorld {
    private static final long MILLI = 1_000_000;
    private static final int STEPS_MAX = 300_000;
    private static final int MACHINES_MAX = 4;
    private static final int WAITING_MAX = 6;
    private static final Duration CONNECTION_LIMIT = Duration.ofMillis(600);

    /** A connection that the service accepted. */
    private record Accepted(Connection connection, long atNanos, int version) {}

    private final Random random;
    private final SimTime time;
    private final SimServers driver;
    private final ServicePlace place;
    private final Duration waitLimit;
    /** Whether one machine serves all connections of a version. */
    private final boolean shared;
    /** Whether the node may have fewer machines than there may be versions. */
    private final boolean few;

    private final Path socket;
    private final Semaphore machines;
    private final Queue queue = new Queue();
    private final List<Accepted> accepted = new ArrayList<>();
    private ServiceShell service;
    private int version = 1;
    private boolean drained;
    private boolean patient;

    ServiceWorld(long seed, Path directory) {
        this.random = new Random(seed);
        this.time = new SimTime(random);
        this.driver = new SimServers(time, random, Ids.seeded(time, new Random(seed + 1)));
        this.socket = directory.resolve("s" + seed);
        this.machines = new Semaphore(random.nextInt(3) == 0 ? 3 : 64);
        this.waitLimit = Duration.ofMillis(random.nextInt(4) == 0 ? 60 : 5_000);
        this.shared = random.nextInt(3) == 0;
        driver.mayEnd =
                it -> drained || versionOf(it.name()) < service.settings().version() || failed(it);
        int all = machines.availablePermits();
        this.few = all == 3;
        driver.isCounted = () -> machines.availablePermits() < all;
        this.place = new ServicePlace(
                time, time.timers(), machines, directory, Duration.ofMillis(100), Duration.ofSeconds(5));
    }

    long steps() {
        return time.steps();
    }

    int connections() {
        return accepted.size();
    }

    /** The kernel's queue; the sockets are real, and nobody is at their other end. */
    private final class Queue implements Entrance {
        private final Deque<Connection> offered = new ArrayDeque<>();
        private CompletableFuture<Void> changed = new CompletableFuture<>();
        private boolean closed;

        void offer(Connection connection) {
            if (closed) {
                connection.close(); // refused by the kernel
            } else {
                offered.add(connection);
                changed.complete(null);
            }
        }

        @Override
        public String address() {
            return "simulated";
        }

        @Override
        public Connection accept() {
            while (offered.isEmpty() && !closed) {
                changed = new CompletableFuture<>();
                changed.join();
            }
            if (closed) {
                return null;
            }
            Connection connection = offered.remove();
            accepted.add(
                    new Accepted(connection, time.nanos(), service.settings().version()));
            int waiting = service.stats().waiting();
            require(waiting < WAITING_MAX + MACHINES_MAX, waiting + " wait, and another one is accepted");
            return connection;
        }

        @Override
        public void close() {
            closed = true;
            changed.complete(null);
            offered.forEach(Connection::close);
            offered.clear();
        }
    }

    void run() throws Throwable {
        var before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, e) -> time.died(e)); // virtual threads have no other
        try (StreamListener listener = StreamListener.unix(socket, 4_096)) {
            require(listener.local() == null, "it is a Unix socket");
            time.start(this::live);
            time.runToEnd(STEPS_MAX, Duration.ofHours(10).toNanos());
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        atEnd();
    }

    private ServiceSettings settings(int workers) {
        ServiceSpec template = new ServiceSpec(
                "v" + version,
                List.of("server"),
                Map.of(),
                "/",
                Reach.readOnly(),
                shared,
                0,
                0,
                1 << 20,
                MACHINES_MAX,
                Duration.ofSeconds(10));
        return new ServiceSettings(
                "s",
                version,
                template,
                new ServiceSettings.Listen.Tcp(InetAddress.getLoopbackAddress(), 0),
                workers,
                WAITING_MAX,
                waitLimit,
                CONNECTION_LIMIT,
                shared ? Duration.ofHours(9) : Duration.ofMillis(150));
    }

    int together() {
        return driver.together;
    }

    /** A version that was to take another one's place and did not. */
    private boolean failed(ServiceSpec spec) {
        return versionOf(spec.name()) > service.settings().version();
    }

    private void live() {
        ServiceCounters counters = new ServiceCounters();
        Edition first = Edition.of(settings(1 + random.nextInt(MACHINES_MAX)), driver, place, counters::reset);
        service = new ServiceShell(first, counters, place, queue);
        time.start(service::accept);
        time.start(this::clients);
        time.start(this::versions);
        time.start(this::scales);
        time.start(() -> {
            time.sleep(random.nextLong(3_000 * MILLI));
            drain();
        });
    }

    private void clients() {
        while (!drained) {
            int burst = random.nextInt(8) == 0 ? random.nextInt(20) : 1;
            for (int i = 0; i < burst; i++) {
                queue.offer(time.outside(this::connection));
            }
            time.sleep(random.nextLong(random.nextInt(10) == 0 ? 500 * MILLI : 30 * MILLI));
        }
    }

    private Connection connection() {
        try {
            return new Connection(StreamSocket.connect(StreamListener.address(socket)));
        } catch (mayfly.linux.ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    private void versions() {
        while (!drained) {
            time.sleep(random.nextLong(800 * MILLI) + 1);
            int failures = driver.failures;
            version++;
            try {
                service.replace(settings(1 + random.nextInt(MACHINES_MAX)), driver);
            } catch (InitFailedException | MachineException e) {
                require(
                        drained || driver.failures > failures || (shared && few),
                        "a good version was refused: " + e.getMessage());
            }
        }
    }

    private void scales() {
        while (!drained) {
            time.sleep(random.nextLong(500 * MILLI) + 1);
            service.scale(1 + random.nextInt(MACHINES_MAX));
        }
    }

    private void drain() {
        time.sleep(1); // until nobody can run
        require(
                queue.offered.isEmpty() || service.stats().waiting() >= WAITING_MAX,
                "clients are not accepted, though there is room: " + service.stats());
        drained = true;
        driver.calm = random.nextBoolean();
        patient = random.nextBoolean();
        driver.impatient = !patient;
        Duration limit = patient ? Duration.ofHours(1) : Duration.ofNanos(random.nextLong(50 * MILLI));
        long began = time.nanos();
        service.drain(limit);
        long over = time.nanos() - began - limit.toNanos();
        require(over <= 200 * MILLI, "the drain took " + over / MILLI + " ms more than it may");
        require(driver.machines.isEmpty() && driver.templates.isEmpty(), "a drain left something");
        int open = service.stats().active() + service.stats().waiting();
        require(open == 0, "after the drain " + open + " connections are open");
    }

    // ---- the end ----

    private void atEnd() {
        ServiceStats stats = service.stats();
        require(driver.machines.isEmpty(), "machines were left: " + driver.machines.size());
        require(driver.templates.isEmpty(), "templates were left: " + driver.templates.size());
        require(driver.together <= (shared ? MACHINES_MAX : 1), driver.together + " connections in one machine");
        require(machines.availablePermits() == 3 || machines.availablePermits() == 64, "the node's machines are short");
        for (Accepted each : accepted) {
            require(!SimServers.isOpen(each.connection()), "a connection was never hung up on");
            List<SimServers.Begun> begun = driver.begun.getOrDefault(each.connection(), List.of());
            require(begun.size() <= 1, "two programs saw one connection: " + begun);
            require(
                    begun.isEmpty() || numberOf(begun.getFirst()) >= each.version(),
                    "a connection of v" + each.version() + " was served by " + begun);
        }
        counts(stats);
        refusals(stats);
        inOrder();
    }

    private static int numberOf(SimServers.Begun begun) {
        return versionOf(begun.version());
    }

    private static int versionOf(String name) {
        return Integer.parseInt(name.substring(1));
    }

    private void counts(ServiceStats stats) {
        require(stats.accepted() == accepted.size(), stats.accepted() + " accepted, really " + accepted.size());
        long ended = stats.ends().values().stream().mapToLong(it -> it).sum();
        require(ended == accepted.size(), ended + " ends of " + accepted.size() + " connections");
        require(stats.served() == driverSaw(Served.End.CLOSED), stats + ", really " + driver.ends);
        require(stats.timedOut() == driverSaw(Served.End.TIMED_OUT), stats + ", really " + driver.ends);
        require(stats.crashed() == driverSaw(Served.End.CRASHED), stats + ", really " + driver.ends);
        long saw = driver.begun.size();
        require(saw <= ended - stats.refused(), saw + " were seen by programs, " + stats);
    }

    private long driverSaw(Served.End end) {
        return driver.ends.getOrDefault(end, 0);
    }

    private void refusals(ServiceStats stats) {
        boolean troubled = driver.failures > 0 || machines.availablePermits() == 3;
        long noMachine = stats.count(End.NO_CAPACITY) + stats.count(End.INIT_FAILED);
        require(noMachine == 0 || troubled, "refused by a host that can: " + stats);
        long misses = driverSaw(Served.End.NOT_STARTED);
        require(misses >= stats.count(End.NOT_STARTED) * 3, "refused after fewer than three misses: " + stats);
        require(!patient || stats.count(End.DRAINED) + stats.cancelled() == 0, "a patient drain hung up: " + stats);
        service.accessLog()
                .lines()
                .filter(it -> it.contains(" waited_too_long "))
                .forEach(it -> require(
                        Long.parseLong(it.replaceAll(".*waited_ms=(\\d+).*", "$1")) >= waitLimit.toMillis(),
                        "hung up on before its time: " + it));
    }

    /** Whoever came earlier is served earlier, unless a machine of its own was gone, or none came. */
    private void inOrder() {
        long latest = 0;
        for (Accepted each : accepted) {
            List<SimServers.Begun> begun = driver.begun.getOrDefault(each.connection(), List.of());
            if (!begun.isEmpty() && !driver.missed.contains(each.connection())) {
                long at = begun.getFirst().atNanos();
                require(at >= latest, "served before one that came earlier: " + each);
                latest = Math.max(latest, at);
            }
        }
    }
}
