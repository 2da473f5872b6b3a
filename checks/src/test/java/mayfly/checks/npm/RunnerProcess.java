package mayfly.checks.npm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A process of Node.js with an unmodified runner of Rivet's in it, whose actors do what a test asks of them. */
final class RunnerProcess implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final Queue<JsonNode> told = new ConcurrentLinkedQueue<>();

    private volatile boolean killed;

    private RunnerProcess(Process process) {
        this.process = process;
        Thread.ofVirtual().start(this::read);
    }

    static RunnerProcess start(NpmPackages packages, String endpoint, String pool, Map<String, String> environment)
            throws IOException {
        ProcessBuilder builder = packages.script(RunnerProcess.class, "gateway_runner.mjs", endpoint, "default", pool);
        builder.environment().putAll(environment);
        return new RunnerProcess(
                builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("{")) {
                    told.add(JSON.readTree(line));
                }
            }
        } catch (IOException e) {
            if (!killed) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Everything of a kind that it told so far. */
    List<JsonNode> told(String what) {
        return told.stream()
                .filter(it -> it.path("what").asString().equals(what))
                .toList();
    }

    boolean isConnected() {
        return !told("connected").isEmpty();
    }

    /** As kill -9: its actors hear nothing. */
    void kill9() {
        killed = true;
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        kill9();
    }
}
