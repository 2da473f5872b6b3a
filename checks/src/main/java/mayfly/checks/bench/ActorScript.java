package mayfly.checks.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The same steps for each engine: every number comes from the same requests to the same runner program. */
final class ActorScript {
    private static final int CREATORS = 16;
    private static final int RUNNING = 1_000;
    private static final int SLOTS = 100_000;
    private static final long WARM_UP_NANOS = 10_000_000_000L;

    private final BenchPlace place;
    private final Path npm;
    private final ActorHost host;
    private final BenchApi api;
    private int lastKey;

    ActorScript(BenchPlace place, Path npm, ActorHost host) {
        this.place = place;
        this.npm = npm;
        this.host = host;
        this.api = new BenchApi(host.url());
    }

    /** Milliseconds, or as the name says; negative when it was not measured. */
    record Numbers(
            double hotMillis,
            double hot32PerSecond,
            double createFirstMillis,
            double firstWakeMillis,
            double laterWakeMillis,
            double serverlessMillis,
            double createdPerSecond,
            double killedSeconds,
            double stoppedSeconds) {}

    Numbers run() throws IOException, InterruptedException {
        try (ActorRunner _ = ActorRunner.start(place, npm, "connect", host.url(), "bench", SLOTS)) {
            awaitPool("bench");
            String hot = create("bench");
            request(hot, "/plain");
            HttpLoad.Report one = load(hot, 1);
            HttpLoad.Report many = load(hot, 32);
            double created = median(createAndFirst());
            List<Double> first = new ArrayList<>();
            List<Double> later = new ArrayList<>();
            wake(first, later);
            double perSecond = createdPerSecond();
            double serverless = median(serverless());
            return new Numbers(
                    one.p50Micros() / 1e3,
                    many.perSecond(),
                    created,
                    median(first),
                    median(later),
                    serverless,
                    perSecond,
                    lost("KILL"),
                    place.quick() ? -1 : lost("STOP"));
        }
    }

    // ---- steps

    /** Until when steps are done without being measured: an engine that was just started compiles, or fills caches. */
    private static long warmUp() {
        return System.nanoTime() + WARM_UP_NANOS;
    }

    private HttpLoad.Report load(String actor, int clients) throws InterruptedException {
        URI url = URI.create(host.url());
        byte[] request = HttpLoad.request("GET", "/gateway/" + actor + "/plain", url.getAuthority(), new byte[0]);
        HttpLoad.Report report = HttpLoad.run(new HttpLoad.Spec(
                new InetSocketAddress(url.getHost(), url.getPort()),
                request,
                clients,
                Duration.ofSeconds(place.quick() ? 2 : 5),
                Duration.ofSeconds(place.seconds()),
                Long.MAX_VALUE));
        System.out.println("   " + host.name() + ", " + clients + " clients: " + report);
        return report;
    }

    private List<Double> createAndFirst() throws IOException {
        List<Double> millis = new ArrayList<>();
        for (long until = warmUp(); System.nanoTime() < until; ) {
            request(create("bench"), "/plain");
        }
        for (int i = 0; i < place.count(100); i++) {
            long begin = System.nanoTime();
            String actor = create("bench");
            request(actor, "/plain");
            millis.add(since(begin));
        }
        return millis;
    }

    /** Each actor sleeps and is woken several times; the first wake of each counts by itself. */
    private void wake(List<Double> first, List<Double> later) throws IOException, InterruptedException {
        for (long until = warmUp(); System.nanoTime() < until; ) {
            String actor = create("bench");
            request(actor, "/sleep");
            awaitAsleep(actor);
            request(actor, "/plain");
        }
        for (int i = 0; i < place.count(20); i++) {
            String actor = create("bench");
            request(actor, "/plain");
            for (int turn = 0; turn < 3; turn++) {
                request(actor, "/sleep");
                awaitAsleep(actor);
                long begin = System.nanoTime();
                request(actor, "/plain");
                (turn == 0 ? first : later).add(since(begin));
            }
        }
    }

    private void awaitAsleep(String actor) throws IOException, InterruptedException {
        while (true) {
            String answer = api.get("/actors?namespace=default&actor_ids=" + actor);
            if (answer.contains("\"sleep_ts\":1") && !answer.contains("\"connectable_ts\":1")) {
                Thread.sleep(20); // asked to is not stopped: what is measured is a wake, not the rest of a stop
                return;
            }
            Thread.sleep(2);
        }
    }

    private List<Double> serverless() throws IOException, InterruptedException {
        List<Double> millis = new ArrayList<>();
        try (ActorRunner endpoint = ActorRunner.start(place, npm, "serve", host.url(), "less", 1)) {
            api.put("/runner-configs/less?namespace=default", """
                    {"datacenters":{"default":{"serverless":{"url":"%s","headers":{},"request_lifespan":300,
                    "slots_per_runner":1,"min_runners":0,"max_runners":1000,"runners_margin":0,
                    "drain_grace_period":10}}}}""".formatted(endpoint.url()));
            Thread.sleep(1_000); // the endpoint's metadata has been looked at
            for (long until = warmUp(); System.nanoTime() < until; ) {
                request(create("less"), "/plain");
            }
            for (int i = 0; i < 20; i++) { // each is slow and varies: fewer say nothing
                long begin = System.nanoTime();
                request(create("less"), "/plain"); // its runner is made to appear from its creation on
                millis.add(since(begin));
            }
            api.delete("/runner-configs/less?namespace=default");
        }
        return millis;
    }

    private double createdPerSecond() throws InterruptedException {
        byte[] body = body("bench", "").getBytes(StandardCharsets.UTF_8);
        URI url = URI.create(host.url());
        HttpLoad.Report report = HttpLoad.run(new HttpLoad.Spec(
                new InetSocketAddress(url.getHost(), url.getPort()),
                HttpLoad.request("POST", "/actors?namespace=default", url.getAuthority(), body),
                CREATORS,
                Duration.ofSeconds(1),
                Duration.ofSeconds(place.seconds()),
                Long.MAX_VALUE));
        System.out.println("   " + host.name() + ", creates: " + report);
        return report.perSecond();
    }

    /** Resident memory over that of an engine which was just started: what it loads to serve its first actor counts. */
    double thousandRunning() throws IOException, InterruptedException {
        double idleMib = residentMib();
        try (ActorRunner _ = ActorRunner.start(place, npm, "connect", host.url(), "bench", SLOTS)) {
            awaitPool("bench");
            for (int i = 0; i < RUNNING; i++) {
                request(create("bench"), "/plain");
            }
            return residentMib() - idleMib;
        }
    }

    /** What so many actors cost that sleep from their creation on, for nobody is there to run them; resident MiB. */
    double sleeping(int count) throws IOException, InterruptedException {
        api.put("/runner-configs/nobody?namespace=default", "{\"datacenters\":{\"default\":{\"normal\":{}}}}");
        byte[] body = "{\"name\":\"bench\",\"runner_name_selector\":\"nobody\",\"crash_policy\":\"sleep\"}"
                .getBytes(StandardCharsets.UTF_8);
        URI url = URI.create(host.url());
        double before = residentMib();
        HttpLoad.Report report = HttpLoad.run(new HttpLoad.Spec(
                new InetSocketAddress(url.getHost(), url.getPort()),
                HttpLoad.request("POST", "/actors?namespace=default", url.getAuthority(), body),
                CREATORS,
                Duration.ZERO,
                Duration.ofMinutes(10),
                count));
        System.out.println("   " + host.name() + ", sleeping: " + report);
        return residentMib() - before;
    }

    /** From the signal until requests to actors of that runner succeed on another one. */
    private double lost(String signal) throws IOException, InterruptedException {
        List<String> actors = new ArrayList<>();
        try (ActorRunner dying = ActorRunner.start(place, npm, "connect", host.url(), "lost" + signal, SLOTS)) {
            awaitPool("lost" + signal);
            for (int i = 0; i < 5; i++) {
                String actor = create("lost" + signal);
                request(actor, "/plain");
                actors.add(actor);
            }
            try (ActorRunner _ = ActorRunner.start(place, npm, "connect", host.url(), "lost" + signal, SLOTS)) {
                dying.signal(signal);
                long begin = System.nanoTime();
                for (String actor : actors) {
                    awaitAnswer(actor);
                }
                return since(begin) / 1e3;
            }
        }
    }

    private void awaitAnswer(String actor) throws InterruptedException {
        long until = System.nanoTime() + 120_000_000_000L;
        while (System.nanoTime() < until) {
            try {
                request(actor, "/plain");
                return;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
    }

    // ---- calls

    private void awaitPool(String pool) throws IOException, InterruptedException {
        while (!api.get("/runners?namespace=default&name=" + pool).contains("\"runner_id\"")) {
            Thread.sleep(20);
        }
        Thread.sleep(200);
    }

    private String create(String pool) throws IOException {
        return BenchApi.field(
                api.post("/actors?namespace=default", body(pool, "\"key\":\"k" + pool + ++lastKey + "\",")),
                "actor_id");
    }

    private static String body(String pool, String key) {
        return "{\"name\":\"bench\"," + key + "\"runner_name_selector\":\"" + pool + "\",\"crash_policy\":\"restart\"}";
    }

    private void request(String actor, String path) throws IOException {
        api.get("/gateway/" + actor + path);
    }

    private double residentMib() throws IOException {
        return NodeProcess.statusKib(host.pid(), "VmRSS:") / 1024.0;
    }

    private static double since(long begin) {
        return (System.nanoTime() - begin) / 1e6;
    }

    static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.isEmpty() ? -1 : sorted.get(sorted.size() / 2);
    }

    void close() {
        api.close();
    }
}
