package mayfly.machine.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** One life of the {@code spawner} role: a child that forks monitors on request and that no monitor needs afterwards. */
final class SpawnerProcess {
    /** How much longer than the spawner itself we wait for its answer. */
    private static final long ANSWER_GRACE_MILLIS = 2_000;

    private final Process process;
    private final OutputStream requests;
    private final ReentrantLock writing = new ReentrantLock();
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<MonitorAnswer>> waiting = new ConcurrentHashMap<>();
    private volatile boolean ended;

    private SpawnerProcess(Process process) {
        this.process = process;
        this.requests = process.getOutputStream();
    }

    /** @param run working directory, where its standard error goes to {@code spawner.log} */
    static SpawnerProcess start(Path executable, Path run) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(executable.toString(), "spawner")
                .directory(run.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        run.resolve("spawner.log").toFile()));
        builder.environment().clear();
        SpawnerProcess spawner = new SpawnerProcess(builder.start());
        Thread.ofPlatform().daemon().name("spawner-answers").start(spawner::readAnswers);
        return spawner;
    }

    /** Has the directory's monitor started; {@code Gone} when this spawner died first. */
    MonitorAnswer spawn(Path directory, long deadlineMillis) throws InterruptedException {
        long id = ids.incrementAndGet();
        CompletableFuture<MonitorAnswer> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        try {
            write(MonitorAnswerCodec.spawn(id, directory.toString(), deadlineMillis));
            if (ended) {
                return new MonitorAnswer.Gone();
            }
            return answer.get(deadlineMillis + ANSWER_GRACE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (IOException brokenPipe) {
            return new MonitorAnswer.Gone();
        } catch (TimeoutException e) {
            return new MonitorAnswer.Silent();
        } catch (ExecutionException e) {
            throw new AssertionError("answers are completed with values only", e);
        } finally {
            waiting.remove(id);
        }
    }

    private void write(String request) throws IOException {
        writing.lock();
        try {
            requests.write(request.getBytes(StandardCharsets.UTF_8));
            requests.flush();
        } finally {
            writing.unlock();
        }
    }

    private void readAnswers() {
        try (BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                MonitorAnswerCodec.parse(line).ifPresent(this::deliver);
            }
        } catch (IOException closed) {
            // The same as end of file: it tells us nothing any more.
        } finally {
            ended = true;
            waiting.values().forEach(answer -> answer.complete(new MonitorAnswer.Gone()));
        }
    }

    private void deliver(MonitorAnswerCodec.Line line) {
        line.id().ifPresent(id -> {
            CompletableFuture<MonitorAnswer> answer = waiting.remove(id);
            if (answer != null) {
                answer.complete(line.answer());
            }
        });
    }

    boolean hasEnded() {
        return ended;
    }

    long pid() {
        return process.pid();
    }

    /** How it ended, for people; waits a moment for the kernel to tell. */
    String obituary() throws InterruptedException {
        if (!process.waitFor(1, TimeUnit.SECONDS)) {
            return "closed its output";
        }
        int status = process.exitValue();
        return status > 128 ? "killed by signal " + (status - 128) : "exit status " + status;
    }

    /** End of file on its input ends it; spawns under way go on without it. */
    void close() {
        try {
            requests.close();
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException alreadyGone) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
