package mayfly.checks.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.base.FunctionId;
import mayfly.base.Ids;
import mayfly.store.InvocationRecord;
import mayfly.store.Store;
import mayfly.store.Stores;

/** Invocation records that are on disk, per second. */
final class StoreBench {
    private static final int IN_FLIGHT = 256;

    private StoreBench() {}

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        report.note("baseline: 4 KiB write + fdatasync, p50", syncMicros(place), "us", "same run");
        try (Store store = Stores.embedded(place.scratch().resolve("store"))) {
            measure(place, report, store);
        }
        String url = System.getenv("MAYFLY_BENCH_POSTGRES");
        if (url == null) {
            report.skipped(
                    "records on disk, postgresql", "set MAYFLY_BENCH_POSTGRES=postgresql://... to an empty database");
        } else {
            try (Store store = Stores.postgresql(url)) {
                measure(place, report, store);
            }
        }
    }

    private static void measure(BenchPlace place, Report report, Store store) throws InterruptedException {
        Ids ids = Ids.system();
        FunctionId function = ids.function();
        Semaphore window = new Semaphore(IN_FLIGHT);
        AtomicLong durable = new AtomicLong();
        long begin = System.nanoTime();
        long end = begin + place.seconds() * 1_000_000_000L;
        while (System.nanoTime() < end) {
            window.acquire();
            var _ = store.putInvocation(record(ids, function)).whenComplete((_, failure) -> {
                window.release();
                if (failure == null) {
                    durable.incrementAndGet();
                }
            });
        }
        window.acquire(IN_FLIGHT);
        double seconds = (System.nanoTime() - begin) / 1e9;
        report.atLeast(
                "records on disk (fsync, group commit), " + store.engine(),
                durable.get() / seconds,
                5000,
                "records/s",
                IN_FLIGHT + " in flight");
    }

    private static InvocationRecord record(Ids ids, FunctionId function) {
        Instant now = Instant.now();
        return new InvocationRecord(
                ids.invocation(),
                function,
                "bench",
                1,
                "sync",
                "success",
                null,
                true,
                "{\"echo\":{\"name\":\"bench\"}}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                true,
                null,
                "forked",
                "mac_01j00000000000000000000000",
                now,
                now,
                now,
                312,
                null,
                1);
    }

    private static double syncMicros(BenchPlace place) throws IOException {
        int runs = place.count(500);
        long[] micros = new long[runs];
        try (FileChannel file = FileChannel.open(
                place.scratch().resolve("sync"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < runs; i++) {
                long begin = System.nanoTime();
                file.write(ByteBuffer.allocate(4096), i * 4096L);
                file.force(false);
                micros[i] = (System.nanoTime() - begin) / 1000;
            }
        }
        Arrays.sort(micros);
        return micros[runs / 2];
    }
}
