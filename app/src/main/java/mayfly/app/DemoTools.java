package mayfly.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.TaskPage;
import mayfly.api.TaskResponse;

/** What the demo needs of the host: a compiler, a clock on a call, a shell's quoting. */
final class DemoTools {
    private DemoTools() {}

    static boolean has(String program) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    /** Compiles one C file; false when there is no compiler. */
    static boolean compile(Path source, Path program) throws IOException {
        if (!has("gcc")) {
            return false;
        }
        Files.createDirectories(program.toAbsolutePath().getParent());
        Process gcc = new ProcessBuilder(List.of("gcc", "-O2", "-static", "-o", program.toString(), source.toString()))
                .inheritIO()
                .start();
        if (gcc.onExit().join().exitValue() != 0) {
            throw new IOException("gcc could not compile " + source + "; its message is above");
        }
        return true;
    }

    /** Posts over a connection that is kept; the microseconds it took. */
    static long call(String url, String body) throws IOException {
        long begin = System.nanoTime();
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("content-type", "application/json");
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        if (status != 200) {
            byte[] problem = connection.getErrorStream() == null
                    ? new byte[0]
                    : connection.getErrorStream().readAllBytes();
            throw new IOException(url + " answered " + status + ": " + new String(problem, StandardCharsets.UTF_8));
        }
        connection.getInputStream().readAllBytes();
        return (System.nanoTime() - begin) / 1000;
    }

    /** Kills the tasks that the demo started, so that a demo with an end leaves nothing running. */
    static void endTasks(String url) throws IOException {
        try (InputStream in = URI.create(url + "/api/v1/tasks?name=ticker&status=running")
                .toURL()
                .openStream()) {
            TaskPage page = Json.readAnswer(in.readAllBytes(), TaskPage.class);
            for (TaskResponse task : page.items()) {
                call(url + "/api/v1/tasks/" + task.id() + "/kill", "{\"signal\":\"KILL\"}");
            }
        } catch (InvalidException e) {
            throw new IOException("the list of tasks cannot be read: " + e.getMessage(), e);
        }
    }

    /** A word as a shell would need it. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./:=-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
