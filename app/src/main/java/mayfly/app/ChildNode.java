package mayfly.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A node in a process of its own, started with this process's own Java, class files and flags. */
final class ChildNode implements AutoCloseable {
    private final Process process;
    private final String url;

    private ChildNode(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    /** Starts {@code mayfly up} and waits for its ready line. */
    static ChildNode start(String listen, Path data) throws StartException {
        try {
            Process process = new ProcessBuilder(command(listen, data))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            // the writer of this pipe is the node: it is read to its end so that the node never blocks on it
            BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("ready ")) {
                    Thread.ofVirtual().start(() -> readOn(out));
                    return new ChildNode(process, line.split(" ", -1)[1]);
                }
            }
            throw new StartException("the node did not start; its message is above");
        } catch (IOException e) {
            throw new StartException("the node could not be started: " + e, e);
        }
    }

    private static List<String> command(String listen, Path data) {
        ProcessHandle.Info self = ProcessHandle.current().info();
        String[] arguments = self.arguments().orElse(new String[0]);
        int main = Arrays.asList(arguments).indexOf("demo");
        if (main < 0 || self.command().isEmpty()) {
            throw new AssertionError("this process was not started as mayfly demo: " + Arrays.toString(arguments));
        }
        List<String> command = new ArrayList<>();
        command.add(self.command().get());
        command.addAll(Arrays.asList(arguments).subList(0, main));
        command.addAll(List.of("up", "--listen", listen, "--data", data.toString()));
        return command;
    }

    String url() {
        return url;
    }

    long pid() {
        return process.pid();
    }

    /** As kill -9: it gets no chance to clean up. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Waits until it ended by itself or by a signal. */
    int await() {
        return process.onExit().join().exitValue();
    }

    /** Asks it to drain, and waits. */
    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }

    /** Keeps the pipe empty: a full one would stop the node. */
    private static void readOn(BufferedReader out) {
        try (out) {
            String line;
            do {
                line = out.readLine();
            } while (line != null);
        } catch (IOException e) {
            return; // the node was ended, and its pipe with it
        }
    }
}
