package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mayfly.agents.AgentFiles;
import mayfly.base.Ids;
import mayfly.machine.GuestRuntime;
import mayfly.machine.InitFailedException;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.Work;
import mayfly.machine.kvm.KvmDriver;

/**
 * What one more idle machine of a trivial Python function takes: pages of this process that nobody shares, Java's heap among
 * them, and what the kernel keeps. The kernel's figures are the whole host's.
 */
final class IdleMemory {
    private static final int MACHINES = 64;
    private static final List<String> KERNEL =
            List.of("SUnreclaim", "KernelStack", "PageTables", "SecPageTables", "Percpu");

    /** KiB for each machine. */
    record Result(double processKib, double kernelKib, String parts) {}

    private IdleMemory() {}

    static Result measure(Path scratch) throws IOException, MachineException, InitFailedException {
        Path agents = Files.createDirectory(scratch.resolve("agents"));
        for (String name : AgentFiles.names()) {
            Files.write(agents.resolve(name), AgentFiles.bytes(name));
        }
        Path code = Files.createDirectory(scratch.resolve("trivial"));
        Files.writeString(code.resolve("app.py"), "def handler(event):\n    return event\n");
        TemplateSpec spec = new TemplateSpec(
                "trivial",
                GuestRuntime.PYTHON3,
                "app.handler",
                code,
                Map.of(),
                128L << 20,
                2 * MACHINES,
                false,
                Duration.ofSeconds(30));
        try (KvmDriver driver = KvmDriver.open(agents, Map.of());
                Template template = driver.boot(spec)) {
            List<Machine> machines = new ArrayList<>();
            fork(template, machines, MACHINES / 4); // whatever is only made once
            Map<String, Long> before = now();
            fork(template, machines, MACHINES);
            Map<String, Long> after = now();
            machines.forEach(Machine::close);
            double process = each(before, after, "Private_Clean") + each(before, after, "Private_Dirty");
            double kernel = 0;
            StringBuilder parts = new StringBuilder(Math.round(process) + " process");
            for (String part : KERNEL) {
                double kib = each(before, after, part);
                kernel += kib;
                parts.append(", ").append(Math.round(kib)).append(' ').append(part);
            }
            return new Result(process, kernel, parts.toString());
        }
    }

    /** New machines that have served and were put back. */
    private static void fork(Template template, List<Machine> all, int count) throws MachineException {
        List<Machine> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(template.fork());
        }
        byte[] payload = "{\"name\":\"idle\"}".getBytes(StandardCharsets.US_ASCII);
        for (Machine machine : made) {
            Outcome outcome = machine.exec(
                    new Work(Ids.system().invocation(), payload, true, Duration.ofSeconds(30), LogSink.NONE));
            if (!(outcome instanceof Outcome.Success)) {
                throw new MachineException("a trivial call ended with " + outcome);
            }
        }
        all.addAll(made); // not closed yet: each keeps a shell of its own
    }

    private static double each(Map<String, Long> before, Map<String, Long> after, String key) {
        return (double) (after.getOrDefault(key, 0L) - before.getOrDefault(key, 0L)) / MACHINES;
    }

    private static Map<String, Long> now() throws IOException {
        System.gc();
        Map<String, Long> values = new java.util.TreeMap<>();
        for (String file : List.of("/proc/meminfo", "/proc/self/smaps_rollup")) {
            for (String line : Files.readAllLines(Path.of(file))) {
                String[] words = line.split(":?\\s+", -1);
                if (words.length >= 3 && words[2].equals("kB")) {
                    values.put(words[0], Long.parseLong(words[1]));
                }
            }
        }
        return values;
    }
}
