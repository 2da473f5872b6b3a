package mayfly.checks.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** How long a node takes from its command to serving, and what it weighs when nobody calls. */
final class StartBench {
    private StartBench() {}

    static void run(BenchPlace place, Report report) throws IOException {
        Path data = place.scratch().resolve("start");
        NodeProcess.start(place.home(), data).close(); // makes the data directory, and the page cache warm
        int runs = place.count(11);
        long[] micros = new long[runs];
        long[] resident = new long[runs];
        for (int i = 0; i < runs; i++) {
            try (NodeProcess node = NodeProcess.start(place.home(), data);
                    BenchApi api = new BenchApi(node.url())) {
                micros[i] = node.readyMicros();
                api.get("/health");
                resident[i] = node.residentKib();
            }
        }
        Arrays.sort(micros);
        Arrays.sort(resident);
        report.atMost("node: ./mayfly up to serving, median", micros[runs / 2] / 1e3, 700, "ms", runs + " starts");
        report.atMost("node: resident memory when idle, median", resident[runs / 2] / 1024.0, 120, "MiB", "");
    }
}
