package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.http.Headers;
import mayfly.http.HttpServer;
import mayfly.http.HttpServerSpec;
import org.junit.jupiter.api.Test;

/** What is expected of calls on pools and namespaces was answered by Rivet's engine 2.3.19 to the same requests, but for words that only people read. */
final class RivetPoolsTest extends RivetCase {
    @Test
    void poolsAreDefined() throws Exception {
        String put = "PUT /runner-configs/s?namespace=default";
        String serverless = "{\"datacenters\":{\"default\":{\"serverless\":{\"url\":\"http://127.0.0.1:1/x\","
                + "\"request_lifespan\":100,\"drain_grace_period\":10}}}}";
        assertThat(done(put, serverless).at("endpoint_config_changed")).isEqualTo(JsonValue.of(true));
        assertThat(done(put, serverless).at("endpoint_config_changed")).isEqualTo(JsonValue.of(false));
        assertThat(done(put, serverless.replace("\"url\"", "\"max_runners\":7,\"bogus\":1,\"url\""))
                        .at("endpoint_config_changed"))
                .isEqualTo(JsonValue.of(false));
        assertThat(done(put, serverless.replace("\"url\"", "\"headers\":{\"a\":\"b\"},\"url\""))
                        .at("endpoint_config_changed"))
                .isEqualTo(JsonValue.of(true));
        Reply got = done("GET /runner-configs?namespace=default&runner_names=s,t", null);
        assertThat(Json.text(got.at("runner_configs", "s", "datacenters", "default", "serverless")))
                .isEqualTo("{\"url\":\"http://127.0.0.1:1/x\",\"headers\":{\"a\":\"b\"},\"request_lifespan\":100,"
                        + "\"max_concurrent_actors\":1000,\"drain_grace_period\":10,\"slots_per_runner\":1,"
                        + "\"min_runners\":0,\"max_runners\":1000,\"runners_margin\":0,"
                        + "\"drain_on_version_upgrade\":true,\"actor_eviction_delay\":0,"
                        + "\"actor_eviction_period\":0,\"actor_eviction_rate\":1.0}");
        assertThat(got.at("runner_configs", "t")).isEqualTo(JsonValue.NULL);
        done("PUT /runner-configs/n?namespace=default", POOL);
        assertThat(done("PUT /runner-configs/n?namespace=default", POOL).at("endpoint_config_changed"))
                .isEqualTo(JsonValue.of(true));
        assertThat(done("GET /runner-configs?namespace=default&variant=normal", null)
                        .at("runner_configs", "s"))
                .isEqualTo(JsonValue.NULL);
        // What rivetkit's own configureRunnerPool sends, and the engine it was made for refuses.
        done(
                put,
                "{\"datacenters\":{\"default\":{\"serverless\":{\"url\":\"http://127.0.0.1:1/x\",\"headers\":{},"
                        + "\"request_lifespan\":900,\"metadata_poll_interval\":5000},\"metadata\":{\"provider\":\"custom\"}}}}");

        refused(put, "{}", 400, "api.bad_request");
        assertThat(done(put, "{\"datacenters\":{}}").at("endpoint_config_changed"))
                .isEqualTo(JsonValue.of(false));
        refused(put, "{\"datacenters\":{\"default\":{}}}", 400, "api.bad_request");
        refused(put, POOL.replace("default", "mars"), 400, "datacenter.not_found");
        refused(put, serverless.replace("\"request_lifespan\":100,", ""), 400, "api.bad_request");
        refused(put, serverless.replace(":100,", ":\"100\","), 400, "api.bad_request");
        refused(put, serverless.replace(":100,", ":10,"), 400, "runner_config.invalid");
        refused(put, serverless.replace("http://127.0.0.1:1/x", "nope"), 400, "runner_config.invalid");
        assertThat(Json.text(
                        done("DELETE /runner-configs/s?namespace=default", null).body()))
                .isEqualTo("{}");
        assertThat(Json.text(
                        done("DELETE /runner-configs/s?namespace=default", null).body()))
                .isEqualTo("{}");
        assertThat(done("GET /runner-configs?namespace=default", null).at("runner_configs", "s"))
                .isEqualTo(JsonValue.NULL);
    }

    @Test
    void aPoolOfProgramsSaysEveryDefault() throws Exception {
        done(
                "PUT /runner-configs/h?namespace=default",
                "{\"datacenters\":{\"default\":{\"hosted\":{\"command\":[\"true\",\"x\"],\"env\":{\"A\":\"b\"}}}}}");
        Reply got = done("GET /runner-configs?namespace=default&variant=hosted", null);
        assertThat(Json.text(got.at("runner_configs", "h", "datacenters", "default", "hosted")))
                .isEqualTo("{\"command\":[\"true\",\"x\"],\"env\":{\"A\":\"b\"},\"idle_seconds\":30,"
                        + "\"slots_per_runner\":100,\"min_runners\":0,\"max_runners\":64,\"runners_margin\":0,"
                        + "\"drain_on_version_upgrade\":true}");
        refused(
                "PUT /runner-configs/h?namespace=default",
                "{\"datacenters\":{\"default\":{\"hosted\":{\"command\":[]}}}}",
                400,
                "runner_config.invalid");
    }

    @Test
    void anEndpointIsAskedWhatItIs() throws Exception {
        String check = "POST /runner-configs/serverless-health-check?namespace=default";
        Reply nobody = done(check, "{\"url\":\"http://127.0.0.1:1/x\",\"headers\":{}}");
        assertThat(nobody.text("failure", "error", "metadata", "kind")).isEqualTo("request_failed");
        assertThat(done(check, "{\"url\":\"nope\"}").text("failure", "error", "metadata", "kind"))
                .isEqualTo("invalid_request");
        refused(check, "{}", 400, "api.bad_request");
        refused(check, "{\"url\":\"http://a\",\"bogus\":1}", 400, "api.bad_request");
        try (HttpServer endpoint = HttpServer.start(
                HttpServerSpec.at("127.0.0.1", 0),
                exchange -> exchange.send(
                        200,
                        Headers.of("content-type", "application/json"),
                        "{\"runtime\":\"rivetkit\",\"version\":\"9\",\"actorNames\":{}}"
                                .getBytes(StandardCharsets.UTF_8)))) {
            String url = "http://127.0.0.1:" + endpoint.address().getPort() + "/api";
            assertThat(done(check, "{\"url\":\"" + url + "\"}").text("success", "version"))
                    .isEqualTo("9");
        }
        refused("POST /runner-configs/none/refresh-metadata?namespace=default", "{}", 400, "runner_config.not_found");
        done(
                "PUT /runner-configs/s?namespace=default",
                "{\"datacenters\":{\"default\":{\"serverless\":{\"url\":\"http://127.0.0.1:1/x\",\"request_lifespan\":9}}}}");
        refused(
                "POST /runner-configs/s/refresh-metadata?namespace=default",
                "{}",
                400,
                "serverless_runner_pool.failed_to_fetch_metadata");
    }

    @Test
    void namespacesAreMade() throws Exception {
        Reply two = done("POST /namespaces", "{\"name\":\"two\",\"display_name\":\"Two\"}");
        assertThat(two.text("namespace", "name")).isEqualTo("two");
        assertThat(two.text("namespace", "display_name")).isEqualTo("Two");
        refused("POST /namespaces", "{\"name\":\"two\",\"display_name\":\"Two\"}", 400, "namespace.name_not_unique");
        refused(
                "POST /namespaces",
                "{\"name\":\"Two Words\",\"display_name\":\"x\"}",
                400,
                "namespace.failed_to_create");
        refused("POST /namespaces", "{\"name\":\"\",\"display_name\":\"x\"}", 400, "namespace.failed_to_create");
        refused("POST /namespaces", "{\"name\":\"four\",\"display_name\":\"\"}", 400, "namespace.failed_to_create");
        refused("POST /namespaces", "{\"name\":\"three\"}", 400, "api.bad_request");
        refused("POST /namespaces", "{\"name\":\"five\",\"display_name\":\"5\",\"x\":1}", 400, "api.bad_request");
        Reply all = done("GET /namespaces", null);
        assertThat(all.text("namespaces", "0", "name")).isEqualTo("two");
        assertThat(all.text("namespaces", "1", "name")).isEqualTo("default");
        Reply page = done("GET /namespaces?limit=1", null);
        Reply next = done("GET /namespaces?cursor=" + page.text("pagination", "cursor"), null);
        assertThat(next.text("namespaces", "0", "name")).isEqualTo("default");
        assertThat(done("GET /namespaces?name=two", null).text("namespaces", "0", "name"))
                .isEqualTo("two");
        String id = two.text("namespace", "namespace_id");
        assertThat(done("GET /namespaces?namespace_ids=" + id, null).text("namespaces", "0", "name"))
                .isEqualTo("two");
        refused("GET /namespaces?namespace_ids=abc", null, 400, "api.bad_request");
    }

    @Test
    void withoutRunnersTheListsAreEmpty() throws Exception {
        assertThat(Json.text(done("GET /runners?namespace=default&name=p&include_stopped=true", null)
                        .body()))
                .isEqualTo("{\"runners\":[],\"pagination\":{\"cursor\":null}}");
        assertThat(Json.text(done("GET /runners/names?namespace=default", null).body()))
                .isEqualTo("{\"names\":[],\"pagination\":{\"cursor\":null}}");
        assertThat(Json.text(done("GET /envoys?namespace=default", null).body()))
                .isEqualTo("{\"envoys\":[],\"pagination\":{\"cursor\":null}}");
    }
}
