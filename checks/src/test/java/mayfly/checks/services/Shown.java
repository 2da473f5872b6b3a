package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import mayfly.node.ServiceShell;

/** Other people's programs: what is installed, and clients as users run them. */
final class Shown {
    private static final int SECONDS_MAX = 120;

    private Shown() {}

    /** Skips the calling test without it. */
    static void needs(String program, String debianPackage) {
        assumeTrue(
                Files.isExecutable(Path.of(program)),
                () -> "skipped: no " + program + " here (apt-get install " + debianPackage + ")");
    }

    /** Skips the calling test unless that command succeeds, which asks for a module. */
    static void needsModule(String debianPackage, String... command) throws Exception {
        needs(command[0], debianPackage);
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        assumeTrue(
                code == 0,
                () -> "skipped: " + String.join(" ", command) + " fails (apt-get install " + debianPackage + ")");
    }

    /** What a command prints; it must succeed. */
    static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("%s: %s", command, printed).isZero();
        return printed;
    }

    static String url(ServiceShell service) {
        return "http://" + service.address() + "/";
    }

    /** What curl prints; {@code options} before as many times the service's URL as is said. */
    static String curl(ServiceShell service, int urls, String... options) throws Exception {
        needs("/usr/bin/curl", "curl");
        List<String> command = new ArrayList<>(List.of("/usr/bin/curl", "-sS", "--fail", "--max-time", "60"));
        command.addAll(List.of(options));
        for (int i = 0; i < urls; i++) {
            command.add(url(service));
        }
        return run(command);
    }

    /** A client's end of a WebSocket: the JDK's, which nobody here wrote. */
    static final class Talk implements WebSocket.Listener {
        private final StringBuilder part = new StringBuilder();
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final WebSocket socket;

        Talk(HttpClient client, ServiceShell service) {
            socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://" + service.address() + "/"), this)
                    .join();
        }

        String say(String text) throws InterruptedException {
            socket.sendText(text, true).join();
            return next();
        }

        /** The next text, or "closed CODE" of the other side's part of the closing handshake. */
        String next() throws InterruptedException {
            String next = heard.poll(SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(next).as("an answer").isNotNull();
            return next;
        }

        String close() throws InterruptedException {
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").join();
            return next();
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                heard.add(part.toString());
                part.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            heard.add("closed " + status);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            heard.add("error " + error);
        }
    }
}
