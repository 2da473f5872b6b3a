package mayfly.runner;

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import mayfly.runner.protocol.ProtocolMetadata;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToServer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the runner connected: connects, says who it is, waits for the welcome, hands on what comes, and begins again when
 * the connection ends, until somebody else took the runner's place or it is closed.
 */
final class Link {
    private static final System.Logger LOG = System.getLogger(Link.class.getName());

    private final RunnerSpec spec;
    private final Hosting hosting;
    private final Outbox outbox;
    private final KvCalls calls;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final HttpClient client = HttpClient.newBuilder()
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .connectTimeout(RunnerLimits.INIT_TIMEOUT)
            .build();

    // Guards all below.
    private final Object lock = new Object();
    private Optional<String> runnerId = Optional.empty();
    private @Nullable ProtocolMetadata engine;
    private @Nullable Channel current;
    private boolean welcomed;
    private boolean closed;
    private @Nullable Thread losing;

    /** What the link is for. All is called on one thread at a time. */
    interface Hosting {
        /** The actors of before are not the runner's any more: the engine does not know it, or waited too long for it. */
        void loseActors(String why, boolean tellEngine);

        void welcomed();

        /** After a connection that had come to a welcome. */
        void disconnected();

        void received(ToClient message);

        /** No connection will follow. */
        void ended(String why);
    }

    Link(RunnerSpec spec, Hosting hosting, Outbox outbox, KvCalls calls) {
        this.spec = spec;
        this.hosting = hosting;
        this.outbox = outbox;
        this.calls = calls;
    }

    void start() {
        Thread.ofVirtual().name("mayfly-runner-link").start(this::run);
    }

    Optional<String> runnerId() {
        synchronized (lock) {
            return runnerId;
        }
    }

    boolean isConnected() {
        synchronized (lock) {
            return welcomed;
        }
    }

    private void run() {
        String why = "closed";
        try {
            int failures = 0;
            while (!isClosed()) {
                Optional<Channel.End> end = connection();
                boolean wasWelcomed = leave();
                if (wasWelcomed) {
                    hosting.disconnected();
                }
                failures = wasWelcomed ? 0 : failures + 1;
                if (end.isPresent() && end.get().isEviction()) {
                    why = "evicted: " + end.get().reason();
                    break;
                }
                if (!isClosed()) {
                    end.ifPresent(ended -> LOG.log(System.Logger.Level.WARNING, "connection ended: " + ended));
                    pause(Backoff.before(failures, random));
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts it", e);
        } finally {
            close();
            client.shutdownNow();
            hosting.ended(why);
        }
    }

    private void pause(Duration length) throws InterruptedException {
        long deadline = System.nanoTime() + length.toNanos();
        synchronized (lock) {
            long left = length.toMillis();
            while (!closed && left > 0) {
                lock.wait(left);
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
        }
    }

    private boolean isClosed() {
        synchronized (lock) {
            return closed;
        }
    }

    /** One connection, from its first attempt to its end; empty when there was none. */
    private Optional<Channel.End> connection() throws InterruptedException {
        Channel channel = new Channel(this::received);
        if (!open(channel)) {
            return Optional.empty();
        }
        channel.send(
                RunnerProtocol.encode(new ToServer.Init(
                        spec.pool(), spec.version(), spec.slots(), Optional.of(spec.actorNames()), Optional.empty())),
                false);
        try {
            return Optional.of(channel.awaitEnd(silenceMillisMax()));
        } finally {
            channel.abort();
            outbox.away(channel);
        }
    }

    private boolean open(Channel channel) {
        WebSocket.Builder builder = client.newWebSocketBuilder().connectTimeout(RunnerLimits.INIT_TIMEOUT);
        String[] more =
                spec.token().map(token -> new String[] {"rivet_token." + token}).orElse(new String[0]);
        try {
            synchronized (lock) {
                if (closed) {
                    return false;
                }
                current = channel;
            }
            builder.subprotocols("rivet", more)
                    .buildAsync(spec.socketAddress(), channel)
                    .join();
            return true;
        } catch (CompletionException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot connect to {0}: {1}", spec.endpoint(), e.getCause());
            return false;
        }
    }

    /** The engine pings every few seconds; one that has said nothing for as long as it would wait for us is gone. */
    private long silenceMillisMax() {
        synchronized (lock) {
            return engine == null || engine.runnerLostThreshold() <= 0
                    ? RunnerLimits.INIT_TIMEOUT.toMillis()
                    : Math.max(1_000, engine.runnerLostThreshold());
        }
    }

    /** After a connection; whether it had come to a welcome. From now on the clock runs against the runner. */
    private boolean leave() {
        synchronized (lock) {
            boolean was = welcomed;
            welcomed = false;
            if (was && engine != null && engine.runnerLostThreshold() > 0 && losing == null && !closed) {
                Duration patience = Duration.ofMillis(engine.runnerLostThreshold());
                losing = Thread.ofVirtual().name("mayfly-runner-lost").start(() -> lose(patience));
            }
            return was;
        }
    }

    private void lose(Duration patience) {
        try {
            Thread.sleep(patience);
        } catch (InterruptedException e) {
            return;
        }
        synchronized (lock) {
            if (welcomed || closed) {
                return;
            }
        }
        calls.fail("the engine was away too long");
        hosting.loseActors("the engine was away for " + patience.toMillis() + " ms", true);
    }

    private void received(Channel from, ToClient message) {
        synchronized (lock) {
            if (closed || !from.equals(current)) {
                return;
            }
        }
        switch (message) {
            case ToClient.Init init -> welcome(from, init);
            case ToClient.Ping(long ts) -> outbox.say(new ToServer.Pong(ts));
            case ToClient.AckEvents(var checkpoints) -> outbox.ack(checkpoints);
            case ToClient.KvResponse(int requestId, var data) -> calls.answered(requestId, data);
            case ToClient.Commands _, ToClient.TunnelMessage _ -> hosting.received(message);
        }
    }

    private void welcome(Channel channel, ToClient.Init init) {
        boolean sameRunner;
        boolean firstTime;
        synchronized (lock) {
            firstTime = runnerId.isEmpty();
            sameRunner = runnerId.equals(Optional.of(init.runnerId()));
            runnerId = Optional.of(init.runnerId());
            engine = init.metadata();
            welcomed = true;
            if (losing != null) {
                losing.interrupt();
                losing = null;
            }
        }
        if (!sameRunner && !firstTime) {
            calls.fail("the engine does not know this runner any more");
            hosting.loseActors("the engine does not know this runner any more", false);
        }
        outbox.ready(channel, sameRunner || firstTime, calls);
        hosting.welcomed();
    }

    /** Begins to end the connection, if there is one; no other follows. */
    void close() {
        Channel channel;
        synchronized (lock) {
            closed = true;
            channel = current;
            lock.notifyAll();
            if (losing != null) {
                losing.interrupt();
            }
        }
        if (channel != null) {
            channel.close(1000, "pegboard.runner_shutdown");
        }
    }
}
