package mayfly.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import mayfly.store.StoreException.Kind;

/**
 * What {@link DiskFullTest} runs on a small file system: fills it, and checks that writes then fail as FULL, that
 * nothing acknowledged is lost, and that the same open store works again once there is room. Prints OK, or ends with a
 * stack trace. Argument: the data directory.
 */
final class DiskFullWriter {
    private DiskFullWriter() {}

    public static void main(String[] args) throws Exception {
        Path data = Path.of(args[0]);
        Path ballast = Files.write(data.resolve("ballast"), new byte[4 << 20]);
        Records records = new Records(1);
        List<InvocationRecord> kept = new ArrayList<>();
        int refused = 0;
        try (Store store = Stores.embedded(data)) {
            for (int round = 0; refused < 50; round++) {
                check(round < 10_000, "the disk never became full");
                List<InvocationRecord> batch = new ArrayList<>();
                List<CompletableFuture<Void>> futures = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    batch.add(large(records.invocation("success")));
                    futures.add(store.putInvocation(batch.getLast()));
                }
                for (int i = 0; i < batch.size(); i++) {
                    Kind failure = failure(futures.get(i));
                    if (failure == null) {
                        kept.add(batch.get(i));
                    } else {
                        check(failure == Kind.FULL, "refused as " + failure);
                        check(store.invocation(batch.get(i).id()).isEmpty(), "refused, but there");
                        refused++;
                    }
                }
            }
            check(!kept.isEmpty(), "nothing was kept");
            all(store, kept);
            Files.delete(ballast);
            for (int i = 0; i < 20; i++) {
                kept.add(large(records.invocation("error")));
                Kind failure = failure(store.putInvocation(kept.getLast()));
                check(failure == null, "there is room again, but " + failure);
            }
            all(store, kept);
        }
        try (Store store = Stores.embedded(data)) {
            all(store, kept);
        }
        System.out.println("OK: " + kept.size() + " kept, " + refused + " refused");
    }

    private static InvocationRecord large(InvocationRecord r) {
        return new InvocationRecord(
                r.id(),
                r.function(),
                r.functionName(),
                r.version(),
                r.mode(),
                r.status(),
                null,
                false,
                new byte[20_000],
                false,
                r.error(),
                r.start(),
                r.machine(),
                r.queuedAt(),
                r.startedAt(),
                r.endedAt(),
                r.durationMicros(),
                r.logs(),
                r.attempts());
    }

    private static Kind failure(CompletableFuture<Void> future) throws Exception {
        try {
            future.get(60, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return ((StoreException) e.getCause()).kind();
        }
    }

    private static void all(Store store, List<InvocationRecord> kept) {
        for (InvocationRecord record : kept) {
            check(store.invocation(record.id()).isPresent(), "acknowledged, but lost: " + record.id());
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
