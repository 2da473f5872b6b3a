package mayfly.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.runner.protocol.KvListQuery;
import mayfly.runner.protocol.KvMetadata;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToServer;
import mayfly.store.ActorStore;
import mayfly.store.KvEntry;
import mayfly.store.KvPair;
import mayfly.store.KvRange;

/**
 * What actors keep: reads and writes on behalf of the runner that has the actor, and of no other. A write is answered when
 * it is durable; a read sees every write of the same actor that came before it.
 */
final class KvCalls {
    private static final KvResponseData PUT = new KvResponseData.Put();
    private static final KvResponseData DELETED = new KvResponseData.Delete();
    private static final KvResponseData DROPPED = new KvResponseData.Drop();

    private final ActorEngine engine;
    private final ActorStore store;

    KvCalls(ActorEngine engine, ActorStore store) {
        this.engine = engine;
        this.store = store;
    }

    /** Called by the thread that reads the runner's socket; does not block. */
    void answer(RunnerShell runner, ToServer.KvRequest request) {
        ActorId id = ActorIds.parse(request.actorId());
        HostedActor entry = id == null ? null : runner.entry(id);
        if (id == null || entry == null) {
            boolean known = id != null && engine.actors().peek(id).isPresent();
            reply(runner, request, failed(known ? "actor does not belong to runner" : "actor does not exist"));
            return;
        }
        String problem = KvLimits.problem(request.data());
        if (problem != null) {
            reply(runner, request, failed(problem));
            return;
        }
        switch (request.data()) {
            case KvRequestData.Get(var keys) -> read(runner, request, entry, () -> found(store.kvGet(id, keys)));
            case KvRequestData.Listing(var query, var reverse, var limit) -> {
                int most = Math.clamp(limit.orElse(Limits.KV_LIST_MAX), 0, Limits.KV_LIST_MAX);
                read(
                        runner,
                        request,
                        entry,
                        () -> listed(
                                most == 0 ? List.of() : store.kvList(id, range(query), reverse.orElse(false), most)));
            }
            case KvRequestData.Put(var keys, var values) -> put(runner, request, entry, keys, values);
            case KvRequestData.Delete(var keys) -> write(runner, request, entry, store.kvDelete(id, keys), DELETED);
            case KvRequestData.DeleteRange(var start, var end) ->
                write(runner, request, entry, store.kvDelete(id, KvRange.between(start, end, false)), DELETED);
            case KvRequestData.Drop _ -> write(runner, request, entry, store.kvDelete(id, KvRange.all()), DROPPED);
        }
    }

    private void put(
            RunnerShell runner, ToServer.KvRequest request, HostedActor entry, List<byte[]> keys, List<byte[]> values) {
        List<KvPair> pairs = new ArrayList<>(keys.size());
        long bytes = 0;
        for (int i = 0; i < keys.size(); i++) {
            pairs.add(new KvPair(keys.get(i), values.get(i)));
            bytes += keys.get(i).length + values.get(i).length;
        }
        if (entry.volume.isFull()) {
            reply(runner, request, failed("not enough space left in storage"));
            return;
        }
        ActorId id = entry.actor.id();
        if (entry.volume.wrote(bytes)) {
            engine.executor().execute(() -> entry.volume.measured(store.kvBytes(id)));
        }
        write(runner, request, entry, store.kvPut(id, pairs, engine.clock().now()), PUT);
    }

    private void write(
            RunnerShell runner,
            ToServer.KvRequest request,
            HostedActor entry,
            CompletableFuture<?> write,
            KvResponseData done) {
        entry.order.wrote(write);
        var _ = write.whenComplete(
                (result, failure) -> reply(runner, request, failure == null ? done : storeFailed(failure)));
    }

    private void read(
            RunnerShell runner, ToServer.KvRequest request, HostedActor entry, Supplier<KvResponseData> read) {
        CompletableFuture<?> earlier = entry.order.underWay();
        engine.executor().execute(() -> {
            KvResponseData answer;
            try {
                if (earlier != null) {
                    earlier.exceptionally(failure -> null).join();
                }
                answer = read.get();
            } catch (RuntimeException e) {
                answer = storeFailed(e);
            }
            reply(runner, request, answer);
        });
    }

    private static void reply(RunnerShell runner, ToServer.KvRequest request, KvResponseData data) {
        runner.channel().deliver(RunnerProtocol.encode(new ToClient.KvResponse(request.requestId(), data)));
    }

    private KvResponseData storeFailed(Throwable failure) {
        engine.log("an actor's store failed", failure);
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return failed(cause.getMessage() == null ? cause.toString() : cause.getMessage());
    }

    private static KvResponseData failed(String message) {
        return new KvResponseData.Failed(message);
    }

    private static KvRange range(KvListQuery query) {
        return switch (query) {
            case KvListQuery.All _ -> KvRange.all();
            case KvListQuery.Range(var start, var end, var exclusive) -> KvRange.between(start, end, !exclusive);
            case KvListQuery.Prefix(var key) -> KvRange.prefix(key);
        };
    }

    private static KvResponseData found(List<KvEntry> entries) {
        return new KvResponseData.Get(keys(entries), values(entries), metadata(entries));
    }

    private static KvResponseData listed(List<KvEntry> entries) {
        return new KvResponseData.Listing(keys(entries), values(entries), metadata(entries));
    }

    private static List<byte[]> keys(List<KvEntry> entries) {
        return entries.stream().map(KvEntry::key).toList();
    }

    private static List<byte[]> values(List<KvEntry> entries) {
        return entries.stream().map(KvEntry::value).toList();
    }

    private static List<KvMetadata> metadata(List<KvEntry> entries) {
        return entries.stream()
                .map(entry -> new KvMetadata(
                        ActorEngine.VERSION_BYTES, entry.updatedAt().toEpochMilli()))
                .toList();
    }
}
