package mayfly.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Prints what the engines do here: durable invocation records per second by number of clients that wait for each, the
 * same pipelined, reads by id, and the time to open. Not a test: run its main with the class path of the tests.
 *
 * <p>Arguments: directory for the data, seconds for each measurement.
 */
final class StoreBench {
    private static final AtomicLong SEEDS = new AtomicLong();

    private StoreBench() {}

    public static void main(String[] args) throws Exception {
        Path data = Files.createTempDirectory(Path.of(args[0]), "bench");
        long seconds = Long.parseLong(args[1]);
        engine("sqlite", () -> Stores.embedded(data), seconds);
        PostgresServer server = PostgresServer.shared();
        String url = server.url(server.newDatabase());
        engine("postgresql", () -> Stores.postgresql(url), seconds);
        new TestEngine.Sqlite(data).close();
    }

    private interface Opening {
        Store open();
    }

    private static void engine(String name, Opening opening, long seconds) throws Exception {
        opens(name + " open, new", opening, 1);
        try (Store store = opening.open()) {
            load(name + " (warm-up)", store, 64, seconds);
            for (int clients : new int[] {1, 8, 64, 256}) {
                load(name, store, clients, seconds);
            }
            pipelined(name, store, seconds);
            reads(name, store, seconds);
        }
        opens(name + " open, existing", opening, 11);
    }

    private static void opens(String what, Opening opening, int times) {
        double[] millis = new double[times];
        for (int i = 0; i < times; i++) {
            long from = System.nanoTime();
            Store store = opening.open();
            millis[i] = (System.nanoTime() - from) / 1e6;
            store.close();
        }
        Arrays.sort(millis);
        System.out.printf(
                "%-28s p50 %.1f ms, worst %.1f ms (n=%d)%n", what, millis[times / 2], millis[times - 1], times);
    }

    private static void load(String name, Store store, int clients, long seconds) throws Exception {
        List<long[]> latencies = new ArrayList<>();
        AtomicLong records = new AtomicLong();
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < clients; c++) {
            Records make = new Records(SEEDS.incrementAndGet()); // new ids, so that all are inserts
            long[] own = new long[200_000];
            latencies.add(own);
            threads.add(Thread.startVirtualThread(() -> {
                for (int i = 0; i < own.length && System.nanoTime() < end; i++) {
                    InvocationRecord record = make.invocation("success");
                    long from = System.nanoTime();
                    store.putInvocation(record).join();
                    own[i] = System.nanoTime() - from;
                    records.incrementAndGet();
                }
            }));
        }
        long from = System.nanoTime();
        for (Thread thread : threads) {
            thread.join();
        }
        double took = (System.nanoTime() - from) / 1e9;
        long[] all = latencies.stream()
                .flatMapToLong(Arrays::stream)
                .filter(v -> v > 0)
                .sorted()
                .toArray();
        System.out.printf(
                "%-28s %4d clients: %8.0f records/s, p50 %.2f ms, p99 %.2f ms%n",
                name, clients, records.get() / took, all[all.length / 2] / 1e6, all[all.length * 99 / 100] / 1e6);
    }

    private static void pipelined(String name, Store store, long seconds) throws Exception {
        Semaphore window = new Semaphore(4096);
        Records make = new Records(SEEDS.incrementAndGet());
        long from = System.nanoTime();
        long end = from + Duration.ofSeconds(seconds).toNanos();
        long records = 0;
        while (System.nanoTime() < end) {
            InvocationRecord pending = make.invocation("pending");
            InvocationRecord ended = make.invocation(make.invocationId(), "sync", "success", pending.queuedAt(), 1);
            for (InvocationRecord record : List.of(pending, ended)) {
                window.acquire();
                var told = store.putInvocation(record).whenComplete((_, failure) -> window.release());
                if (told.isCompletedExceptionally()) {
                    throw new IllegalStateException("refused");
                }
                records++;
            }
        }
        window.acquire(4096);
        System.out.printf("%-28s pipelined   : %8.0f records/s%n", name, records / ((System.nanoTime() - from) / 1e9));
    }

    private static void reads(String name, Store store, long seconds) {
        var ids = store.invocations(new InvocationFilter(null, null, null, 1000));
        long[] nanos = new long[20_000];
        for (int i = 0; i < nanos.length; i++) {
            long from = System.nanoTime();
            boolean found = store.invocation(ids.get(i % ids.size()).id()).isPresent();
            nanos[i] = found ? System.nanoTime() - from : Long.MAX_VALUE;
        }
        Arrays.sort(nanos);
        System.out.printf("%-28s read by id p50 %.1f us (%d s)%n", name, nanos[nanos.length / 2] / 1e3, seconds);
    }
}
