package mayfly.checks.services;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import mayfly.base.Clock;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;
import mayfly.machine.kvm.KvmDriver;
import mayfly.node.ServicePlace;
import mayfly.node.ServiceSettings;
import mayfly.node.ServiceShell;

/** A host for services of one Python server, which counts its requests in a global. */
final class ServiceBed implements AutoCloseable {
    static final String COUNTER = """
            import http.server, os, sys, time
            count = 0
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    global count
                    count += 1
                    if self.path == "/crash":
                        os._exit(3)
                    if self.path == "/hang":
                        while True: time.sleep(1)
                    if self.path == "/fill":
                        self.server.filled = b"x" * (20 << 20)
                    print("request", self.path, flush=True)
                    body = b"%s %d" % (VERSION, count)
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *args):
                    pass
            VERSION = b"count"
            http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
            """;

    private final Path directory;
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    final Semaphore machines = new Semaphore(64);
    final MachineDriver driver;
    private final Runnable stop;
    final ServicePlace place;

    /** With virtual machines; skips the test where there are none. */
    ServiceBed(Path directory) throws Exception {
        this(directory, virtualMachines(directory), () -> {});
    }

    private static MachineDriver virtualMachines(Path directory) throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "skipped: no virtual machines here: "
                        + report.features().getFirst().detail());
        return KvmDriver.open(directory, Map.of());
    }

    /**
     * @param driver closed with the bed
     * @param stop what is to be done after that
     */
    ServiceBed(Path directory, MachineDriver driver, Runnable stop) {
        this.directory = directory;
        this.driver = driver;
        this.stop = stop;
        place = new ServicePlace(
                Clock.system(), timers, machines, directory, Duration.ofSeconds(30), Duration.ofHours(1));
    }

    /** A service that scales to zero after minutes. */
    ServiceSettings settings(int workers) throws IOException {
        return settings(1, "count", workers, 256, Duration.ofMinutes(5));
    }

    /** A connection is served for at most so long. */
    ServiceSettings limited(Duration limit) throws IOException {
        return settings(1, "count", 2, 64, Duration.ofSeconds(60), limit, Duration.ofMinutes(5));
    }

    /** A connection waits for at most so long. */
    ServiceSettings waiting(Duration limit, int workers, int waitingMax) throws IOException {
        return settings(1, "count", workers, waitingMax, limit, Duration.ofSeconds(30), Duration.ofMinutes(5));
    }

    ServiceSettings settings(int version, String word, int workers, int waitingMax, Duration idleAfter)
            throws IOException {
        return settings(version, word, workers, waitingMax, Duration.ofSeconds(60), Duration.ofSeconds(30), idleAfter);
    }

    private ServiceSettings settings(
            int version,
            String word,
            int workers,
            int waitingMax,
            Duration waitLimit,
            Duration connectionLimit,
            Duration idleAfter)
            throws IOException {
        String file = "app" + version + ".py";
        Files.writeString(directory.resolve(file), COUNTER.replace("b\"count\"", "b\"" + word + "\""));
        ServiceSpec template = new ServiceSpec(
                "counter@" + version,
                List.of("/usr/bin/python3", file),
                Map.of(),
                directory.toString(),
                Reach.readOnly(directory),
                false,
                8000,
                0,
                128 << 20,
                16,
                Duration.ofSeconds(30));
        return new ServiceSettings(
                "counter",
                version,
                template,
                new ServiceSettings.Listen.Tcp(InetAddress.ofLiteral("127.0.0.1"), 0),
                workers,
                waitingMax,
                waitLimit,
                connectionLimit,
                idleAfter);
    }

    /** An unmodified program with at most four machines; what it may read besides the system is its directory. */
    ServiceShell serve(String... program) throws Exception {
        ServiceSpec template = new ServiceSpec(
                "shown@1",
                List.of(program),
                Map.of("PATH", "/usr/bin:/bin", "HOME", "/tmp"),
                directory.toString(),
                Reach.readOnly(directory),
                false,
                0,
                0,
                256 << 20,
                4,
                Duration.ofSeconds(60));
        return start(new ServiceSettings(
                "shown",
                1,
                template,
                new ServiceSettings.Listen.Tcp(InetAddress.ofLiteral("127.0.0.1"), 0),
                4,
                64,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                Duration.ofMinutes(5)));
    }

    ServiceShell start(ServiceSettings settings) throws Exception {
        return ServiceShell.start(settings, driver, place);
    }

    @Override
    public void close() {
        driver.close();
        timers.shutdownNow();
        stop.run();
    }
}
