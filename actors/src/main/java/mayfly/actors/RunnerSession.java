package mayfly.actors;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.core.actor.ActorEvent;
import mayfly.core.runner.DrainCause;
import mayfly.core.runner.RunnerEvent;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToServer;
import mayfly.store.NamespaceRecord;
import org.jspecify.annotations.Nullable;

/**
 * One socket of a runner: what it says, on the thread that reads it. Until the runner has said who it is and was found or
 * made, what it says waits here.
 */
public final class RunnerSession {
    private static final int CLOSE_POLICY = 1008;
    private static final int CLOSE_FAILED = 1011;
    private static final int EARLY_MAX = 1_024;

    private final ActorEngine engine;
    private final NamespaceRecord namespace;
    private final RunnerHello hello;
    private final RunnerLink link;
    private final long number;
    private final @Nullable Future<?> patience;
    private volatile @Nullable Future<?> pings;
    private volatile @Nullable RunnerShell runner;

    // order: RunnerSession.lock, then the runner's locks. Guards early, introduced and closed.
    private final Object lock = new Object();
    private final Deque<ToServer> early = new ArrayDeque<>();
    private boolean introduced;
    private boolean closed;

    RunnerSession(ActorEngine engine, NamespaceRecord namespace, RunnerHello hello, RunnerLink link, long number) {
        this.engine = engine;
        this.namespace = namespace;
        this.hello = hello;
        this.link = link;
        this.number = number;
        this.patience = engine.timers().in(engine.times().init().toMillis(), this::tooLate);
    }

    /** One frame from the runner. Must be called by one thread at a time, in order; does not block. */
    public void message(byte[] frame) {
        ToServer message;
        try {
            message = RunnerProtocol.decodeToServer(frame);
        } catch (MalformedMessageException e) {
            engine.log("a runner of " + namespace.name() + " said what is no message", e);
            link.close(CLOSE_FAILED, "ws.invalid_message");
            return;
        }
        RunnerShell known = runner;
        if (known != null) {
            take(known, message);
        } else {
            takeEarly(message);
        }
    }

    /** The socket is closed, by whomever. Once. */
    public void closed() {
        RunnerShell known;
        synchronized (lock) {
            closed = true;
            known = runner;
        }
        cancel(patience);
        cancel(pings);
        if (known != null) {
            known.closed(number);
        }
    }

    private static void cancel(@Nullable Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void tooLate() {
        synchronized (lock) {
            if (introduced) {
                return;
            }
        }
        link.close(CLOSE_FAILED, "ws.timed_out_waiting_for_init");
    }

    // ---- before it is known

    private void takeEarly(ToServer message) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            if (!introduced) {
                introduce(message);
                return;
            }
            if (runner == null) {
                if (early.size() >= EARLY_MAX) {
                    link.close(CLOSE_POLICY, "ws.too_many_messages");
                    return;
                }
                early.add(message);
                return;
            }
        }
        RunnerShell known = runner;
        if (known != null) {
            take(known, message);
        }
    }

    /** Holds the lock. */
    private void introduce(ToServer message) {
        if (!(message instanceof ToServer.Init init)) {
            link.close(CLOSE_FAILED, "ws.invalid_initial_packet");
            return;
        }
        boolean fits = !init.name().isEmpty()
                && init.name().length() <= Limits.RUNNER_NAME_CHARS_MAX
                && init.totalSlots() >= 1;
        if (!fits) {
            link.close(CLOSE_FAILED, "ws.invalid_initial_packet");
            return;
        }
        introduced = true;
        engine.executor().execute(() -> attach(init));
    }

    /** Finds or makes the runner, which may take a commit. */
    private void attach(ToServer.Init init) {
        RunnerShell found;
        try {
            found = engine.runners().attach(namespace, hello.runnerKey(), init, number, link);
        } catch (ActorException e) {
            link.close(CLOSE_FAILED, e.error().group() + "." + e.error().code());
            return;
        }
        found.appeared(hello.token()); // before what it said meanwhile: that may be that it goes
        synchronized (lock) {
            early.forEach(message -> take(found, message));
            early.clear();
            runner = found;
            if (closed) {
                found.closed(number);
                return;
            }
        }
        pingLater(found);
    }

    /** The first ping is part of the runner's welcome. */
    private void pingLater(RunnerShell to) {
        synchronized (lock) {
            if (!closed) {
                pings = engine.timers().in(engine.times().pingEvery().toMillis(), () -> {
                    to.channel().send(number, Commands.ping(engine.timers().nowMillis()));
                    pingLater(to);
                });
            }
        }
    }

    // ---- what it says

    private void take(RunnerShell from, ToServer message) {
        switch (message) {
            case ToServer.Init _ -> link.close(CLOSE_FAILED, "ws.invalid_message");
            case ToServer.Events(var events) -> events.forEach(event -> take(from, event));
            // which commands arrived shows in the events that follow from them
            case ToServer.AckCommands _ -> {}
            case ToServer.Stopping _ -> {
                long grace = engine.times().runner().lostMillis();
                from.tell(new RunnerEvent.DrainAsked(
                        DrainCause.ASKED, grace, engine.timers().nowMillis()));
            }
            case ToServer.Pong(var sent) -> from.ponged(number, sent);
            case ToServer.KvRequest request -> engine.kv().answer(from, request);
            case ToServer.TunnelMessage(var id, var kind) -> engine.tunnels().deliver(id, kind);
        }
    }

    private void take(RunnerShell from, EventWrapper event) {
        ActorCheckpoint at = event.checkpoint();
        ActorId id = ActorIds.parse(at.actorId());
        if (id != null) { // else nobody's
            from.told(
                    number,
                    id,
                    new ActorEvent.Told(
                            from.id(),
                            Integer.toUnsignedLong(at.generation()),
                            at.index(),
                            News.of(event.inner()),
                            engine.timers().nowMillis()));
        }
    }
}
