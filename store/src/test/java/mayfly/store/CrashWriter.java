package mayfly.store;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import mayfly.base.InvocationId;
import mayfly.base.NamespaceId;
import mayfly.base.TaskId;

/**
 * What {@link CrashTest} kills: writes under load and prints a line for each write it was told is durable, and only
 * then. Arguments: the engine's place, a seed.
 */
final class CrashWriter {
    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

    private CrashWriter() {}

    public static void main(String[] args) throws Exception {
        Store store = TestEngine.at(args[0]);
        long seed = Long.parseLong(args[1]);
        for (int thread = 0; thread < 8; thread++) {
            Records records = new Records(seed + thread);
            switch (thread % 3) {
                case 0 -> start(() -> invocations(store, records));
                case 1 -> start(() -> actors(store.actors(), records));
                default -> start(() -> tasksAndFunctions(store, records));
            }
        }
    }

    /** When the database's server is killed under us, a write may fail; then this thread has said all it knows. */
    private static void start(Runnable writing) {
        Thread.ofPlatform().start(() -> {
            try {
                writing.run();
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof StoreException)) {
                    throw e;
                }
            }
        });
    }

    /** One line, one write: the kernel keeps it even when we are killed right after. */
    private static void told(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (java.io.IOException e) {
            Runtime.getRuntime().halt(3); // the parent is gone
        }
    }

    private static void invocations(Store store, Records records) {
        while (true) {
            InvocationId id = records.invocationId();
            var pending = records.invocation(id, "async", "pending", records.time(), 0);
            store.putInvocation(pending).join();
            told("invocation " + id + " pending");
            List<CompletableFuture<Void>> both = List.of(
                    store.putInvocation(records.invocation(id, "async", "running", pending.queuedAt(), 1)),
                    store.putInvocation(records.invocation(id, "async", "success", pending.queuedAt(), 1)));
            both.forEach(CompletableFuture::join);
            told("invocation " + id + " success");
        }
    }

    private static void tasksAndFunctions(Store store, Records records) {
        store.putArtifact(Records.CODE, new byte[100_000]).join();
        told("artifact " + Records.CODE);
        while (true) {
            TaskId id = records.taskId();
            for (int version = 1; version <= 5; version++) {
                store.putTask(records.task(id, "t", "running", version, null)).join();
                told("task " + id + " " + version);
            }
            ServiceRecord service = records.service("s-" + id);
            if (store.createService(service).join()) {
                told("service " + service.name() + " 1");
                ServiceRecord next = records.service(service.id(), service.name(), 2);
                if (store.replaceService(next).join()) {
                    told("service " + service.name() + " 2");
                }
            }
            FunctionRecord function = records.function("f-" + id);
            if (store.createFunction(function, records.version(function, 1)).join()) {
                told("function " + function.name());
            }
        }
    }

    private static void actors(ActorStore store, Records records) {
        NamespaceId space = records.namespaceId();
        while (true) {
            ActorRecord actor =
                    records.actor(space, "counter", records.actorId().value());
            store.createActor(actor, new byte[] {7}).join();
            told("actor " + actor.id() + " 1");
            for (int revision = 2; revision <= 4; revision++) {
                var state = store.kvPut(actor.id(), List.of(entry(1, revision), entry(2, revision)), Records.START);
                store.putActor(Records.next(actor, null, Records.START, true, revision))
                        .join();
                told("actor " + actor.id() + " " + revision);
                state.join();
                told("kept " + actor.id() + " " + revision);
            }
            store.kvDelete(actor.id(), List.of(new byte[] {1})).join();
            told("deleted " + actor.id());
            store.putActor(Records.next(actor, Records.START, null, false, 5)).join();
            told("destroyed " + actor.id());
        }
    }

    private static KvPair entry(int key, int value) {
        return new KvPair(new byte[] {(byte) key}, new byte[] {(byte) value});
    }
}
