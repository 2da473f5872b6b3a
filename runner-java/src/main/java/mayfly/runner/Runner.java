package mayfly.runner;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToServer;

/**
 * Hosts actors for an engine: connects to it, starts and stops actors as it is told, and connects again when the
 * connection ends, with the same actors. Without a connection for longer than the engine waits for it, it gives its actors up.
 */
public final class Runner implements AutoCloseable {
    private static final Duration LAST_MESSAGES_MAX = Duration.ofSeconds(3);

    private final RunnerSpec spec;
    private final Outbox outbox = new Outbox();
    private final KvCalls calls = new KvCalls(outbox);
    private final HostedActors actors;
    private final Link link;
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private final CompletableFuture<String> end = new CompletableFuture<>();

    private Runner(RunnerSpec spec, ActorFactory factory) {
        this.spec = spec;
        actors = new HostedActors(factory, outbox, calls);
        link = new Link(spec, new Hosting(), outbox, calls);
    }

    /** Begins to connect, and goes on with that until it is closed; {@link #awaitConnected} tells when it has. */
    public static Runner connect(RunnerSpec spec, ActorFactory factory) {
        Runner runner = new Runner(spec, factory);
        runner.link.start();
        return runner;
    }

    private final class Hosting implements Link.Hosting {
        @Override
        public void loseActors(String why, boolean tellEngine) {
            actors.lose(why, tellEngine);
        }

        @Override
        public void welcomed() {
            connected.complete(null);
        }

        @Override
        public void disconnected() {
            actors.expectAnew();
        }

        @Override
        public void received(ToClient message) {
            switch (message) {
                case ToClient.Commands(var commands) -> actors.obey(commands);
                case ToClient.TunnelMessage tunnelled -> actors.tunnel(tunnelled);
                case ToClient.Init _, ToClient.Ping _, ToClient.AckEvents _, ToClient.KvResponse _ ->
                    throw new AssertionError("the link's own: " + message);
            }
        }

        @Override
        public void ended(String why) {
            calls.end("the runner has ended: " + why);
            actors.lose(why, false);
            outbox.close();
            end.complete(why);
            connected.completeExceptionally(new IllegalStateException("the runner has ended: " + why));
        }
    }

    /** What the engine calls it, once it has connected. */
    public Optional<String> id() {
        return link.runnerId();
    }

    /** Whether it is connected now. */
    public boolean isConnected() {
        return link.isConnected();
    }

    /** How many actors live here now. */
    public int actors() {
        return actors.size();
    }

    /**
     * Waits for the engine's first welcome.
     *
     * @throws TimeoutException there was none; it goes on trying
     */
    public void awaitConnected(Duration patience) throws InterruptedException, TimeoutException {
        try {
            connected.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("it has ended before", e);
        }
    }

    /** Waits until it is closed, or the engine has put it out because another runner has its key; says which. */
    public String awaitEnd() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** Has it closed when the program is asked to end. */
    public Runner closeAtExit() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::close));
        return this;
    }

    /** Has the engine move its actors elsewhere or let them sleep, waits for that within its grace, and disconnects. */
    @Override
    public void close() {
        try {
            if (link.isConnected()) {
                outbox.say(new ToServer.Stopping());
                actors.awaitNone(link::isConnected, spec.drainGrace().toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            link.close();
            awaitEndOf(LAST_MESSAGES_MAX);
        }
    }

    /** So that what was said last is sent, also when the program ends now. */
    private void awaitEndOf(Duration patience) {
        try {
            end.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        } catch (TimeoutException e) {
            // An attempt to connect is under way; it finds out by itself.
        }
    }
}
