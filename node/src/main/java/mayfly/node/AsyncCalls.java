package mayfly.node;

import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.base.Clock;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.InvocationId;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.core.invocation.Call;
import mayfly.core.invocation.Invocation;
import mayfly.store.InvocationFilter;
import mayfly.store.InvocationRecord;
import mayfly.store.Store;
import mayfly.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Asynchronous calls: durable before they are accepted, run at least once. Each function has a lane that runs as many at
 * once as the function may have machines; what waits is in the store, and here only by name.
 */
public final class AsyncCalls {
    private static final System.Logger LOG = System.getLogger("mayfly.node");
    private static final long STORE_PAUSE_MILLIS = 1_000;
    private static final long RECOVER_PAUSE_MILLIS = 10_000;

    private final Functions functions;
    private final Recorder recorder;
    private final Store store;
    private final Clock clock;
    private final Ids ids;
    private final ScheduledExecutorService timers;
    private final Map<String, Lane> lanes = new ConcurrentHashMap<>();
    private final AtomicInteger backlog = new AtomicInteger();
    private volatile boolean draining;

    AsyncCalls(
            Functions functions,
            Recorder recorder,
            Store store,
            Clock clock,
            Ids ids,
            ScheduledExecutorService timers) {
        this.functions = functions;
        this.recorder = recorder;
        this.store = store;
        this.clock = clock;
        this.ids = ids;
        this.timers = timers;
    }

    /** Calls of one function. */
    private static final class Lane {
        private final ArrayDeque<CallShell> waiting = new ArrayDeque<>(); // guarded by the lane
        private int active; // guarded by the lane
    }

    /**
     * Accepts a call; on return it is on disk and will run at least once.
     *
     * @throws RefusedException FUNCTION_NOT_FOUND, LIMIT_REACHED, NODE_DRAINING, or the store takes no writes
     */
    public InvocationId submit(String name, byte[] payload, boolean json) throws RefusedException {
        Deployed function = functions.require(name);
        if (draining) {
            throw new RefusedException(ErrorCode.NODE_DRAINING, "the node is stopping");
        }
        if (backlog.incrementAndGet() > Limits.ASYNC_BACKLOG_MAX) {
            backlog.decrementAndGet();
            throw new RefusedException(
                    ErrorCode.LIMIT_REACHED,
                    Limits.ASYNC_BACKLOG_MAX + " asynchronous calls wait already; try again later");
        }
        Instant now = clock.now();
        Call call = new Call(ids.invocation(), Call.Mode.ASYNC, true, false, now.toEpochMilli());
        CallShell shell = shell(function, payload, json, call, now);
        try {
            shell.begin(mayfly.core.invocation.Invocations.begin(call));
        } catch (RefusedException e) {
            backlog.decrementAndGet();
            throw e;
        }
        enqueue(shell);
        return call.id();
    }

    private CallShell shell(Deployed function, byte[] payload, boolean json, Call call, Instant queuedAt) {
        CallShell[] self = new CallShell[1];
        self[0] = new CallShell(
                functions,
                recorder,
                clock,
                Limits.POOL_WAIT_MAX,
                at -> retryLater(self[0], at),
                function,
                payload,
                json,
                call,
                queuedAt);
        return self[0];
    }

    private void enqueue(CallShell shell) {
        String name = shell.function().spec().name();
        Lane lane = lanes.computeIfAbsent(name, _ -> new Lane());
        synchronized (lane) {
            if (draining) {
                return; // it is on disk: the next node runs it
            }
            if (lane.active >= shell.function().spec().maxMachines()) {
                shell.forgetPayload();
                lane.waiting.add(shell);
                return;
            }
            lane.active++;
        }
        start(lane, shell);
    }

    private void start(Lane lane, CallShell shell) {
        var _ = Thread.ofVirtual().name("async " + shell.state().call().id()).start(() -> {
            for (CallShell next = shell; next != null; next = takeNext(lane)) {
                run(next);
            }
        });
    }

    private @Nullable CallShell takeNext(Lane lane) {
        synchronized (lane) {
            CallShell next = draining ? null : lane.waiting.poll();
            if (next == null) {
                lane.active--;
            }
            return next;
        }
    }

    /** Runs a call as far as it comes; while the store fails, its run stays due and is tried again later. */
    private void run(CallShell shell) {
        try {
            load(shell);
            functions.require(shell.function().spec().name());
            shell.run();
        } catch (StoreException e) {
            postpone(shell, e);
        } catch (RefusedException e) {
            gone(shell, e);
        }
        finish(shell);
    }

    private void postpone(CallShell shell, StoreException why) {
        if (!draining) {
            LOG.log(Level.WARNING, shell.state().call().id() + " waits for the store: " + why.getMessage());
            after(STORE_PAUSE_MILLIS, () -> enqueue(shell));
        }
    }

    private void load(CallShell shell) {
        if (!shell.hasPayload()) {
            Optional<InvocationRecord> stored =
                    store.invocation(shell.state().call().id());
            shell.rememberPayload(stored.map(InvocationRecord::payload).orElse(new byte[0]));
        }
    }

    private static void gone(CallShell shell, RefusedException why) {
        try {
            shell.functionGone();
        } catch (RefusedException e) {
            why.addSuppressed(e);
            throw new AssertionError("the end of an asynchronous call is recorded without waiting", why);
        }
    }

    private void finish(CallShell shell) {
        if (shell.state() instanceof Invocation.Ended) {
            backlog.decrementAndGet();
        }
    }

    private void retryLater(CallShell shell, long atMillis) {
        long delay = Math.max(0, atMillis - clock.now().toEpochMilli());
        shell.forgetPayload();
        after(delay, () -> {
            try {
                shell.retry();
                enqueue(shell);
            } catch (RefusedException e) {
                throw new AssertionError("a retry is recorded without waiting", e);
            }
        });
    }

    private void after(long millis, Runnable work) {
        try {
            var _ = timers.schedule(() -> Thread.ofVirtual().start(work), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.log(Level.DEBUG, "the node is closed; the next one goes on", e);
        }
    }

    /** Takes up what the last node left: asynchronous calls run again, synchronous ones have lost their callers. */
    void recover() {
        List<InvocationRecord> left = new ArrayList<>();
        for (String status : List.of("pending", "running")) {
            InvocationId before = null;
            List<InvocationRecord> page;
            do {
                page = store.invocations(new InvocationFilter(null, status, before, Limits.LIST_PAGE_MAX));
                left.addAll(page);
                before = page.isEmpty() ? before : page.getLast().id();
            } while (page.size() == Limits.LIST_PAGE_MAX);
        }
        left.sort(java.util.Comparator.comparing(InvocationRecord::id));
        recover(left);
    }

    /** One that cannot be taken up now does not keep the others from it, and is tried again. */
    private void recover(List<InvocationRecord> left) {
        List<InvocationRecord> again = new ArrayList<>();
        for (InvocationRecord record : left) {
            try {
                recover(record);
            } catch (StoreException e) {
                again.add(record);
                LOG.log(again.size() == 1 ? Level.WARNING : Level.DEBUG, record.id() + " is taken up later", e);
            }
        }
        if (!again.isEmpty() && !draining) {
            after(RECOVER_PAUSE_MILLIS, () -> recover(again));
        }
    }

    private void recover(InvocationRecord record) {
        boolean async = record.mode().equals("async");
        Call call = new Call(
                record.id(),
                async ? Call.Mode.ASYNC : Call.Mode.SYNC,
                async,
                false,
                record.queuedAt().toEpochMilli());
        try {
            Deployed function = functions.require(record.functionName());
            if (!function.id().equals(record.function())) {
                throw new RefusedException(
                        ErrorCode.FUNCTION_NOT_FOUND,
                        "function '" + record.functionName() + "' was deleted; this name is another's now");
            }
            CallShell shell = shell(function, new byte[0], record.payloadJson(), call, record.queuedAt());
            shell.forgetPayload();
            shell.begin(mayfly.core.invocation.Invocations.recover(
                    call, record.attempts(), clock.now().toEpochMilli()));
            if (async) {
                backlog.incrementAndGet();
                enqueue(shell);
            }
        } catch (RefusedException e) { // the function was deleted
            String code = async ? e.code().code() : ErrorCode.FUNCTION_CRASHED.code();
            String reason = async ? String.valueOf(e.getMessage()) : "the node was restarted meanwhile";
            recorder.relaxed(Records.abandoned(record, code, reason, clock.now()));
        }
    }

    /** Starts no further call; those that run go on until their pools are drained. */
    void drain() {
        draining = true;
    }

    /** Calls that were accepted and have not ended. */
    public int backlog() {
        return backlog.get();
    }
}
