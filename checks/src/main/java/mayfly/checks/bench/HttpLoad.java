package mayfly.checks.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A closed-loop HTTP/1.1 load generator: each client keeps one connection and sends its next request when the last
 * answer is complete. One platform thread per client with blocking reads; sending and reading allocate nothing, so that
 * it disturbs a server on the same cores little.
 */
public final class HttpLoad {
    /**
     * What to do.
     *
     * @param request the exact bytes of one request
     * @param clients 1 .. 10,000
     * @param warmUp not reported
     * @param duration measured time at most
     * @param requestsMax measured requests at most; Long.MAX_VALUE for no such end
     */
    public record Spec(
            InetSocketAddress address,
            byte[] request,
            int clients,
            Duration warmUp,
            Duration duration,
            long requestsMax) {}

    /**
     * What happened after the warm-up.
     *
     * @param count complete answers
     * @param statuses answers by status
     * @param failures connections refused or broken within an exchange, by message
     */
    public record Report(
            long count,
            double seconds,
            double perSecond,
            double p50Micros,
            double p90Micros,
            double p99Micros,
            double maxMicros,
            Map<Integer, Long> statuses,
            Map<String, Long> failures) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d requests in %.1f s: %.0f/s, p50 %.0f us, p90 %.0f us, p99 %.0f us, max %.0f us, status %s%s",
                    count,
                    seconds,
                    perSecond,
                    p50Micros,
                    p90Micros,
                    p99Micros,
                    maxMicros,
                    statuses,
                    failures.isEmpty() ? "" : ", failures " + failures);
        }
    }

    private HttpLoad() {}

    /** Runs to the end and reports. */
    public static Report run(Spec spec) throws InterruptedException {
        long measureFrom = System.nanoTime() + spec.warmUp().toNanos();
        long stopAt = measureFrom + spec.duration().toNanos();
        AtomicLong budget = new AtomicLong(spec.requestsMax());
        CountDownLatch ended = new CountDownLatch(spec.clients());
        List<LoadClient> clients = new ArrayList<>();
        for (int i = 0; i < spec.clients(); i++) {
            LoadClient client = new LoadClient(spec.address(), spec.request(), measureFrom, stopAt, budget);
            clients.add(client);
            Thread.ofPlatform().name("load-" + i).daemon(true).start(() -> {
                try {
                    client.run();
                } finally {
                    ended.countDown();
                }
            });
        }
        ended.await();
        return report(clients, measureFrom);
    }

    private static Report report(List<LoadClient> clients, long measureFrom) {
        Latencies all = new Latencies();
        Map<Integer, Long> statuses = new TreeMap<>();
        Map<String, Long> failures = new TreeMap<>();
        long last = measureFrom;
        for (LoadClient client : clients) {
            all.add(client.latencies());
            client.statuses().forEach((status, count) -> statuses.merge(status, count, Long::sum));
            client.failures().forEach((message, count) -> failures.merge(message, count, Long::sum));
            last = Math.max(last, client.lastAnswer());
        }
        double seconds = (last - measureFrom) / 1e9;
        return new Report(
                all.count(),
                seconds,
                seconds == 0 ? 0 : all.count() / seconds,
                all.quantileNanos(0.5) / 1e3,
                all.quantileNanos(0.9) / 1e3,
                all.quantileNanos(0.99) / 1e3,
                all.maxNanos() / 1e3,
                statuses,
                failures);
    }

    /** The bytes of one request; an empty body sends none. */
    public static byte[] request(String method, String target, String host, byte[] body) {
        String head = method + " " + target + " HTTP/1.1\r\nhost: " + host + "\r\n"
                + (body.length > 0 ? "content-type: application/json\r\ncontent-length: " + body.length + "\r\n" : "")
                + "\r\n";
        byte[] start = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = new byte[start.length + body.length];
        System.arraycopy(start, 0, whole, 0, start.length);
        System.arraycopy(body, 0, whole, start.length, body.length);
        return whole;
    }

    /** {@code URL [clients] [seconds] [warm-up seconds] [body]}: POST with a body, else GET. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 0) {
            System.err.println("usage: HttpLoad URL [clients=1] [seconds=5] [warm-up seconds=2] [body]");
            System.exit(2);
        }
        URI url = URI.create(args[0]);
        int port = url.getPort() < 0 ? 80 : url.getPort();
        String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        byte[] body = args.length > 4 ? args[4].getBytes(StandardCharsets.UTF_8) : new byte[0];
        byte[] request = request(body.length > 0 ? "POST" : "GET", path + query, url.getAuthority(), body);
        Report report = run(new Spec(
                new InetSocketAddress(url.getHost(), port),
                request,
                args.length > 1 ? Integer.parseInt(args[1]) : 1,
                Duration.ofSeconds(args.length > 3 ? Long.parseLong(args[3]) : 2),
                Duration.ofSeconds(args.length > 2 ? Long.parseLong(args[2]) : 5),
                Long.MAX_VALUE));
        System.out.println(report);
    }
}
