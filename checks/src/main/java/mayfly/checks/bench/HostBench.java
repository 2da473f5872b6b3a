package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import mayfly.agents.AgentFiles;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.SupervisedState;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import mayfly.machine.host.HostDriver;
import mayfly.machine.kvm.KvmDriver;
import mayfly.machine.process.ProcessSupervisor;

/** What it costs that virtual machines live in a process of their own: the same calls with the driver in this process. */
final class HostBench {
    private static final int ROUNDS = 5;
    private static final int CLIENTS = 8;
    private static final long MEMORY_BYTES = 128L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Between two calls of a client, as other work of a node takes: the machine before it is being reset. */
    private static final long GAP_NANOS = 300_000;

    private static final double MICROS = 1e3;

    private final BenchPlace place;
    private final Report report;
    private final Ids ids = Ids.system();

    private HostBench(BenchPlace place, Report report) {
        this.place = place;
        this.report = report;
    }

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        if (!KvmDriver.examine(Map.of()).usable()) {
            report.skipped("machine host", "no virtual machines here");
            return;
        }
        try {
            new HostBench(place, report).compare();
        } catch (MachineException | InitFailedException | ExecutionException e) {
            throw new IOException(e);
        }
    }

    private void compare()
            throws IOException, MachineException, InitFailedException, InterruptedException, ExecutionException {
        Path data = Files.createDirectory(place.scratch().resolve("host-data"));
        Path agents = Files.createDirectory(data.resolve("agents"));
        for (String name : AgentFiles.names()) {
            Files.write(agents.resolve(name), AgentFiles.bytes(name));
        }
        Path code = Files.createDirectories(data.resolve("code/echo"));
        Files.writeString(code.resolve("app.py"), "def handle(event):\n    return event\n");
        for (Path each : List.of(agents, code, data.resolve("code"))) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        TemplateSpec spec = new TemplateSpec(
                "bench@1", GuestRuntime.PYTHON3, "app.handle", code, Map.of(), MEMORY_BYTES, CLIENTS, false, PATIENCE);
        Path templates = Files.createDirectory(data.resolve("templates"));
        long begin = System.nanoTime();
        try (ProcessSupervisor supervisor = ProcessSupervisor.open(data);
                HostDriver host = HostDriver.open(supervisor, agents, data.resolve("code"), templates, Map.of());
                MachineDriver here = KvmDriver.open(agents, Map.of())) {
            host.prepare();
            report.note("machine host started", (System.nanoTime() - begin) / 1e6, "ms", "jailed, to its first answer");
            report.note("  its memory, idle", residentMib(supervisor), "MiB", "RSS");
            try (Template inHost = host.boot(spec);
                    Template inProcess = here.boot(spec)) {
                compare(inProcess, inHost);
            }
            report.note("  its memory, after " + CLIENTS + " machines", residentMib(supervisor), "MiB", "RSS");
        }
    }

    /** In turns, so that both see the same noise. */
    private void compare(Template inProcess, Template inHost)
            throws MachineException, InterruptedException, ExecutionException {
        for (int clients : List.of(1, CLIENTS)) {
            Latencies direct = new Latencies();
            Latencies hosted = new Latencies();
            int count = place.count(2_000);
            for (int round = -2; round < ROUNDS; round++) {
                Latencies[] both = {calls(inProcess, clients, count), calls(inHost, clients, count)};
                if (round >= 0) {
                    direct.add(both[0]);
                    hosted.add(both[1]);
                }
            }
            String who = clients == 1 ? "1 client" : clients + " clients";
            for (double share : new double[] {0.5, 0.99}) {
                String which = share < 0.9 ? "p50" : "p99";
                double here = direct.quantileNanos(share) / MICROS;
                double there = hosted.quantileNanos(share) / MICROS;
                report.note("fresh Python call, driver in the node, " + who + ", " + which, here, "us", "");
                report.note("  in the machine host", there, "us", "");
                if (clients == 1 && share < 0.9) {
                    report.atMost("  what the machine host adds", there - here, 80, "us", "");
                }
            }
        }
    }

    private Latencies calls(Template template, int clients, int count)
            throws MachineException, InterruptedException, ExecutionException {
        Latencies all = new Latencies();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Latencies>> running = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                running.add(threads.submit(() -> calls(template, count / clients)));
            }
            for (Future<Latencies> each : running) {
                all.add(each.get());
            }
        }
        return all;
    }

    private Latencies calls(Template template, int count) throws MachineException {
        byte[] payload = "{\"n\":1}".getBytes(StandardCharsets.US_ASCII);
        Latencies taken = new Latencies();
        for (int i = 0; i < count; i++) {
            long begin = System.nanoTime();
            try (Machine machine = template.fork()) {
                Outcome outcome = machine.exec(new Work(ids.invocation(), payload, true, PATIENCE, LogSink.NONE));
                if (!(outcome instanceof Outcome.Success)) {
                    throw new MachineException("the call ended with " + outcome);
                }
                taken.record(System.nanoTime() - begin);
            }
            LockSupport.parkNanos(GAP_NANOS);
        }
        return taken;
    }

    private static double residentMib(ProcessSupervisor supervisor) throws IOException {
        for (String name : supervisor.names()) {
            if (supervisor.inspect(name) instanceof SupervisedState.Running running) {
                for (ProcessHandle process : ProcessHandle.of(running.pid()).stream()
                        .flatMap(ProcessHandle::descendants)
                        .toList()) {
                    double mib = residentMib(Path.of("/proc/" + process.pid() + "/status"));
                    if (mib > 10) { // the other one is the sandbox's init
                        return mib;
                    }
                }
            }
        }
        return 0;
    }

    private static double residentMib(Path status) throws IOException {
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                .sum();
    }
}
