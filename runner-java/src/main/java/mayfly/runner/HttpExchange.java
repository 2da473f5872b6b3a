package mayfly.runner;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServerKind;
import org.jspecify.annotations.Nullable;

/** One request to an actor, from its arrival to the end of its answer. */
final class HttpExchange {
    private static final System.Logger LOG = System.getLogger(HttpExchange.class.getName());

    private final TunnelPort port;
    private final ToClientKind.RequestStart start;
    private final Runnable finished;

    // Guards all below.
    private final Object lock = new Object();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean aborted;
    private @Nullable Thread worker;

    /**
     * An exchange that was not begun.
     *
     * @param finished called when the last of the answer was sent, or nobody waits for it any more
     */
    HttpExchange(TunnelPort port, ToClientKind.RequestStart start, Runnable finished) {
        this.port = port;
        this.start = start;
        this.finished = finished;
        start.body().ifPresent(body::writeBytes);
    }

    /** More of the body; whether the request is whole now, or too large, which is answered here. */
    boolean isWholeWith(ToClientKind.RequestChunk chunk) {
        synchronized (lock) {
            if (body.size() + (long) chunk.body().length <= RunnerLimits.BODY_BYTES_MAX) {
                body.writeBytes(chunk.body());
                return chunk.finish();
            }
        }
        answer(Response.text(413, "a body of more than " + RunnerLimits.BODY_BYTES_MAX + " bytes\n"));
        return false;
    }

    Request request() {
        Map<String, String> headers = new TreeMap<>();
        start.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        synchronized (lock) {
            return new Request(start.method(), start.path(), headers, body.toByteArray());
        }
    }

    /** Nobody waits for it any more. */
    void abort() {
        synchronized (lock) {
            aborted = true;
            if (worker != null) {
                worker.interrupt();
            }
        }
        finished.run();
    }

    boolean isAborted() {
        synchronized (lock) {
            return aborted;
        }
    }

    void answer(Response response) {
        switch (response) {
            case Response.Whole whole -> {
                send(whole);
                finished.run();
            }
            case Response.Later _, Response.Streamed _ -> {
                synchronized (lock) {
                    if (!aborted) {
                        worker = Thread.ofVirtual().name("mayfly-runner-answer").start(() -> work(response));
                    }
                }
            }
        }
    }

    private void work(Response response) {
        Response now = response;
        while (now instanceof Response.Later(var answer)) {
            try {
                now = answer.call();
            } catch (Exception e) {
                now = failure(e);
            }
        }
        switch (now) {
            case Response.Whole whole -> send(whole);
            case Response.Streamed streamed -> stream(streamed);
            case Response.Later _ -> throw new AssertionError("answered later");
        }
        finished.run();
    }

    Response failure(Exception e) {
        if (!isAborted()) {
            LOG.log(System.Logger.Level.ERROR, start.method() + " " + start.path() + " failed", e);
        }
        return Response.text(500, "Internal Server Error");
    }

    private void send(Response.Whole whole) {
        byte[] bytes = whole.body();
        if (bytes.length > RunnerLimits.BODY_BYTES_MAX) {
            String fault = "a response of " + bytes.length + " bytes, over the limit of " + RunnerLimits.BODY_BYTES_MAX;
            LOG.log(System.Logger.Level.ERROR, fault);
            send((Response.Whole) Response.text(500, fault + "\n"));
            return;
        }
        Map<String, String> headers = headers(whole.headers());
        headers.putIfAbsent("content-length", Integer.toString(bytes.length));
        try {
            if (!isAborted()) {
                port.sendSlowly(new ToServerKind.ResponseStart(
                        whole.status(), headers, bytes.length == 0 ? Optional.empty() : Optional.of(bytes), false));
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a response is lost: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stream(Response.Streamed streamed) {
        try {
            try {
                port.sendSlowly(new ToServerKind.ResponseStart(
                        streamed.status(), headers(streamed.headers()), Optional.empty(), true));
                try (ChunkStream out = new ChunkStream(port)) {
                    streamed.body().writeTo(out);
                    out.finish();
                }
            } catch (Exception e) {
                if (!isAborted()) {
                    LOG.log(System.Logger.Level.WARNING, "a stream broke", e);
                }
                Thread.interrupted(); // so that the abort goes out
                port.send(new ToServerKind.ResponseAbort());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the end of a stream is lost: {0}", e.getMessage());
        }
    }

    private static Map<String, String> headers(Map<String, String> given) {
        Map<String, String> headers = new TreeMap<>();
        given.forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        return headers;
    }
}
