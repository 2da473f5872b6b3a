package mayfly.runner;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.ToServer;
import org.jspecify.annotations.Nullable;

/**
 * Calls of actors' stores that wait for their answers. What was not answered before a connection ended is asked again on
 * the next one, in the same order: each call may be done twice with the same outcome.
 */
final class KvCalls {
    private final Outbox outbox;

    // Guards all below; nothing else is taken under it.
    private final Object lock = new Object();
    private final Map<Integer, Call> waiting = new TreeMap<>(Integer::compareUnsigned);
    private int nextId;
    private @Nullable String ended;

    private record Call(ToServer.KvRequest request, CompletableFuture<KvResponseData> answer) {}

    KvCalls(Outbox outbox) {
        this.outbox = outbox;
    }

    KvResponseData ask(String actorId, KvRequestData data) throws KvException {
        Call call = enter(actorId, data);
        try {
            outbox.say(call.request());
            return call.answer().get(RunnerLimits.KV_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new KvException("no answer from the engine within " + RunnerLimits.KV_TIMEOUT.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KvException("the actor was stopped while it waited for its store");
        } finally {
            synchronized (lock) {
                waiting.remove(call.request().requestId());
            }
        }
    }

    private Call enter(String actorId, KvRequestData data) throws KvException {
        synchronized (lock) {
            if (ended != null) {
                throw new KvException(ended);
            }
            Call call = new Call(new ToServer.KvRequest(actorId, nextId++, data), new CompletableFuture<>());
            waiting.put(call.request().requestId(), call);
            return call;
        }
    }

    void answered(int requestId, KvResponseData data) {
        Call call;
        synchronized (lock) {
            call = waiting.get(requestId);
        }
        if (call != null) {
            call.answer().complete(data);
        }
    }

    List<ToServer.KvRequest> unanswered() {
        synchronized (lock) {
            List<ToServer.KvRequest> requests = new ArrayList<>();
            waiting.values().forEach(call -> requests.add(call.request()));
            return requests;
        }
    }

    /** No answer will come to calls of now. */
    void fail(String why) {
        List<Call> calls;
        synchronized (lock) {
            calls = new ArrayList<>(waiting.values());
        }
        calls.forEach(call -> call.answer().complete(new KvResponseData.Failed(why)));
    }

    /** No answer will come any more. */
    void end(String why) {
        synchronized (lock) {
            ended = why;
        }
        fail(why);
    }
}
