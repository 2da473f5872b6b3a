package mayfly.app;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import mayfly.actors.ActorEngine;
import mayfly.actors.EngineTimes;
import mayfly.actors.NodeAddress;
import mayfly.api.Json;
import mayfly.api.Problem;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.gateway.Gateway;
import mayfly.gateway.GatewaySpec;
import mayfly.http.BindException;
import mayfly.http.HttpLimits;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import mayfly.http.Refusal;
import mayfly.http.RefusalRenderer;
import mayfly.machine.GuestRuntime;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.host.HostDriver;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.process.HostProbe;
import mayfly.machine.process.ProcessDriver;
import mayfly.machine.process.ProcessSupervisor;
import mayfly.machine.process.SupervisorSettings;
import mayfly.node.Node;
import mayfly.node.NodeSpec;
import mayfly.store.Store;
import mayfly.store.StoreException;
import mayfly.store.Stores;

/**
 * A node put together by hand, in the order in which its parts need each other, and taken apart in the opposite order.
 * Port first: a node that cannot be reached shall not touch data.
 */
final class RunningNode implements AutoCloseable {
    /** What a busy node has open besides connections of clients. */
    private static final int DESCRIPTORS_OF_NODE = 2_048;

    private interface Closing {
        void close() throws IOException;
    }

    private final Deque<Closing> open = new ArrayDeque<>();
    private final Config config;
    private Runnable prepare = () -> {};

    private RunningNode(Config config) {
        this.config = config;
    }

    /** What was started, for the ready line. */
    record Started(RunningNode running, Node node, HttpServer server) {}

    /** @throws StartException with a complete sentence for the operator; whatever was opened is closed again */
    static Started start(Config config) throws StartException {
        RunningNode running = new RunningNode(config);
        try {
            return running.open();
        } catch (StartException e) {
            running.close();
            throw e;
        } catch (StoreException | MachineException | BindException e) {
            running.close();
            throw new StartException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            running.close();
            throw new StartException("cannot start on " + config.data() + ": " + e, e);
        }
    }

    private Started open() throws StartException, MachineException, BindException, IOException {
        DataDirectory data = DataDirectory.open(config.data());
        open.push(data::close);
        FutureTask<HostReport> probing = new FutureTask<>(() -> HostProbe.runFrom(data.root()));
        Thread.ofVirtual().name("probe").start(probing); // 0.1 s, beside the opening of the store
        Store store =
                config.store().equals("sqlite") ? Stores.embedded(data.root()) : Stores.postgresql(config.store());
        open.push(store::close);
        HostReport probe = await(probing);
        ProcessSupervisor supervisor = ProcessSupervisor.open(
                data.root(), SupervisorSettings.defaults().withCgroups(HostProbe.cgroups(probe)));
        open.push(supervisor::close);
        ProcessDriver driver = ProcessDriver.open(supervisor, data.root(), interpreters(config), probe);
        open.push(driver::close);
        Node node = Node.start(
                nodeSpec(), store, strongestFirst(driver, supervisor, probe), supervisor, Clock.system(), Ids.system());
        open.push(node::close);
        ActorEngine actors = ActorEngine.start(
                store.actors(), Clock.system(), Ids.system(), EngineTimes.DEFAULT, new HostedPrograms(node.tasks()));
        open.push(actors::close);
        HttpServer server = serve(node, actors);
        actors.reachableAt(new NodeAddress(publicUrl(server), config.token()));
        open.push(() -> {
            node.drain();
            actors.drain();
            drain(server);
            server.close();
        });
        Thread.ofVirtual().name("machine-host-start").start(prepare);
        return new Started(this, node, server);
    }

    /** Where runners find this node: as configured, or where it listens. */
    private String publicUrl(HttpServer server) {
        String host = config.listen().host();
        String reachable = host.equals("0.0.0.0") || host.equals("[::]") ? "127.0.0.1" : host;
        return config.publicUrl()
                .orElse("http://" + reachable + ":" + server.address().getPort());
    }

    /** Virtual machines where this host makes them, and processes. */
    private List<MachineDriver> strongestFirst(ProcessDriver processes, ProcessSupervisor supervisor, HostReport probe)
            throws MachineException, IOException {
        if (!KvmDriver.examine(interpreters(config)).usable()) {
            return List.of(processes);
        }
        Path templates = config.data().resolve("templates");
        if (!whyInNode(config, probe).isEmpty()) {
            KvmDriver machines = KvmDriver.open(processes.agents(), interpreters(config), templates);
            open.push(machines::close);
            return List.of(machines, processes);
        }
        Path code = Files.createDirectories(config.data().resolve("code"));
        HostDriver machines = HostDriver.open(
                supervisor, processes.agents(), code, Files.createDirectories(templates), interpreters(config));
        open.push(machines::close);
        prepare = () -> prepare(machines);
        return List.of(machines, processes);
    }

    /** Why virtual machines do not get a process of their own; empty when they do. */
    private static String whyInNode(Config config, HostReport probe) {
        if (config.machinesInNode()) {
            return "machines.host is \"node\"";
        }
        return HostProbe.hasNamespaces(probe) ? "" : "a process cannot be jailed here: namespaces are refused";
    }

    /** Starts the machine host, or finds the one that an earlier node left, when the node has nothing else to do. */
    private static void prepare(HostDriver machines) {
        try {
            machines.prepare();
        } catch (MachineException e) {
            System.getLogger("mayfly.app").log(System.Logger.Level.WARNING, "the machine host does not start", e);
        }
    }

    private void drain(HttpServer server) {
        try {
            server.drain(config.drain());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whoever hurries us gets connections cut
        }
    }

    private static HostReport await(FutureTask<HostReport> probing) throws MachineException {
        try {
            return probing.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof MachineException known
                    ? known
                    : new MachineException("probe: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MachineException("interrupted while probing", e);
        }
    }

    /** What this host gives, found out without a node and without leaving anything behind. */
    static List<HostReport> examine(Config config) throws MachineException {
        try {
            Path scratch = Files.createTempDirectory("mayfly-doctor-");
            try (Closeable _ = () -> delete(scratch)) {
                HostReport probe = HostProbe.runFrom(scratch);
                return List.of(
                        HostDriver.examine(KvmDriver.examine(interpreters(config)), whyInNode(config, probe)),
                        ProcessDriver.examine(interpreters(config), probe));
            }
        } catch (IOException e) {
            throw new MachineException("no directory to examine this host in: " + e.getMessage(), e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static Map<GuestRuntime, Path> interpreters(Config config) {
        Map<GuestRuntime, Path> chosen = new HashMap<>();
        config.python().ifPresent(it -> chosen.put(GuestRuntime.PYTHON3, it));
        config.node().ifPresent(it -> chosen.put(GuestRuntime.NODE, it));
        return chosen;
    }

    private NodeSpec nodeSpec() {
        Config.Pool pool = config.pool();
        return new NodeSpec(
                config.data(),
                config.isolationLeast(),
                pool.machinesMax(),
                pool.idleAfter(),
                pool.healthEvery(),
                pool.machineAgeMax(),
                pool.machineUsesMax(),
                pool.initTimeout(),
                config.keepInvocations(),
                config.drain());
    }

    /** A connection is a descriptor; the JVM has raised the soft limit to the hard one already. */
    private static void tellOfDescriptors() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean host
                && host.getMaxFileDescriptorCount() < Limits.CONNECTIONS_MAX + DESCRIPTORS_OF_NODE) {
            String told =
                    "only " + host.getMaxFileDescriptorCount() + " files may be open, and " + Limits.CONNECTIONS_MAX
                            + " connections need one each: raise the hard limit (ulimit -Hn, LimitNOFILE of systemd) to "
                            + (Limits.CONNECTIONS_MAX + DESCRIPTORS_OF_NODE);
            System.getLogger("mayfly.app").log(System.Logger.Level.WARNING, told);
        }
    }

    private HttpServer serve(Node node, ActorEngine actors) throws BindException, IOException {
        tellOfDescriptors();
        Gateway gateway = new Gateway(
                node, actors, new GatewaySpec(config.token(), config.hosts(), config.functions(), Main.VERSION));
        HttpLimits limits = HttpLimits.DEFAULT
                .withSizes(HttpLimits.DEFAULT.headerBytes(), Limits.REQUEST_BODY_BYTES_MAX)
                .withCounts(Limits.CONNECTIONS_MAX, Limits.CONNECTIONS_MAX);
        open.push(gateway::close);
        HttpServerSpec spec = HttpServerSpec.at(
                        config.listen().host(), config.listen().port())
                .withLimits(limits)
                .withRefusals(RunningNode::problem)
                .withFailures(gateway);
        return HttpServer.start(spec, gateway);
    }

    /** What the server refuses by itself looks like every other failure. */
    private static RefusalRenderer.Page problem(Refusal refusal, String detail) {
        ErrorCode code = switch (refusal.status()) {
            case 413, 431 -> ErrorCode.REQUEST_TOO_LARGE;
            case 503 -> ErrorCode.LIMIT_REACHED;
            case 500 -> ErrorCode.INTERNAL;
            default -> ErrorCode.REQUEST_INVALID;
        };
        return new RefusalRenderer.Page(Problem.MEDIA_TYPE, Json.write(Problem.of(code, detail)));
    }

    /** Stops in the opposite order; a part that fails to stop does not keep the others from it. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (IOException | StoreException e) {
                System.getLogger("mayfly.app").log(System.Logger.Level.WARNING, "a part did not stop properly", e);
            }
        }
    }

    Duration drainTime() {
        return config.drain();
    }
}
