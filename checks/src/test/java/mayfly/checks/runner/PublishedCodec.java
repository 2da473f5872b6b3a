package mayfly.checks.runner;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mayfly.checks.npm.NpmPackages;

/** A Node.js that decodes and encodes with the codec that Rivet publishes; one process for many messages. */
final class PublishedCodec implements AutoCloseable {
    private final Process process;
    private final PrintWriter requests;
    private final BufferedReader answers;

    private PublishedCodec(Process process) {
        this.process = process;
        requests = new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static PublishedCodec start(NpmPackages packages) throws IOException {
        return new PublishedCodec(packages.script(PublishedCodec.class, "codec.mjs")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** What each of the lines is answered with; see the script. */
    List<String> askEach(List<String> lines) throws IOException {
        Thread writer = Thread.ofVirtual().start(() -> {
            lines.forEach(requests::println);
            requests.flush();
        });
        List<String> all = read(lines.size());
        join(writer);
        return all;
    }

    /** Messages of its own making, each as {@code s HEX} or {@code c HEX}. */
    List<String> generate(int seed, int count) throws IOException {
        requests.println("generate " + Integer.toUnsignedString(seed) + " " + count);
        requests.flush();
        return read(count);
    }

    private List<String> read(int count) throws IOException {
        List<String> lines = new ArrayList<>(count);
        while (lines.size() < count) {
            String line = answers.readLine();
            if (line == null) {
                throw new IOException("the script ended after " + lines.size() + " answers");
            }
            lines.add(line);
        }
        return lines;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        requests.close();
        process.destroyForcibly();
    }
}
