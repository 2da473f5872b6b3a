package mayfly.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.base.Clock;

/**
 * Runs the usual commands against a stand-in for a node, so that the launcher can make an AOT cache of what they load.
 * Changes nothing and prints nothing.
 */
final class Rehearsal {
    private static final String TASK = """
            {"id":"task_00000000000000000000000000","name":"","command":["true"],"env_keys":[],"isolation":"none",\
            "status":"succeeded","exit_code":0,"reason":"","created_at":"2026-01-01T00:00:00Z"}""";
    private static final String FUNCTION = """
            {"id":"fn_00000000000000000000000000","name":"a","version":1,"runtime":"python3","handler":"main.handler",\
            "status":"active","env_keys":[],"memory_mb":1,"timeout_ms":1,"isolation":"any","reuse":"fresh",\
            "record":"grouped","concurrency":1,"min_warm":0,"max_machines":1,"tags":[],"artifact":"",\
            "machines":{"busy":0,"warm":0,"starting":0,"waiting":0},"created_at":"2026-01-01T00:00:00Z",\
            "updated_at":"2026-01-01T00:00:00Z"}""";
    private static final Map<String, String> ANSWERS = Map.of(
            "GET /health",
            "{\"status\":\"ok\",\"runtime\":\"engine\",\"version\":\"0\",\"uptime_ms\":1,\"store\":\"sqlite\",\"driver\":\"process\"}",
            "GET /api/v1/functions",
            "{\"items\":[" + FUNCTION + "]}",
            "GET /api/v1/functions/a",
            FUNCTION,
            "POST /api/v1/functions/a/invoke",
            "{\"message\":\"x\",\"count\":1}",
            "GET /api/v1/tasks",
            "{\"items\":[" + TASK + "]}",
            "GET /api/v1/tasks/t",
            TASK,
            "GET /api/v1/invocations",
            "{\"items\":[]}");

    private Rehearsal() {}

    static int run() {
        try (ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> serve(server));
            String url = "http://127.0.0.1:" + server.getLocalPort();
            for (List<String> command : List.of(
                    List.of("health"),
                    List.of("ls"),
                    List.of("ls", "tasks", "--json"),
                    List.of("ls", "invocations"),
                    List.of("get", "a"),
                    List.of("invoke", "a", "{\"x\": 1}"),
                    List.of("get", "nothing"),
                    List.of("help", "deploy"),
                    List.of("delpoy"))) {
                Cli.run(command, surroundings(url));
            }
            return Exit.OK;
        } catch (IOException e) {
            return Exit.FAILED; // the launcher goes on without a cache
        }
    }

    private static Surroundings surroundings(String url) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        return new Surroundings(
                Map.of("MAYFLY_URL", url),
                new ByteArrayInputStream(new byte[0]),
                nowhere,
                nowhere,
                false,
                Clock.system(),
                Optional.empty());
    }

    private static void serve(ServerSocket server) {
        try {
            while (true) {
                try (Socket socket = server.accept()) {
                    answer(socket);
                }
            }
        } catch (IOException e) {
            // The rehearsal is over, or one call of it is lost: nothing depends on either.
        }
    }

    private static void answer(Socket socket) throws IOException {
        byte[] request = new byte[4096];
        int count = socket.getInputStream().read(request); // our own client sends a small request at once
        String[] line = new String(request, 0, Math.max(0, count), StandardCharsets.US_ASCII).split("[ ?]", 3);
        String body = line.length < 2 ? null : ANSWERS.get(line[0] + " " + line[1]);
        byte[] bytes = (body == null ? "{}" : body).getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + (body == null ? "404 Not Found" : "200 OK")
                + "\r\ncontent-type: application/json\r\ncontent-length: " + bytes.length + "\r\n\r\n";
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(bytes);
        out.flush();
    }
}
