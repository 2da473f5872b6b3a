package mayfly.runner;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.StopCode;
import mayfly.runner.protocol.ToClientKind;
import org.jspecify.annotations.Nullable;

/** One life of an actor, from StartActor to Stopped: a mailbox, and the thread that empties it. */
final class HostedActor {
    private static final System.Logger LOG = System.getLogger(HostedActor.class.getName());

    /** Two instances of an actor shall not meet: the later one waits so long for a lost one that does not end. */
    private static final long PREDECESSOR_MILLIS_MAX = 10_000;

    private final String id;
    private final int generation;
    private final Command.StartActor start;
    private final ActorFactory factory;
    private final Outbox outbox;
    private final Consumer<HostedActor> gone;
    private final Mailbox mailbox = new Mailbox();
    private final EventLog log;
    private final Kv kv;
    private final AlarmClock clock;
    private final ActorContext context;
    private final Sockets sockets;
    private final Map<HibernatingRequest, HttpExchange> exchanges = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean lost;
    private @Nullable Actor actor; // of the thread

    /**
     * An actor that does not run yet.
     *
     * @param gone called once, when it is stopped and has said so
     */
    HostedActor(
            String id,
            int generation,
            Command.StartActor start,
            ActorFactory factory,
            Outbox outbox,
            KvCalls calls,
            Consumer<HostedActor> gone) {
        this.id = id;
        this.generation = generation;
        this.start = start;
        this.factory = factory;
        this.outbox = outbox;
        this.gone = gone;
        log = outbox.open(id, generation);
        kv = new Kv(calls, id);
        clock = new AlarmClock(kv, mailbox, outbox, log);
        context = new ActorContext(id, generation, start.config(), kv, mailbox, outbox, log, clock);
        sockets = new Sockets(kv, outbox, this::closedHere);
        thread = Thread.ofVirtual().name("mayfly-actor-" + id).unstarted(this::run);
    }

    String id() {
        return id;
    }

    int generation() {
        return generation;
    }

    /** Says that it runs, and begins; what comes for it waits until it has started. */
    void begin(@Nullable HostedActor predecessor) {
        outbox.event(log, new Event.StateUpdate(new ActorState.Running()));
        mailbox.offer(() -> await(predecessor));
        thread.start();
    }

    private static void await(@Nullable HostedActor predecessor) throws InterruptedException {
        if (predecessor != null) {
            predecessor.thread.join(PREDECESSOR_MILLIS_MAX);
        }
    }

    /** Has it stop after what it does now; what waits for it is dropped, and comes again from the engine. */
    void stop() {
        mailbox.stop();
    }

    /** It is not ours any more: stops it as far as a thread can be stopped. */
    void lose(String why, boolean tellEngine) {
        lost = true;
        mailbox.stop();
        if (tellEngine) {
            outbox.lastEvent(log, stopped(StopCode.ERROR, Optional.of(why)));
        }
        thread.interrupt();
    }

    private static Event stopped(StopCode code, Optional<String> message) {
        return new Event.StateUpdate(new ActorState.Stopped(code, message));
    }

    private void run() {
        Optional<String> fault = Optional.empty();
        try {
            Optional<Mailbox.Mail> wait = mailbox.poll();
            if (wait.isPresent()) {
                wait.get().handle();
            }
            started();
            live();
            if (!lost) {
                actor().onSleep();
                sockets.save();
            }
        } catch (Throwable e) {
            fault = Optional.of(String.valueOf(e));
            if (!lost) {
                LOG.log(System.Logger.Level.ERROR, "actor " + id + " failed", e);
            }
        }
        mailbox.stop();
        clock.disarm();
        exchanges.values().forEach(HttpExchange::abort);
        boolean wasLost = lost;
        if (!wasLost) {
            outbox.lastEvent(log, stopped(fault.isEmpty() ? StopCode.OK : StopCode.ERROR, fault));
        }
        gone.accept(this); // behind its last words: a runner that closes waits for this
        if (wasLost && actor != null) {
            actor.onLost();
        }
    }

    private void started() throws Exception {
        OwnKeys.Found found = OwnKeys.found(kv.list(OwnKeys.query()));
        context.begin(found.state());
        actor = factory.create(context);
        context.made(actor);
        if (found.started()) {
            actor.onWake();
        } else {
            actor.onStart();
            kv.putOwn(List.of(OwnKeys.started()));
        }
        sockets.restore(actor, start.hibernatingRequests(), found);
        if (found.alarmMillis().isPresent() && clock.alarm().isEmpty()) {
            clock.arm(Instant.ofEpochMilli(found.alarmMillis().getAsLong()), actor);
        }
    }

    private Actor actor() {
        if (actor == null) {
            throw new AssertionError("not started");
        }
        return actor;
    }

    private void live() throws Exception {
        while (!mailbox.isStopped()) {
            Optional<Mailbox.Mail> next = mailbox.poll();
            if (next.isEmpty() || sockets.hasManyUnsaved()) {
                sockets.save();
            }
            if (next.isEmpty()) {
                next = mailbox.take();
            }
            if (next.isPresent()) {
                handle(next.get());
            }
        }
    }

    /** An event that fails has failed alone. */
    private void handle(Mailbox.Mail mail) throws InterruptedException {
        try {
            mail.handle();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            LOG.log(System.Logger.Level.ERROR, "an event of actor " + id + " failed", e);
        }
    }

    /** On the connection's thread. */
    void tunnel(HibernatingRequest request, int index, ToClientKind kind) {
        switch (kind) {
            case ToClientKind.RequestStart message -> requested(request, message);
            case ToClientKind.RequestChunk chunk -> {
                HttpExchange exchange = exchanges.get(request);
                if (exchange != null && exchange.isWholeWith(chunk)) {
                    enqueue(exchange);
                }
            }
            case ToClientKind.RequestAbort _ -> {
                HttpExchange exchange = exchanges.get(request);
                if (exchange != null) {
                    exchange.abort();
                }
            }
            case ToClientKind.WebSocketOpen open -> {
                if (!mailbox.offer(() -> sockets.opened(actor(), request, open))) {
                    Refusals.socket(new TunnelPort(request, outbox), mailbox.isStopped());
                }
            }
            case ToClientKind.WebSocketMessage message -> mailbox.offer(() -> sockets.message(request, index, message));
            case ToClientKind.WebSocketClose close -> mailbox.offer(() -> sockets.closed(request, close));
        }
    }

    private void requested(HibernatingRequest request, ToClientKind.RequestStart message) {
        HttpExchange exchange =
                new HttpExchange(new TunnelPort(request, outbox), message, () -> exchanges.remove(request));
        exchanges.put(request, exchange);
        if (!message.stream()) {
            enqueue(exchange);
        }
    }

    private void enqueue(HttpExchange exchange) {
        boolean isWaiting = mailbox.offer(() -> {
            if (!exchange.isAborted()) {
                exchange.answer(answer(exchange));
            }
        });
        if (!isWaiting && !mailbox.isStopped()) {
            exchange.answer(Response.text(503, "too much waits for this actor\n"));
        }
    }

    private Response answer(HttpExchange exchange) throws InterruptedException {
        try {
            return actor().onRequest(exchange.request());
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            return exchange.failure(e);
        }
    }

    private void closedHere(Socket socket, int code, String reason) {
        mailbox.offer(() -> sockets.forget(socket, code, reason));
    }
}
