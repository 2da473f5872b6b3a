package mayfly.checks.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import mayfly.machine.kvm.KvmDriver;

/** Services through a whole node: kept connections, more connections than machines, and processor time. */
final class NodeServiceBench {
    private static final int KEPT_REQUESTS = 100;
    private static final int AT_ONCE = 500;
    private static final int WORKERS = 8;
    private static final String HOST = "127.0.0.1";
    private static final byte[] KEEPING = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSING =
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final BenchPlace place;
    private final Report report;
    private final Path directory;
    private final NodeProcess node;
    private final BenchApi api;

    private NodeServiceBench(BenchPlace place, Report report, Path directory, NodeProcess node, BenchApi api) {
        this.place = place;
        this.report = report;
        this.directory = directory;
        this.node = node;
        this.api = api;
    }

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        if (!KvmDriver.examine(java.util.Map.of()).usable()) {
            report.skipped("services through a node", "no virtual machines here");
            return;
        }
        Path directory = Files.createDirectories(place.scratch().resolve("node-services"));
        try (NodeProcess node = NodeProcess.start(place.home(), place.scratch().resolve("services-node"));
                BenchApi api = new BenchApi(node.url())) {
            NodeServiceBench bench = new NodeServiceBench(place, report, directory, node, api);
            if (ServiceBench.program("python3").isPresent()) {
                String python = ServiceBench.program("python3").get();
                bench.keptConnections(python);
                bench.manyAtOnce(python);
            } else {
                report.skipped("kept connections, many at once", "no python3 here");
            }
            if (ServiceBench.program("gcc").isPresent()) {
                bench.processorTime();
            } else {
                report.skipped("processor time", "no C compiler here");
            }
        }
    }

    /** A process of its own, listening on a port that was free. */
    private record Native(Process process, int port) implements AutoCloseable {
        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    private Native natively(List<String> command) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(HOST))) {
            port = free.getLocalPort();
        }
        List<String> words = new ArrayList<>(command);
        words.add(Integer.toString(port));
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(place.scratch().resolve("native.log").toFile())
                .start();
        ServiceBench.awaitListener(port, process);
        return new Native(process, port);
    }

    /** The port of a service of the node. */
    private int serve(String name, List<String> command) throws IOException {
        List<String> words = new ArrayList<>(command);
        words.add("8000");
        String program = words.stream().map(word -> '"' + word + '"').collect(Collectors.joining(","));
        String answer = api.post(
                "/api/v1/services",
                "{\"name\":\"%s\",\"program\":[%s],\"directory\":\"%s\",\"allow_read\":[\"%s\"],\"workers\":%d,\"warmup\":100}"
                        .formatted(name, program, directory, directory, WORKERS));
        String address = BenchApi.field(answer, "address");
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private List<String> python(String python, String file) throws IOException {
        return List.of(
                python,
                Files.write(directory.resolve(file), BenchPlace.resource(file)).toString());
    }

    // ---- kept connections ----

    private void keptConnections(String python) throws IOException, InterruptedException {
        List<String> command = python(python, "keep_alive_server.py");
        try (Native alone = natively(command)) {
            int service = serve("kept", command);
            keep(service, 3);
            keep(alone.port(), 1);
            double theirs = 0;
            double ours = 0;
            for (int turn = 0; turn < 2; turn++) {
                theirs += keep(alone.port(), place.seconds()) / 2;
                ours += keep(service, place.seconds()) / 2;
            }
            report.note("python, 100 requests per connection, long running", theirs, "req/s", "1 client");
            report.atLeast(
                    "the same, a machine for each connection, of that",
                    100 * ours / theirs,
                    60,
                    "%",
                    "%.0f req/s".formatted(ours));
        }
    }

    /** Requests a second of one client that opens a new connection for every hundred. */
    private static double keep(int port, int seconds) throws IOException {
        long begin = System.nanoTime();
        long until = begin + seconds * 1_000_000_000L;
        long count = 0;
        while (System.nanoTime() < until) {
            try (Socket socket = new Socket(InetAddress.ofLiteral(HOST), port)) {
                socket.setTcpNoDelay(true);
                InputStream answers = new BufferedInputStream(socket.getInputStream());
                for (int i = 0; i < KEPT_REQUESTS; i++) {
                    socket.getOutputStream().write(KEEPING);
                    readAnswer(answers);
                    count++;
                }
            }
        }
        return count * 1e9 / (System.nanoTime() - begin);
    }

    /** A head, and the five bytes that these servers answer. */
    private static void readAnswer(InputStream in) throws IOException {
        int newlines = 0;
        while (newlines < 2) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the server closed a connection that it was to keep");
            }
            newlines = next == '\n' ? newlines + 1 : next == '\r' ? newlines : 0;
        }
        if (!new String(in.readNBytes(5), StandardCharsets.US_ASCII).equals("hello")) {
            throw new IOException("a bad answer");
        }
    }

    // ---- more connections than machines ----

    private void manyAtOnce(String python) throws IOException, InterruptedException {
        int port = serve("many", python(python, "http_server.py"));
        ServiceBench.request(port);
        long before = node.residentKib();
        int answered = offer(port);
        long peak = NodeProcess.statusKib(node.pid(), "VmHWM:");
        String stats = api.get("/api/v1/services/many");
        long refused = Long.parseLong(BenchApi.field(stats, "refused"));
        report.atLeast(
                AT_ONCE + " connections at once, 8 workers: served or refused by name",
                (double) (answered + refused),
                AT_ONCE,
                "",
                answered + " served, " + refused + " refused");
        report.note(
                "the same: resident memory of the node, at most",
                peak / 1024.0,
                "MiB",
                before / 1024 + " before, machines for themselves "
                        + (Long.parseLong(BenchApi.field(stats, "private_bytes")) >> 20));
    }

    /** How many of that many clients, who all connect before any sends, are answered. */
    private static int offer(int port) throws InterruptedException {
        CountDownLatch connected = new CountDownLatch(AT_ONCE);
        int answered = 0;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                all.add(clients.submit(() -> {
                    try (Socket socket = new Socket(InetAddress.ofLiteral(HOST), port)) {
                        connected.countDown();
                        connected.await();
                        socket.getOutputStream().write(CLOSING);
                        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                                .endsWith("hello");
                    } finally {
                        connected.countDown(); // whoever could not connect keeps nobody
                    }
                }));
            }
            for (Future<Boolean> each : all) {
                try {
                    answered += each.get() ? 1 : 0;
                } catch (ExecutionException lost) { // counted as not answered
                    assert lost.getCause() instanceof IOException : lost;
                }
            }
        }
        return answered;
    }

    // ---- processor time ----

    private void processorTime() throws IOException, InterruptedException {
        Path program = Files.move(place.compile("epoll"), directory.resolve("epoll"));
        int requests = place.count(15_000);
        try (Native forking = natively(List.of(program.toString(), "fork"))) {
            int service = serve("epoll", List.of(program.toString(), "epoll"));
            micros(service, node.pid(), requests);
            double theirs = 0;
            double ours = 0;
            for (int turn = 0; turn < 2; turn++) {
                theirs += micros(forking.port(), forking.process().pid(), requests) / 2;
                ours += micros(service, node.pid(), requests) / 2;
            }
            report.note("C server that forks: processor time per connection", theirs, "us", "");
            report.atMost(
                    "C epoll server as a service: the same, of that",
                    ours / theirs,
                    1.2,
                    "x",
                    "%.0f us".formatted(ours));
        }
    }

    private static double micros(int port, long pid, int requests) throws IOException {
        long begin = NodeProcess.processorMillis(pid);
        for (int i = 0; i < requests; i++) {
            ServiceBench.request(port);
        }
        return (NodeProcess.processorMillis(pid) - begin) * 1e3 / requests;
    }
}
