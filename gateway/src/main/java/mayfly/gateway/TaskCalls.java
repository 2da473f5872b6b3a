package mayfly.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.KillRequest;
import mayfly.api.Signals;
import mayfly.api.TaskPage;
import mayfly.api.TaskRequest;
import mayfly.api.TaskResponse;
import mayfly.api.TaskSpec;
import mayfly.api.TaskStatus;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.base.TaskId;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.http.ResponseStream;
import mayfly.node.TaskRegistry;
import mayfly.store.TaskFilter;
import org.jspecify.annotations.Nullable;

/** The REST calls on tasks. */
final class TaskCalls {
    private static final long WAIT_MS_MAX = 60_000;
    /** How often a followed file is looked at: output has no events of its own, only its task's end has. */
    private static final Duration FOLLOW_EVERY = Duration.ofMillis(50);

    private static final int COPY_BYTES = 64 * Limits.KIB;

    private final TaskRegistry tasks;

    TaskCalls(TaskRegistry tasks) {
        this.tasks = tasks;
    }

    void create(Exchange exchange) throws IOException, InvalidException, RefusedException {
        TaskRequest request = Json.read(exchange.body(Limits.MIB), TaskRequest.class);
        Answers.json(exchange, 201, Wire.task(tasks.create(TaskSpec.of(request))));
    }

    void list(Exchange exchange, Query query) throws IOException, InvalidException {
        int limit = query.limit();
        String cursor = query.text("cursor");
        List<TaskResponse> items = tasks
                .list(new TaskFilter(
                        query.text("name"),
                        status(query.text("status")),
                        false,
                        cursor == null ? null : id(cursor),
                        limit))
                .stream()
                .map(Wire::task)
                .toList();
        Optional<String> next = items.size() < limit
                ? Optional.empty()
                : Optional.of(items.getLast().id());
        Answers.json(exchange, 200, new TaskPage(items, next));
    }

    void get(Exchange exchange, Query query, String id) throws IOException, InvalidException, RefusedException {
        long wait = query.whole("wait_ms", 0, WAIT_MS_MAX, 0);
        Answers.json(exchange, 200, Wire.task(tasks.await(id(id), Duration.ofMillis(wait))));
    }

    void kill(Exchange exchange, String id) throws IOException, InvalidException, RefusedException {
        byte[] body = exchange.body(Limits.KIB);
        String text = body.length == 0
                ? "TERM"
                : Json.read(body, KillRequest.class).signal().orElse("TERM");
        int signal = Signals.number(text)
                .orElseThrow(() -> Query.invalid("signal", "must be a signal's name or number: TERM, SIGKILL, 9"));
        Answers.json(exchange, 200, Wire.task(tasks.kill(id(id), signal)));
    }

    void delete(Exchange exchange, String id) throws IOException, InvalidException, RefusedException {
        tasks.delete(id(id));
        Answers.none(exchange);
    }

    /** The output so far; with follow, also what comes until the task has ended and all of it was sent. */
    void logs(Exchange exchange, Query query, String id) throws IOException, InvalidException, RefusedException {
        String stream = Optional.ofNullable(query.text("stream")).orElse("stdout");
        if (!stream.equals("stdout") && !stream.equals("stderr")) {
            throw Query.invalid("stream", "must be stdout or stderr");
        }
        TaskId task = id(id);
        boolean follow = query.flag("follow");
        long offset = query.whole("offset", 0, Long.MAX_VALUE / 2, 0);
        tasks.get(task);
        try (ResponseStream out = exchange.stream(
                200, Headers.of("content-type", "application/octet-stream", "cache-control", "no-store"))) {
            boolean ended;
            do {
                // asked before the copy: what a task printed before its end is in the file by then
                ended = TaskStatus.valueOf(tasks.await(task, follow ? FOLLOW_EVERY : Duration.ZERO)
                                .status()
                                .toUpperCase(java.util.Locale.ROOT))
                        .ended();
                offset = copy(tasks.output(task, stream), offset, out);
                out.flush();
            } while (follow && !ended && !exchange.clientGone());
        }
    }

    private static long copy(Optional<Path> file, long from, ResponseStream out) throws IOException {
        if (file.isEmpty()) {
            return from;
        }
        long at = from;
        try (FileChannel channel = FileChannel.open(file.get())) {
            ByteBuffer buffer = ByteBuffer.allocate(Math.clamp(channel.size() - at, 1, COPY_BYTES));
            while (channel.read(buffer, at) > 0) {
                out.write(buffer.array(), 0, buffer.position());
                at += buffer.position();
                buffer.clear();
            }
        }
        return at;
    }

    private static @Nullable String status(@Nullable String text) throws InvalidException {
        if (text == null) {
            return null;
        }
        for (TaskStatus status : TaskStatus.values()) {
            if (Wire.word(status).equals(text)) {
                return text;
            }
        }
        throw Query.invalid("status", "must be pending, running, succeeded, failed, killed, stopped or lost");
    }

    private static TaskId id(String text) throws InvalidException {
        try {
            return new TaskId(text);
        } catch (IllegalArgumentException e) {
            throw Query.invalid("id", "is not a task id (task_ and 26 characters)");
        }
    }
}
