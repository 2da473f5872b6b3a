package mayfly.checks.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A node started as users start it, {@code ./mayfly up}, in its own process with its own data directory. */
final class NodeProcess implements AutoCloseable {
    private final Process process;
    private final Path data;
    private final String url;
    private final long readyMicros;

    private NodeProcess(Process process, Path data, String url, long readyMicros) {
        this.process = process;
        this.data = data;
        this.url = url;
        this.readyMicros = readyMicros;
    }

    /** Starts a node on a free loopback port and waits for its ready line. */
    static NodeProcess start(Path home, Path data, String... flags) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(home.resolve("mayfly").toString(), "up", "--listen", "127.0.0.1:0", "--data", data.toString()));
        command.addAll(List.of(flags));
        long begin = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectError(data.resolveSibling(data.getFileName() + ".log").toFile())
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("ready ")) {
                long micros = (System.nanoTime() - begin) / 1000;
                Thread.ofVirtual().start(() -> readOn(out));
                return new NodeProcess(process, data, line.split(" ", -1)[1], micros);
            }
        }
        throw new IOException("the node ended before it was ready; see " + data + ".log");
    }

    String url() {
        return url;
    }

    Path data() {
        return data;
    }

    /** From starting the launcher to its ready line: what a user waits. */
    long readyMicros() {
        return readyMicros;
    }

    long pid() {
        return process.pid();
    }

    /** Processor time that a process and the children it waited for have taken, in milliseconds; steps of 10. */
    static long processorMillis(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = 0;
        for (int i = 11; i <= 14; i++) { // utime, stime, cutime, cstime of proc(5)
            ticks += Long.parseLong(fields[i]);
        }
        return ticks * 10;
    }

    /** Resident memory of the node's process in KiB. */
    long residentKib() throws IOException {
        return statusKib(process.pid(), "VmRSS:");
    }

    static long statusKib(long pid, String key) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("no " + key + " for process " + pid);
    }

    /** As kill -9 of a user: nothing is cleaned up. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Asks it to drain and waits. */
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
