package mayfly.checks.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.process.ProcessDriver;
import mayfly.machine.process.ProcessSupervisor;

/**
 * A new connection for every request, one client: servers that run for long, a C server that forks for each connection, and
 * the same programs as services whose machines serve one connection each.
 */
final class ServiceBench {
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String LOOPBACK = "127.0.0.1";
    private static final double C_MILLIS = 0.35;

    private final BenchPlace place;
    private final Report report;
    private final int requests;

    private ServiceBench(BenchPlace place, Report report) {
        this.place = place;
        this.report = report;
        requests = place.count(3_000);
    }

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        if (!KvmDriver.examine(Map.of()).usable()) {
            report.skipped("services", "no virtual machines here");
            return;
        }
        new ServiceBench(place, report).all();
    }

    private record Server(String name, List<String> command, double targetMillis) {}

    private void all() throws IOException, InterruptedException {
        Path directory = Files.createDirectories(place.scratch().resolve("services"));
        List<Server> servers = new ArrayList<>();
        if (program("gcc").isPresent()) {
            Path c = Files.move(place.compile("epoll"), directory.resolve("epoll"));
            Latencies forking = natively(List.of(c.toString(), "fork"));
            report.note("C server that forks for each connection, p50", millis(forking), "ms", rate(forking));
            servers.add(new Server("C epoll server", List.of(c.toString(), "epoll"), C_MILLIS));
        } else {
            report.skipped("C servers", "no C compiler here");
        }
        program("python3").ifPresent(python -> {
            servers.add(new Server("python http.server", List.of(python, copy(directory, "http_server.py")), 1.0));
            servers.add(new Server("python asyncio", List.of(python, copy(directory, "asyncio_server.py")), 1.0));
        });
        program("node")
                .ifPresent(node ->
                        servers.add(new Server("node http", List.of(node, copy(directory, "http_server.js")), 1.3)));
        for (Server server : servers) {
            Latencies alone = natively(server.command());
            report.note(server.name() + ", long running, p50", millis(alone), "ms", rate(alone));
            asServices(directory, server);
        }
    }

    private void asServices(Path directory, Server server) throws IOException, InterruptedException {
        String name = server.name() + ", a machine for each connection";
        try {
            Latencies ours;
            try (KvmDriver driver = KvmDriver.open(directory, Map.of())) {
                ours = asService(directory, server, driver);
            }
            report.atMost(name + ", p50", millis(ours), server.targetMillis(), "ms", rate(ours));
            if (server.targetMillis() > C_MILLIS) { // which is static: nothing can be loaded into it
                againstProcesses(directory, server, ours);
            }
        } catch (InitFailedException e) {
            report.skipped(name, e.error().toString());
        } catch (MachineException e) {
            report.skipped(name, String.valueOf(e.getMessage()));
        }
    }

    private void againstProcesses(Path directory, Server server, Latencies ours)
            throws IOException, InterruptedException, InitFailedException, MachineException {
        Path data = Files.createDirectories(place.scratch().resolve("processes"));
        HostReport host = new HostReport("process", true, "full", List.of());
        Latencies theirs;
        try (ProcessSupervisor supervisor = ProcessSupervisor.open(data);
                ProcessDriver driver = ProcessDriver.open(supervisor, data, Map.of(), host)) {
            theirs = asService(directory, server, driver);
        }
        report.note(server.name() + ", a process for each connection, p50", millis(theirs), "ms", rate(theirs));
        double times = theirs.meanNanos() / ours.meanNanos();
        report.atLeast(server.name() + ", machines to processes, throughput", times, 2, "x", "");
    }

    private static double millis(Latencies latencies) {
        return latencies.quantileNanos(0.5) / 1e6;
    }

    private static String rate(Latencies latencies) {
        return String.format("p99 %.2f", latencies.quantileNanos(0.99) / 1e6);
    }

    private Latencies natively(List<String> command) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            port = free.getLocalPort();
        }
        List<String> words = new ArrayList<>(command);
        words.add(Integer.toString(port));
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(place.scratch().resolve("server.log").toFile())
                .start();
        try {
            awaitListener(port, process);
            return load(port);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    static void awaitListener(int port, Process process) throws IOException, InterruptedException {
        for (int tries = 0; ; tries++) {
            try {
                request(port);
                return;
            } catch (IOException notYet) {
                if (tries == 200 || !process.isAlive()) {
                    throw notYet;
                }
                Thread.sleep(25);
            }
        }
    }

    @SuppressWarnings("try") // the listener is closed first, so that who accepts ends
    private Latencies asService(Path directory, Server server, MachineDriver driver)
            throws IOException, InitFailedException, MachineException, InterruptedException {
        List<String> words = new ArrayList<>(server.command());
        words.add("8000");
        ServiceSpec spec = new ServiceSpec(
                "bench@1",
                words,
                Map.of(),
                directory.toString(),
                Reach.readOnly(directory),
                false,
                0,
                100,
                256 << 20,
                4,
                Duration.ofSeconds(30));
        try (Template template = driver.boot(spec);
                ConnectionListener listener = ConnectionListener.tcp(InetAddress.ofLiteral(LOOPBACK), 0, 64)) {
            Thread accepting = Thread.ofPlatform().name("accept").start(() -> accept(listener, template));
            try {
                String address = listener.address();
                return load(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
            } finally {
                listener.close();
                accepting.join();
            }
        }
    }

    private static void accept(ConnectionListener listener, Template template) {
        try {
            for (Connection next = listener.accept(); next != null; next = listener.accept()) {
                begin(template, next);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a node does: from the thread that accepted it. */
    private static void begin(Template template, Connection connection) {
        try {
            Machine machine = template.fork();
            var _ = machine.begin(connection, Duration.ofSeconds(30), LogSink.NONE)
                    .whenCompleteAsync(
                            (_, _) -> machine.close(),
                            ended -> Thread.ofVirtual().start(ended));
        } catch (MachineException e) {
            connection.close();
        }
    }

    private Latencies load(int port) throws IOException {
        Latencies latencies = new Latencies();
        for (int i = -requests / 3; i < requests; i++) {
            long begin = System.nanoTime();
            request(port);
            if (i >= 0) {
                latencies.record(System.nanoTime() - begin);
            }
        }
        return latencies;
    }

    static void request(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral(LOOPBACK), port)) {
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(REQUEST);
            byte[] answer = socket.getInputStream().readAllBytes();
            if (answer.length < 20 || answer[9] != '2') {
                throw new IOException("a bad answer of " + answer.length + " bytes");
            }
        }
    }

    static Optional<String> program(String name) {
        for (String directory : List.of("/usr/local/bin", "/usr/bin")) {
            if (Files.isExecutable(Path.of(directory, name))) {
                return Optional.of(directory + "/" + name);
            }
        }
        return Optional.empty();
    }

    private static String copy(Path directory, String name) {
        try {
            return Files.write(directory.resolve(name), BenchPlace.resource(name))
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
