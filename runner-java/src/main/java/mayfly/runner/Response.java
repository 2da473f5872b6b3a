package mayfly.runner;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;

/** What an actor answers. */
public sealed interface Response {
    /**
     * A whole answer.
     *
     * @param body at most {@link RunnerLimits#BODY_BYTES_MAX}
     */
    record Whole(int status, Map<String, String> headers, byte[] body) implements Response {}

    /** An answer whose body is written piece by piece, beside the actor: it goes on with other events meanwhile. */
    record Streamed(int status, Map<String, String> headers, Body body) implements Response {}

    /** An answer that is worked out beside the actor: it goes on with other events meanwhile. */
    record Later(Callable<? extends Response> answer) implements Response {}

    /** Writes a body; what is flushed is sent. */
    @FunctionalInterface
    interface Body {
        /** Runs on a virtual thread of its own, which is interrupted when nobody waits any more. */
        void writeTo(OutputStream out) throws Exception;
    }

    /** Any bytes. */
    static Response of(int status, Map<String, String> headers, byte[] body) {
        return new Whole(status, headers, body);
    }

    /** Text with status 200. */
    static Response text(String text) {
        return text(200, text);
    }

    /** Text. */
    static Response text(int status, String text) {
        return new Whole(
                status, Map.of("content-type", "text/plain; charset=utf-8"), text.getBytes(StandardCharsets.UTF_8));
    }

    /** JSON with status 200, as it is. */
    static Response json(String json) {
        return new Whole(200, Map.of("content-type", "application/json"), json.getBytes(StandardCharsets.UTF_8));
    }

    /** See {@link Streamed}. */
    static Response streamed(int status, Map<String, String> headers, Body body) {
        return new Streamed(status, headers, body);
    }

    /** See {@link Later}. */
    static Response later(Callable<? extends Response> answer) {
        return new Later(answer);
    }
}
