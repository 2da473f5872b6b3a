package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Starting commands, what watching them weighs, and finding them again. */
final class TaskBench {
    private static final int MANY = 1000;
    private static final int WARM_UP = 300;

    private TaskBench() {}

    static void run(BenchPlace place, Report report) throws IOException {
        Path data = place.scratch().resolve("tasks");
        Path clock = place.compile("print_clock");
        Path waiter = place.compile("wait_forever");
        NodeProcess node = NodeProcess.start(place.home(), data);
        double empty = node.readyMicros() / 1e6;
        int many = place.quick() ? MANY / 5 : MANY;
        try (BenchApi api = new BenchApi(node.url())) {
            firstInstruction(place, report, api, clock);
            for (int i = 0; i < many; i++) {
                api.post("/api/v1/tasks", "{\"command\":[\"" + waiter + "\"]}");
            }
            List<Long> monitors = monitors(data);
            double pss = 0;
            for (long monitor : monitors) {
                pss += pssKib(monitor);
            }
            report.atMost(
                    "monitor: proportional memory (PSS) each",
                    pss / monitors.size(),
                    32,
                    "KiB",
                    monitors.size() + " alive");
        }
        node.kill();
        NodeProcess again = NodeProcess.start(place.home(), data);
        try (BenchApi api = new BenchApi(again.url())) {
            int running = count(api.get("/api/v1/tasks?status=running&limit=1000"));
            report.atMost(
                    "node: kill -9, start to serving with " + many + " tasks found again",
                    again.readyMicros() / 1e6,
                    1,
                    "s",
                    String.format(
                            java.util.Locale.ROOT,
                            "%d of %d running; a start without tasks took %.2f s",
                            running,
                            many,
                            empty));
            killAll(api);
        } finally {
            again.close();
        }
    }

    private static void firstInstruction(BenchPlace place, Report report, BenchApi api, Path clock) throws IOException {
        int runs = place.count(300);
        long[] micros = new long[runs];
        // the JVM compiles its hot paths once per start, as in production: measured is the state after that
        for (int i = -WARM_UP; i < runs; i++) {
            Instant asked = Instant.now();
            String id = BenchApi.field(api.post("/api/v1/tasks", "{\"command\":[\"" + clock + "\"]}"), "id");
            String printed = printed(api, id);
            long first = Long.parseLong(printed.strip()) / 1000;
            long begin = asked.getEpochSecond() * 1_000_000 + asked.getNano() / 1000;
            if (i >= 0) {
                micros[i] = first - begin;
            }
            awaitEnd(api, id); // its end is written to disk, which must not be in the way of the next one
        }
        Arrays.sort(micros);
        report.atMost(
                "task: REST call to first instruction, p50",
                micros[runs / 2] / 1e3,
                3,
                "ms",
                String.format(
                        java.util.Locale.ROOT, "p99 %.2f ms, durable record included", micros[runs * 99 / 100] / 1e3));
    }

    private static void awaitEnd(BenchApi api, String id) throws IOException {
        while (api.get("/api/v1/tasks/" + id).contains("\"status\":\"running\"")) {
            Thread.onSpinWait();
        }
    }

    private static String printed(BenchApi api, String id) throws IOException {
        return api.get("/api/v1/tasks/" + id + "/logs?follow=true");
    }

    /** The monitors' process ids, from the pid files that PROTOCOL.md section 5 describes. */
    private static List<Long> monitors(Path data) throws IOException {
        List<Long> monitors = new ArrayList<>();
        try (Stream<Path> directories = Files.list(data.resolve("supervised"))) {
            for (Path directory : directories.toList()) {
                Path pid = directory.resolve("pid");
                if (Files.exists(pid)) {
                    String[] fields = Files.readString(pid, StandardCharsets.UTF_8)
                            .strip()
                            .split(" +", -1);
                    monitors.add(Long.parseLong(fields[3]));
                }
            }
        }
        return monitors;
    }

    private static double pssKib(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            if (line.startsWith("Pss:")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("no Pss for process " + pid);
    }

    private static int count(String page) {
        return page.split("\"id\":\"task_", -1).length - 1;
    }

    private static void killAll(BenchApi api) throws IOException {
        String page = api.get("/api/v1/tasks?status=running&limit=1000");
        for (String part : page.split("\"id\":\"", -1)) {
            if (part.startsWith("task_")) {
                api.post("/api/v1/tasks/" + part.substring(0, part.indexOf('"')) + "/kill", "{\"signal\":\"KILL\"}");
            }
        }
    }
}
