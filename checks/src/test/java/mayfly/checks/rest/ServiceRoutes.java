package mayfly.checks.rest;

import static mayfly.checks.rest.RouteContractTest.fails;
import static mayfly.checks.rest.RouteContractTest.names;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mayfly.machine.HostReport;
import mayfly.machine.kvm.KvmDriver;

/** What {@link RouteContractTest} asks of the routes of services; they need virtual machines. */
final class ServiceRoutes {
    private final Rest rest;

    ServiceRoutes(Rest rest) {
        this.rest = rest;
    }

    private Reply serve(String name, Map<String, ?> settings) {
        HostReport machines = KvmDriver.examine(Map.of());
        assumeTrue(
                machines.usable(),
                () -> "skipped: no virtual machines here: "
                        + machines.features().getFirst().detail());
        Map<String, Object> service = new HashMap<>();
        service.put("name", name);
        service.put("program", List.of("python3", "-m", "http.server", "8000"));
        service.putAll(settings);
        return rest.post("/api/v1/services", service);
    }

    private Reply served(String name) {
        Reply created = serve(name, Map.of("env", Map.of("SECRET", "hidden"), "workers", 2));
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        return created;
    }

    void create() {
        Reply created = served("created");
        assertThat(created.field("status")).isEqualTo("active");
        assertThat(created.field("address")).startsWith("127.0.0.1:");
        assertThat(created.text()).contains("SECRET").doesNotContain("hidden");
        fails(serve("created", Map.of()), 409, "service.exists");
        fails(serve("Not Valid", Map.of()), 400, "service.invalid");
        Reply unbuilt = serve("unbuilt", Map.of("isolation", "wasm"));
        fails(unbuilt, 400, "service.invalid");
        assertThat(unbuilt.text()).contains("leave it out, or say kvm or process");
        fails(serve("other", Map.of("volumes", List.of("/no/such/directory:/b"))), 400, "service.invalid");
        fails(serve("other", Map.of("allow_connect", List.of("db"))), 400, "service.invalid");
        fails(serve("other", Map.of("program", List.of("no-such-program"))), 400, "service.invalid");
        fails(serve("other", Map.of("directory", "/no/such/directory")), 400, "service.invalid");
        fails(serve("other", Map.of("listen", Map.of("host", "192.0.2.1"))), 400, "service.invalid");
        Reply crashed = serve("other", Map.of("program", List.of("python3", "-c", "print('oh no')")));
        fails(crashed, 422, "service.init_failed");
        assertThat(crashed.text()).contains("oh no");
        int port = Integer.parseInt(created.field("address").replaceAll(".*:", ""));
        Reply taken = serve("other", Map.of("listen", Map.of("port", port)));
        fails(taken, 409, "service.address_taken");
        assertThat(taken.text()).contains("127.0.0.1:" + port + " is in use");
        fails(rest.get("/api/v1/services/other"), 404, "service.not_found");
        rest.delete("/api/v1/services/created");
    }

    void list() {
        served("list-b");
        served("list-a");
        Reply page = rest.get("/api/v1/services?prefix=list-&limit=1");
        assertThat(names(page)).containsExactly("list-a");
        Reply next = rest.get("/api/v1/services?prefix=list-&cursor=" + page.field("next"));
        assertThat(names(next)).containsExactly("list-b");
        fails(rest.get("/api/v1/services?limit=0"), 400, "request.invalid");
        rest.delete("/api/v1/services/list-a");
        rest.delete("/api/v1/services/list-b");
    }

    void get() {
        served("got");
        Reply got = rest.get("/api/v1/services/got");
        assertThat(got.json().path("version").asInt()).isEqualTo(1);
        assertThat(got.json().path("connections").path("accepted").asInt()).isZero();
        fails(rest.get("/api/v1/services/nobody"), 404, "service.not_found");
        rest.delete("/api/v1/services/got");
    }

    void replace() {
        served("replaced");
        Map<String, Object> service = Map.of("program", List.of("python3", "-m", "http.server"), "workers", 3);
        Reply replaced = rest.put("/api/v1/services/replaced", service);
        assertThat(replaced.status()).as("%s", replaced).isEqualTo(200);
        assertThat(replaced.json().path("version").asInt()).isEqualTo(2);
        Map<String, Object> elsewhere =
                Map.of("program", List.of("python3", "-m", "http.server"), "listen", Map.of("host", "127.0.0.2"));
        fails(rest.put("/api/v1/services/replaced", elsewhere), 400, "service.invalid");
        Reply failed = rest.put("/api/v1/services/replaced", Map.of("program", List.of("python3", "-c", "1/0")));
        fails(failed, 422, "service.init_failed");
        assertThat(failed.text()).contains("ZeroDivisionError");
        assertThat(rest.get("/api/v1/services/replaced").json().path("version").asInt())
                .isEqualTo(2);
        fails(rest.put("/api/v1/services/nobody", service), 404, "service.not_found");
        rest.delete("/api/v1/services/replaced");
    }

    void declare() {
        served("elsewhere"); // skips where there are no virtual machines
        rest.delete("/api/v1/services/elsewhere");
        String path = "/api/v1/services/declared/declare";
        Map<String, Object> service = Map.of("program", List.of("python3", "-m", "http.server", "8000"), "workers", 2);
        Reply declared = rest.post(path, service);
        assertThat(declared.field("change")).as("%s", declared).isEqualTo("created");
        declared = rest.post(path, service);
        assertThat(declared.field("change")).isEqualTo("unchanged");
        assertThat(declared.json().path("service").path("version").asInt()).isEqualTo(1);
        rest.post("/api/v1/services/declared/scale", Map.of("workers", 5));
        declared = rest.post(path, service);
        assertThat(declared.field("change")).isEqualTo("replaced");
        assertThat(declared.json().path("service").path("workers").asInt()).isEqualTo(2);
        rest.post("/api/v1/services/declared/drain", Map.of());
        assertThat(rest.post(path, service).field("change")).as("not running").isEqualTo("replaced");
        fails(rest.post(path, Map.of("program", List.of())), 400, "service.invalid");
        fails(rest.post(path, Map.of("program", List.of("python3", "-c", "1/0"))), 422, "service.init_failed");
        rest.delete("/api/v1/services/declared");
    }

    void delete() {
        served("deleted");
        assertThat(rest.delete("/api/v1/services/deleted").status()).isEqualTo(204);
        fails(rest.delete("/api/v1/services/deleted"), 404, "service.not_found");
    }

    void logs() {
        served("logged");
        assertThat(rest.get("/api/v1/services/logged/logs").text()).isEmpty();
        assertThat(rest.get("/api/v1/services/logged/logs?stream=access").text())
                .isEmpty();
        fails(rest.get("/api/v1/services/logged/logs?stream=stdout"), 400, "request.invalid");
        fails(rest.get("/api/v1/services/nobody/logs"), 404, "service.not_found");
        rest.delete("/api/v1/services/logged");
    }

    void scale() {
        served("scaled");
        Reply scaled = rest.post("/api/v1/services/scaled/scale", Map.of("workers", 5));
        assertThat(scaled.json().path("workers").asInt()).isEqualTo(5);
        fails(rest.post("/api/v1/services/scaled/scale", Map.of("workers", 0)), 400, "service.invalid");
        fails(rest.post("/api/v1/services/nobody/scale", Map.of("workers", 5)), 404, "service.not_found");
        rest.delete("/api/v1/services/scaled");
    }

    void drain() {
        served("drained");
        Reply drained = rest.post("/api/v1/services/drained/drain", Map.of());
        assertThat(drained.field("status")).isEqualTo("drained");
        fails(rest.post("/api/v1/services/drained/drain", Map.of()), 409, "service.not_running");
        fails(rest.post("/api/v1/services/drained/scale", Map.of("workers", 2)), 409, "service.not_running");
        fails(rest.post("/api/v1/services/nobody/drain", Map.of()), 404, "service.not_found");
        Reply again = rest.put("/api/v1/services/drained", Map.of("program", List.of("python3", "-m", "http.server")));
        assertThat(again.field("status")).as("%s", again).isEqualTo("active");
        rest.delete("/api/v1/services/drained");
    }
}
