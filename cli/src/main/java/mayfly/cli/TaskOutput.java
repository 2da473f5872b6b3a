package mayfly.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import mayfly.api.Route;

/** Copies the output of a task, live if asked. A node that ends meanwhile is waited for: the task outlives it. */
final class TaskOutput {
    private static final Duration RETRY_FOR = Duration.ofSeconds(30);
    private static final long RETRY_MS = 200;
    private static final int BUFFER_BYTES = 32 * 1024;

    private final Session session;
    private final String task;
    private final boolean follow;

    private TaskOutput(Session session, String task, boolean follow) {
        this.session = session;
        this.task = task;
        this.follow = follow;
    }

    /** Returns when everything was copied; following ends when the task has ended. */
    static void print(Session session, String task, List<String> streams, boolean follow) throws CliException {
        TaskOutput output = new TaskOutput(session, task, follow);
        AtomicReference<CliException> failed = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (String stream : streams) {
            Thread thread = new Thread(() -> {
                try {
                    output.copy(stream);
                } catch (CliException e) {
                    failed.compareAndSet(null, e);
                }
            });
            threads.add(thread);
            thread.start();
            if (!follow) {
                join(thread); // one after the other, so that the order is always the same
            }
        }
        threads.forEach(TaskOutput::join);
        if (failed.get() != null) {
            throw failed.get();
        }
    }

    private void copy(String stream) throws CliException {
        PrintStream to = stream.equals("stderr") ? session.err() : session.out();
        long offset = 0;
        long brokeAt = session.clock().nanos();
        while (true) {
            CliException trouble;
            try (NodeClient.Stream answer = open(stream, offset)) {
                byte[] buffer = new byte[BUFFER_BYTES];
                InputStream body = answer.body;
                for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
                    to.write(buffer, 0, count);
                    to.flush();
                    offset += count;
                    brokeAt = session.clock().nanos();
                }
                return;
            } catch (IOException e) {
                trouble = session.node().broken(e);
            } catch (CliException e) {
                trouble = e;
            }
            boolean again = follow
                    && trouble.exit() == Exit.UNREACHABLE
                    && session.clock().nanos() - brokeAt < RETRY_FOR.toNanos();
            if (!again) {
                throw trouble;
            }
            pause();
        }
    }

    private NodeClient.Stream open(String stream, long offset) throws CliException, IOException {
        Map<String, String> query =
                Map.of("stream", stream, "follow", String.valueOf(follow), "offset", String.valueOf(offset));
        NodeClient.Stream answer = session.node().open(Route.TASK_LOGS, List.of(task), query, Optional.empty());
        if (answer.head.status() == 200) {
            return answer;
        }
        try (answer) {
            throw NodeClient.failure(
                    new Answer(answer.head.status(), answer.head.headers(), answer.body.readAllBytes()));
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
