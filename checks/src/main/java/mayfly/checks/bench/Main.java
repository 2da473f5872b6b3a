package mayfly.checks.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code mayfly bench [start|functions|tasks|store|kvm|services|actors ...] [--quick]}: measures the promises of SPEC.md on this
 * machine and says which were kept. Every comparison is made within one run; nothing here fails because of a number.
 */
public final class Main {
    private static final List<String> ALL =
            List.of("start", "functions", "tasks", "store", "kvm", "services", "actors");

    private Main() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> subjects = new ArrayList<>(List.of(arguments));
        boolean quick = subjects.remove("--quick");
        if (subjects.isEmpty()) {
            subjects.addAll(ALL);
        }
        for (String subject : subjects) {
            if (!ALL.contains(subject)) {
                System.err.println("mayfly: there is no benchmark '" + subject + "'; there are "
                        + String.join(", ", ALL) + ", and --quick for shorter runs");
                System.exit(2);
            }
        }
        Path home = Path.of(System.getProperty("mayfly.launcher", "./mayfly"))
                .toAbsolutePath()
                .resolveSibling("");
        Path scratch = Files.createTempDirectory(scratchRoot(), "mayfly-bench-");
        Report report = new Report();
        BenchPlace place = new BenchPlace(home, scratch, quick);
        try {
            for (String subject : subjects) {
                System.out.println("-- " + subject);
                switch (subject) {
                    case "start" -> StartBench.run(place, report);
                    case "functions" -> FunctionBench.run(place, report);
                    case "tasks" -> TaskBench.run(place, report);
                    case "kvm" -> {
                        KvmBench.run(place, report);
                        HostBench.run(place, report);
                    }
                    case "services" -> {
                        ServiceBench.run(place, report);
                        NodeServiceBench.run(place, report);
                    }
                    case "actors" -> ActorBench.run(place, report);
                    case "store" -> StoreBench.run(place, report);
                    default -> throw new AssertionError(subject);
                }
            }
        } finally {
            place.delete();
        }
        report.printMarkdown();
        System.exit(0);
    }

    /** A disk and not a tmpfs: fsync must mean something. */
    private static Path scratchRoot() throws IOException {
        Path choice = Path.of(System.getenv().getOrDefault("MAYFLY_BENCH_DIR", "/var/tmp"));
        return Files.createDirectories(choice);
    }
}
