package mayfly.actors;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import mayfly.base.RunnerId;
import mayfly.core.runnerpool.PoolError;
import mayfly.core.runnerpool.RunnerPoolEvent;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToServerlessServer;
import org.jspecify.annotations.Nullable;

/**
 * One request to an endpoint, whose answer is a stream of events that lasts as long as its runner. Tells the pool of the
 * runner, and of the end exactly once. Runs on a thread of its own and reads until the end.
 */
final class StartStream {
    private static final int BODY_CHARS_MAX = 1_000;

    private final long number;
    private final RunnerPoolShell pool;
    private final HttpClient client;
    private final Runnable ended;

    // order: innermost; guards the three below.
    private final Object lock = new Object();
    private @Nullable InputStream body;
    private @Nullable Thread reader;
    private boolean closed;

    StartStream(long number, RunnerPoolShell pool, HttpClient client, Runnable ended) {
        this.number = number;
        this.pool = pool;
        this.client = client;
        this.ended = ended;
    }

    void run(HttpRequest request) {
        Optional<PoolError> error;
        boolean up = false;
        try {
            synchronized (lock) {
                reader = Thread.currentThread();
                if (closed) {
                    throw new IOException("not wanted any more");
                }
            }
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream stream = response.body()) {
                opened(stream);
                error = refused(response, stream);
                if (error.isEmpty()) {
                    EventStreamReader events = new EventStreamReader(stream);
                    error = begin(events);
                    up = error.isEmpty();
                    if (up) {
                        drop(events);
                    }
                }
            }
        } catch (IOException e) {
            error = Optional.of(new PoolError.ConnectionError(describe(e)));
        } catch (InterruptedException e) {
            error = Optional.of(new PoolError.ConnectionError("not wanted any more"));
        }
        ended.run();
        pool.tell(
                up || error.isEmpty()
                        ? new RunnerPoolEvent.ConnectionEnded(number, pool.now())
                        : new RunnerPoolEvent.ConnectionFailed(number, error.get(), pool.now()));
    }

    private static Optional<PoolError> refused(HttpResponse<InputStream> response, InputStream stream)
            throws IOException {
        String type = response.headers().firstValue("content-type").orElse("none");
        if (response.statusCode() == 200 && type.startsWith("text/event-stream")) {
            return Optional.empty();
        }
        String body = new String(stream.readNBytes(BODY_CHARS_MAX), StandardCharsets.UTF_8);
        return Optional.of(
                response.statusCode() == 200
                        ? new PoolError.InvalidPayload("the answer is no text/event-stream but " + type, body)
                        : new PoolError.HttpError(response.statusCode(), body));
    }

    /** The first message names the runner. */
    private Optional<PoolError> begin(EventStreamReader events) throws IOException {
        while (true) {
            Optional<EventStreamReader.Event> event = events.next();
            if (event.isEmpty()) {
                return Optional.of(new PoolError.StreamEndedEarly());
            }
            if (event.get().name().equals("ping")) {
                continue;
            }
            byte[] packet;
            try {
                packet = Base64.getDecoder().decode(event.get().data().trim());
            } catch (IllegalArgumentException e) {
                return Optional.of(new PoolError.InvalidBase64());
            }
            try {
                return begin(RunnerProtocol.decodeToServerlessServer(packet));
            } catch (MalformedMessageException | IllegalArgumentException e) {
                String shown = event.get().data();
                return Optional.of(new PoolError.InvalidPayload(
                        String.valueOf(e.getMessage()), shown.substring(0, Math.min(BODY_CHARS_MAX, shown.length()))));
            }
        }
    }

    private Optional<PoolError> begin(ToServerlessServer message) {
        return switch (message) {
            case ToServerlessServer.Init(var runner, var _) -> {
                pool.tell(new RunnerPoolEvent.ConnectionUp(number, new RunnerId(runner), pool.now()));
                yield Optional.empty();
            }
        };
    }

    /** The rest says only that the endpoint is there. However it ends, it ends. */
    private static void drop(EventStreamReader events) {
        try {
            boolean more;
            do {
                more = events.next().isPresent();
            } while (more);
        } catch (IOException e) {
            System.getLogger("mayfly.actors").log(System.Logger.Level.DEBUG, "a stream of an endpoint broke", e);
        }
    }

    private void opened(InputStream stream) throws IOException {
        synchronized (lock) {
            if (closed) {
                throw new IOException("not wanted any more");
            }
            body = stream;
        }
    }

    /** Ends the request; its end is told by the reading thread. */
    void close() {
        InputStream stream;
        Thread thread;
        synchronized (lock) {
            closed = true;
            stream = body;
            thread = reader;
        }
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException e) {
                System.getLogger("mayfly.actors").log(System.Logger.Level.DEBUG, "closing a stream", e);
            }
        } else if (thread != null) {
            thread.interrupt();
        }
    }

    private static String describe(IOException e) {
        Throwable cause = e.getMessage() == null && e.getCause() != null ? e.getCause() : e;
        return cause.getMessage() == null
                ? cause.getClass().getSimpleName()
                : cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
}
