package mayfly.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;

/**
 * Prints what the engines do with actors here: actors made per second (each a creation, two changes and a put of its
 * state, waited for one after the other), puts per second, reads, and lists among many. Not a test: run its main with
 * the class path of the tests.
 *
 * <p>Arguments: directory for the data, seconds for each measurement, actors to list among.
 */
final class ActorBench {
    private static final byte[] FIRST_KEY = {1};
    private static final byte[] STATE = new byte[300];

    private final String name;
    private final ActorStore actors;
    private final long seconds;
    private final AtomicLong seeds = new AtomicLong();
    private final NamespaceId space = new Records(seeds.incrementAndGet()).namespaceId();

    private ActorBench(String name, ActorStore actors, long seconds) {
        this.name = name;
        this.actors = actors;
        this.seconds = seconds;
    }

    public static void main(String[] args) throws Exception {
        Path data = Files.createTempDirectory(Path.of(args[0]), "bench");
        long seconds = Long.parseLong(args[1]);
        int many = Integer.parseInt(args[2]);
        try (Store store = Stores.embedded(data)) {
            new ActorBench("sqlite", store.actors(), seconds).all(many);
        }
        new TestEngine.Sqlite(data).close();
        PostgresServer server = PostgresServer.shared();
        try (Store store = Stores.postgresql(server.url(server.newDatabase()))) {
            new ActorBench("postgresql", store.actors(), seconds).all(many);
        }
    }

    private void all(int many) throws Exception {
        each("(warm-up)", 64, this::create);
        for (int clients : new int[] {1, 8, 64, 256}) {
            each("actors made", clients, this::create);
        }
        for (int clients : new int[] {1, 8, 64, 256}) {
            each("puts", clients, this::put);
        }
        fill(many);
        List<ActorId> known = actors.actors(ActorFilter.named(space, "counter", 1000)).stream()
                .map(ActorRecord::id)
                .toList();
        once("actor by id", i -> actors.actor(known.get(i % known.size())));
        once("actor by key", i -> actors.actorByKey(space, "counter", "many/" + i % many));
        once("get of 1 key", i -> actors.kvGet(known.get(i % known.size()), List.of(FIRST_KEY)));
        once("list of 2 entries", i -> actors.kvList(known.get(i % known.size()), KvRange.all(), false, 100));
        once("page of 100 of a name", _ -> actors.actors(ActorFilter.named(space, "counter", 100)));
        once(
                "page of 100 in the middle",
                _ -> actors.actors(
                        new ActorFilter(space, null, null, List.of(), true, known.get(known.size() - 1), 100)));
        once("100 due alarms", _ -> actors.dueAlarms(Records.START, 100));
        once("100 awake actors", _ -> actors.awakeActors(null, 100));
    }

    private interface Operation {
        void run(Records make, int i);
    }

    private void create(Records make, int i) {
        ActorRecord actor = make.actor(space, "counter", make.actorId().value());
        actors.createActor(actor, null).join();
        var awake = actors.putActor(Records.next(actor, null, null, true, 2));
        actors.kvPut(actor.id(), List.of(new KvPair(FIRST_KEY, STATE), new KvPair(STATE, FIRST_KEY)), Records.START)
                .join();
        awake.join();
        actors.putActor(Records.next(actor, null, null, false, 3)).join();
    }

    private void put(Records make, int i) {
        ActorId actor = make.actor(space, "x", null).id();
        actors.kvPut(actor, List.of(new KvPair(FIRST_KEY, STATE)), Records.START)
                .join();
    }

    private void fill(int many) {
        Records make = new Records(seeds.incrementAndGet());
        var last = actors.createActor(make.actor(space, "counter", "first"), null);
        for (int i = 0; i < many; i++) {
            if (i % 10_000 == 0) {
                last.join();
            }
            last = actors.createActor(make.actor(space, "counter", "many/" + i), null);
        }
        last.join();
    }

    private void each(String what, int clients, Operation operation) throws Exception {
        AtomicLong done = new AtomicLong();
        long from = System.nanoTime();
        long end = from + Duration.ofSeconds(seconds).toNanos();
        Thread[] threads = new Thread[clients];
        for (int c = 0; c < clients; c++) {
            Records make = new Records(seeds.incrementAndGet());
            threads[c] = Thread.startVirtualThread(() -> {
                for (int i = 0; System.nanoTime() < end; i++) {
                    operation.run(make, i);
                    done.incrementAndGet();
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.printf(
                "%-12s %-26s %4d clients: %8.0f /s%n",
                name, what, clients, done.get() / ((System.nanoTime() - from) / 1e9));
    }

    private interface Reading {
        Object read(int i);
    }

    /** From a virtual thread, as calls come. */
    private void once(String what, Reading reading) throws Exception {
        long[] nanos = new long[5_000];
        Thread thread = Thread.startVirtualThread(() -> {
            for (int i = 0; i < nanos.length; i++) {
                long from = System.nanoTime();
                reading.read(i);
                nanos[i] = System.nanoTime() - from;
            }
        });
        thread.join();
        Arrays.sort(nanos);
        System.out.printf(
                "%-12s %-26s p50 %.1f us, p99 %.1f us%n",
                name, what, nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
    }
}
