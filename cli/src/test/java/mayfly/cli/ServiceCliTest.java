package mayfly.cli;

import static mayfly.cli.FakeNode.json;
import static mayfly.cli.FakeNode.problem;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import mayfly.api.Json;
import mayfly.api.ServiceMode;
import mayfly.api.ServiceRequest;
import org.junit.jupiter.api.Test;

/** The commands on services. */
class ServiceCliTest extends CliCase {
    @Test
    void serveCreatesAServiceFromWhatItIsTold() throws Exception {
        node.on("POST /api/v1/services", json(201, service("web", 1)));
        int code = run(
                "serve",
                "-d",
                "--name",
                "web",
                "--port=8080",
                "--guest-port",
                "80",
                "--workers",
                "4",
                "--warmup",
                "2",
                "-e",
                "A=b",
                "--allow-read",
                "/srv/../data",
                "--dir",
                dir.toString(),
                "--memory",
                "64",
                "--request-timeout",
                "1.5",
                "--",
                "python3",
                "-m",
                "http.server",
                "--port");
        assertThat(code).as(err()).isZero();
        assertThat(out())
                .startsWith("web serves 127.0.0.1:8080 with up to 4 machines (version 1);")
                .contains("mayfly rm service/web");
        ServiceRequest request = Json.read(node.asked.getFirst().body(), ServiceRequest.class);
        assertThat(request.name()).contains("web");
        assertThat(request.program()).containsExactly("python3", "-m", "http.server", "--port");
        assertThat(request.listen().orElseThrow().text()).isEqualTo("127.0.0.1:8080");
        assertThat(request.guestPort()).contains(80);
        assertThat(request.workers()).contains(4);
        assertThat(request.warmup()).contains(2);
        assertThat(request.env()).containsExactly(Map.entry("A", "b"));
        assertThat(request.allowRead()).containsExactly(dir.toString(), "/data");
        assertThat(request.directory()).contains(dir.toString());
        assertThat(request.memoryMb()).contains(64);
        assertThat(request.requestTimeoutMs()).contains(1500L);
        assertThat(request.mode()).isEmpty();
        assertThat(run("serve", "-d", "--json", "web")).isZero();
        assertThat(out()).contains("\"address\" : \"127.0.0.1:8080\"");
    }

    @Test
    void serveAllowsTheCurrentDirectoryAndListensWhereItIsTold() throws Exception {
        node.on("POST /api/v1/services", json(201, service("app", 1)));
        assertThat(run("serve", "-d", "/opt/My App.py")).isZero();
        ServiceRequest request = Json.read(node.asked.getLast().body(), ServiceRequest.class);
        String here = Path.of("").toAbsolutePath().toString();
        assertThat(request.name()).contains("my-app-py");
        assertThat(request.directory()).contains(here);
        assertThat(request.allowRead()).containsExactly(here);
        assertThat(request.listen()).isEmpty();
        assertThat(run("serve", "-d", "--listen", "[::1]:80", "--shared", "a")).isZero();
        request = Json.read(node.asked.getLast().body(), ServiceRequest.class);
        assertThat(request.listen().orElseThrow().text()).isEqualTo("[::1]:80");
        assertThat(request.mode()).contains(ServiceMode.SHARED);
        assertThat(run("serve", "-d", "--unix", "web.sock", "--volume", "/a:/b", "--allow-connect", "db:1", "a"))
                .isZero();
        request = Json.read(node.asked.getLast().body(), ServiceRequest.class);
        assertThat(request.listen().orElseThrow().unix()).contains(here + "/web.sock");
        assertThat(request.volumes()).containsExactly("/a:/b");
        assertThat(request.allowConnect()).containsExactly("db:1");
    }

    @Test
    void serveReplacesOnlyWhatItIsTold() {
        node.on("POST /api/v1/services", problem(409, "service.exists", "there is one"))
                .on("PUT /api/v1/services/web", json(200, service("web", 2)));
        assertThat(run("serve", "-d", "--name", "web", "python3")).isZero();
        assertThat(out()).contains("version 2");
        assertThat(run("serve", "-d", "python3")).isEqualTo(Exit.FAILED);
        assertThat(err()).contains("there is a service python3", "--name");
        node.on("POST /api/v1/services", problem(409, "service.address_taken", "127.0.0.1:80 is in use"));
        assertThat(run("serve", "-d", "--name", "web", "python3")).isEqualTo(Exit.FAILED);
        assertThat(err()).isEqualTo("mayfly: 127.0.0.1:80 is in use (service.address_taken)\n");
    }

    @Test
    void serveTellsWhatItDoesNotUnderstand() {
        for (List<String> wrong : List.of(
                List.of("--port", "1", "--unix", "/a"),
                List.of("--listen", "8080"),
                List.of("--listen", "::1:80"),
                List.of("--port", "x"),
                List.of("--shared", "--ephemeral"),
                List.of("--isolation", "vm"),
                List.of("--request-timeout", "soon"))) {
            List<String> words = new java.util.ArrayList<>(List.of("serve", "-d"));
            words.addAll(wrong);
            words.add("python3");
            assertThat(run(words.toArray(String[]::new))).as("%s", wrong).isEqualTo(Exit.USAGE);
        }
        assertThat(node.asked).isEmpty();
    }

    @Test
    void serveFollowsUntilTheServiceIsGone() {
        AtomicInteger calls = new AtomicInteger();
        node.on("POST /api/v1/services", json(201, service("web", 1))).on("GET /api/v1/services/web/logs", exchange -> {
            boolean access = exchange.query().contains("access");
            int call = calls.incrementAndGet();
            if (call > 4) {
                problem(404, "service.not_found", "no web").to(exchange);
            } else {
                exchange.send(200, "text/plain", access ? "one\n" + (call > 2 ? "two\n" : "") : "printed\n");
            }
        });
        assertThat(run("serve", "--name", "web", "python3")).isZero();
        assertThat(out()).contains("Ctrl-C").endsWith("\none\ntwo\n");
        assertThat(err()).isEqualTo("printed\nmayfly: service web is gone\n");
    }

    @Test
    void whatIsNewInALogsTailIsFound() {
        assertThat(ServiceFollow.added("", "a\nb\n")).isEqualTo("a\nb\n");
        assertThat(ServiceFollow.added("a\nb\n", "a\nb\n")).isEmpty();
        assertThat(ServiceFollow.added("a\nb\n", "a\nb\nc\n")).isEqualTo("c\n");
        assertThat(ServiceFollow.added("a\nb\nc\n", "b\nc\nd\n")).isEqualTo("d\n");
        assertThat(ServiceFollow.added("a\na\nb\n", "a\nb\nb\n")).isEqualTo("b\n");
        assertThat(ServiceFollow.added("a\nb\n", "x\ny\n")).isEqualTo("x\ny\n");
    }

    @Test
    void servicesAreListedShownScaledDrainedAndRemoved() {
        node.on("GET /api/v1/services", json(200, "{\"items\":[" + service("web", 2) + "]}"))
                .on("GET /api/v1/services/web", json(200, service("web", 2)))
                .on("GET /api/v1/services/web/logs", exchange -> exchange.send(200, "text/plain", exchange.query()))
                .on("POST /api/v1/services/web/scale", json(200, service("web", 2)))
                .on("POST /api/v1/services/web/drain", json(200, service("web", 2)))
                .on("DELETE /api/v1/services/web", exchange -> exchange.send(204, "text/plain", ""));
        assertThat(run("ls", "services", "--prefix", "w")).isZero();
        assertThat(out()).isEqualTo("""
                        NAME  VERSION  STATUS  ADDRESS         WORKERS  ACTIVE  WAITING  SERVED  FAILED  RESET    PAGES  MEMORY   AGE  PROGRAM
                        web   2        active  127.0.0.1:8080  4        1       2        3       15      0.13 ms  210    1.5 MiB  5s   python3 -m http.server
                        """);
        assertThat(run("get", "service/web")).isZero();
        assertThat(out()).contains("address", "127.0.0.1:8080");
        assertThat(run("logs", "service/web", "--stream", "access")).isZero();
        assertThat(out()).isEqualTo("stream=access");
        assertThat(run("scale", "web", "4")).isZero();
        assertThat(node.asked.getLast().text()).isEqualTo("{\"workers\":4}");
        assertThat(run("scale", "web", "many")).isEqualTo(Exit.USAGE);
        assertThat(run("drain", "service/web")).isZero();
        assertThat(out()).isEqualTo("web active, 4 workers\n");
        assertThat(run("wait", "service/web")).isEqualTo(Exit.USAGE);
        assertThat(run("rm", "service/web")).isZero();
        assertThat(out()).isEqualTo("removed service/web\n");
        assertThat(run("rm", "service/other")).isEqualTo(Exit.NOT_FOUND);
    }

    static String service(String name, int version) {
        return """
                {"id":"svc_1","name":"%s","version":%d,"status":"active","reason":"","address":"127.0.0.1:8080",
                 "program":["python3","-m","http.server"],"mode":"ephemeral","listen":{"host":"127.0.0.1","port":8080},
                 "workers":4,"waiting_max":256,"warmup":0,"env_keys":["A"],"allow_read":[],"memory_mb":256,
                 "request_timeout_ms":300000,"directory":"/","isolation":"any",
                 "machines":{"count":1,"awake":true,"private_bytes":1572864},
                 "connections":{"accepted":21,"active":1,"waiting":2,"served":3,"timed_out":4,"crashed":5,"cancelled":0,
                 "refused":6,"received_bytes":0,"sent_bytes":0,"waited_us":0,"served_us":0},
                 "resets":{"count":15,"p50_us":130,"p99_us":300,"max_us":900,"pages_p50":210,"pages_max":400},
                 "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}""".formatted(name, version);
    }
}
