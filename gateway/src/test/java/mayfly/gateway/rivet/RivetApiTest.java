package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.store.KvPair;
import org.junit.jupiter.api.Test;

/** What is expected of calls on actors was answered by Rivet's engine 2.3.19 to the same requests, but for words that only people read. */
final class RivetApiTest extends RivetCase {

    @Test
    void whatIsNotRivetsIsLeftToOthers() throws Exception {
        assertThat(send("GET /health", null).status()).isEqualTo(418);
        assertThat(send("GET /api/v1/functions", null).status()).isEqualTo(418);
        assertThat(send("GET /actorsx", null).status()).isEqualTo(418);
        refused("GET /actors/", null, 404, "api.not_found");
        refused("GET /actors/x/kv", null, 404, "api.not_found");
        refused("GET /runners/x", null, 404, "api.not_found");
        Reply wrong = send("PATCH /actors", null);
        assertThat(wrong.status()).isEqualTo(405);
        assertThat(wrong.raw().headers().firstValue("allow")).contains("GET,HEAD,POST,PUT");
        assertThat(send("GET /actors/act?namespace=default", null)
                        .raw()
                        .headers()
                        .firstValue("allow"))
                .contains("DELETE");
        assertThat(send("HEAD /actors?namespace=default&name=x", null).status()).isEqualTo(200);
    }

    @Test
    void aClientHearsFirstWhatThisIs() throws Exception {
        Reply metadata = done("GET /metadata", null);
        assertThat(metadata.text("runtime")).isEqualTo("engine");
        assertThat(metadata.text("version")).isEqualTo("1.2.3");
        assertThat(metadata.at("envoy_protocol_version"))
                .as("clients that see one use another protocol")
                .isEqualTo(JsonValue.NULL);
        Reply here = done("GET /datacenters?namespace=default&x=1", null);
        assertThat(Json.text(here.at("datacenters", "0")))
                .isEqualTo("{\"label\":1,\"name\":\"default\",\"url\":\"http://127.0.0.1:"
                        + server.address().getPort() + "/\"}");
    }

    @Test
    void aTokenIsDemandedOfAllButMetadata() throws Exception {
        locked = true;
        assertThat(send("GET /metadata", null).status()).isEqualTo(200);
        Reply none = send("GET /actors?namespace=default&name=x", null);
        assertThat(none.status()).isEqualTo(403);
        assertThat(Json.text(none.body()))
                .isEqualTo(
                        "{\"group\":\"api\",\"code\":\"forbidden\",\"message\":\"Access denied: Token not provided\","
                                + "\"metadata\":{\"reason\":\"Token not provided\"}}");
        Reply wrong = send("GET /datacenters", null, "authorization", "Bearer wrong");
        assertThat(wrong.text("metadata", "reason")).isEqualTo("Invalid token");
        assertThat(send("GET /datacenters", null, "authorization", "Bearer dev").status())
                .isEqualTo(200);
        refused("GET /actors/x/y/z", null, 403, "api.forbidden");
    }

    @Test
    void aBrowserMayAskFirst() throws Exception {
        Reply asked = send(
                "OPTIONS /actors",
                null,
                "origin",
                "http://a.b",
                "access-control-request-method",
                "PUT",
                "access-control-request-headers",
                "x,y");
        assertThat(asked.status()).isEqualTo(200);
        var headers = asked.raw().headers();
        assertThat(headers.firstValue("access-control-allow-origin")).contains("http://a.b");
        assertThat(headers.firstValue("access-control-allow-methods")).contains("PUT");
        assertThat(headers.firstValue("access-control-allow-headers")).contains("x,y");
        assertThat(headers.firstValue("access-control-allow-credentials")).contains("true");
        var plain = done("GET /datacenters", null).raw().headers();
        assertThat(plain.firstValue("access-control-allow-origin")).isEmpty();
    }

    @Test
    void everyCallNamesItsNamespace() throws Exception {
        for (String line : List.of(
                "GET /actors?name=x",
                "PUT /actors",
                "GET /actors/names",
                "DELETE /actors/act",
                "GET /runners",
                "GET /runners/names",
                "GET /runner-configs",
                "DELETE /runner-configs/p",
                "GET /envoys")) {
            refused(line, null, 400, "api.bad_request");
            assertThat(send(line, null).text("metadata", "reason"))
                    .isEqualTo("Failed to deserialize query string: missing field `namespace`");
            String other = line + (line.contains("?") ? "&" : "?") + "namespace=nowhere";
            refused(other, null, 400, "namespace.not_found");
        }
    }

    @Test
    void whatNobodyKnowsInAQueryIsRefused() throws Exception {
        String actors = "GET /actors?namespace=default&name=x";
        refused(actors + "&bogus=1", null, 400, "api.bad_request");
        refused(actors + "&name=y", null, 400, "api.bad_request");
        refused(actors + "&limit=abc", null, 400, "api.bad_request");
        refused(actors + "&include_destroyed=maybe", null, 400, "api.bad_request");
        refused(actors + "&cursor=abc", null, 400, "api.bad_request");
        refused("GET /runners?namespace=default&bogus=1", null, 400, "api.bad_request");
        refused("GET /runners?namespace=default&runner_ids=abc", null, 400, "api.bad_request");
        refused("GET /runner-configs?namespace=default&variant=odd", null, 400, "api.bad_request");
        done(actors + "&limit=0", null);
        done(actors + "&limit=100000", null);
        assertThat(Json.text(done(actors, null).body())).isEqualTo("{\"actors\":[],\"pagination\":{\"cursor\":null}}");
    }

    @Test
    void bodiesAreStrict() throws Exception {
        done("PUT /runner-configs/p?namespace=default", POOL);
        String put = "PUT /actors?namespace=default";
        for (String bad : List.of(
                "{}",
                "{\"name\":\"a\"}",
                "notjson",
                "[1]",
                "{\"name\":1}",
                ACTOR.replace("}", ",\"bogus\":1}"),
                ACTOR.replace("}", ",\"name\":\"b\"}"),
                ACTOR.replace("\"sleep\"", "\"odd\""),
                ACTOR.replace("\"a\"", "null"),
                ACTOR.replace("}", ",\"input\":\"!!\"}"))) {
            refused(put, bad, 400, "api.bad_request");
        }
        refused(put, null, 400, "api.bad_request");
        assertThat(send("POST /actors?namespace=default", null).text("metadata", "reason"))
                .isEqualTo("Expected request with `Content-Type: application/json`");
        refused(put, ACTOR.replace("}", ",\"datacenter\":\"mars\"}"), 400, "datacenter.not_found");
        refused(put, ACTOR.replace("\"a\"", "\"\""), 400, "actor.empty_key");
        refused(put, ACTOR.replace("\"a\"", "\"" + "k".repeat(1025) + "\""), 400, "actor.key_too_large");
        refused(put, ACTOR.replace("}", ",\"input\":\"" + "A".repeat(8 << 20) + "\"}"), 400, "api.bad_request");
        done(put, ACTOR.replace("}", ",\"datacenter\":\"default\",\"input\":null}"));
    }

    @Test
    void anActorIsMadeOnceForAKey() throws Exception {
        String put = "PUT /actors?namespace=default";
        Reply none = send(put, ACTOR);
        assertThat(none.status()).isEqualTo(400);
        assertThat(none.text("code")).isEqualTo("no_runner_config_configured");
        assertThat(Json.text(none.at("metadata"))).contains("\"namespace\":\"default\"", "\"pool_name\":\"p\"");

        done("PUT /runner-configs/p?namespace=default", POOL);
        Reply first = done(put, ACTOR);
        assertThat(first.at("created")).isEqualTo(JsonValue.of(true));
        assertThat(((JsonValue.JsonObject) first.at("actor")).members().keySet())
                .startsWith(
                        "actor_id",
                        "name",
                        "key",
                        "namespace_id",
                        "datacenter",
                        "runner_name_selector",
                        "crash_policy",
                        "create_ts",
                        "start_ts",
                        "pending_allocation_ts",
                        "connectable_ts",
                        "sleep_ts",
                        "reschedule_ts",
                        "destroy_ts");
        assertThat(first.text("actor", "datacenter")).isEqualTo("default");
        assertThat(first.text("actor", "crash_policy")).isEqualTo("sleep");
        assertThat(first.at("actor", "start_ts")).isEqualTo(JsonValue.NULL);
        String id = first.text("actor", "actor_id");
        Reply again = done(put, ACTOR);
        assertThat(again.at("created")).isEqualTo(JsonValue.of(false));
        assertThat(again.text("actor", "actor_id")).isEqualTo(id);
        Reply taken = send("POST /actors?namespace=default", ACTOR);
        assertThat(taken.status()).isEqualTo(400);
        assertThat(taken.text("group") + "." + taken.text("code")).isEqualTo("actor.duplicate_key");
        assertThat(taken.text("metadata", "existing_actor_id")).isEqualTo(id);
        assertThat(taken.text("metadata", "key")).isEqualTo("a");
        Reply keyless = done("POST /actors?namespace=default", ACTOR.replace("\"a\"", "null"));
        assertThat(keyless.at("actor", "key")).isEqualTo(JsonValue.NULL);
    }

    @Test
    void actorsAreListedByPages() throws Exception {
        done("PUT /runner-configs/p?namespace=default", POOL);
        String first = made(ACTOR);
        String second = made(ACTOR.replace("\"a\"", "\"b\""));
        made(ACTOR.replace("counter", "other"));
        String list = "GET /actors?namespace=default&name=counter";
        Reply page = done(list + "&limit=1", null);
        assertThat(page.text("actors", "0", "actor_id")).isEqualTo(second);
        String cursor = page.text("pagination", "cursor");
        Reply next = done(list + "&limit=1&cursor=" + cursor, null);
        assertThat(next.text("actors", "0", "actor_id")).isEqualTo(first);
        Reply end = done(list + "&limit=1&cursor=" + next.text("pagination", "cursor"), null);
        assertThat(Json.text(end.body())).isEqualTo("{\"actors\":[],\"pagination\":{\"cursor\":null}}");
        assertThat(done(list + "&key=b", null).text("actors", "0", "actor_id")).isEqualTo(second);

        refused("GET /actors?namespace=default", null, 400, "validation.invalid_input");
        refused("GET /actors?namespace=default&key=x", null, 400, "validation.invalid_input");
        refused("GET /actors?namespace=default&actor_ids=abc", null, 400, "validation.invalid_input");
        refused("GET /actors?namespace=default&key=k&actor_ids=" + first, null, 400, "validation.invalid_input");
        String unknown = "act" + "0".repeat(26);
        Reply byId = done("GET /actors?namespace=default&actor_ids=" + unknown + ",zz," + second + "," + first, null);
        assertThat(byId.text("actors", "0", "actor_id")).isEqualTo(second);
        assertThat(byId.text("actors", "1", "actor_id")).isEqualTo(first);
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 33; i++) {
            many.append("%sact%026d".formatted(i == 0 ? "" : ",", i));
        }
        refused("GET /actors?namespace=default&actor_ids=" + many, null, 400, "validation.too_many_actor_ids");

        Reply names = done("GET /actors/names?namespace=default", null);
        assertThat(Json.text(names.body()))
                .isEqualTo("{\"names\":{\"counter\":{\"metadata\":{}},\"other\":{\"metadata\":{}}},"
                        + "\"pagination\":{\"cursor\":\"other\"}}");
        assertThat(done("GET /actors/names?namespace=default&cursor=counter", null)
                        .at("names", "counter"))
                .isEqualTo(JsonValue.NULL);
    }

    @Test
    void anActorEnds() throws Exception {
        done("PUT /runner-configs/p?namespace=default", POOL);
        String id = made(ACTOR);
        String path = "/actors/" + id;
        done("POST " + path + "/sleep?namespace=default", "{}");
        done("POST " + path + "/reschedule?namespace=default", "{}");
        refused("POST " + path + "/sleep?namespace=default", "{\"x\":1}", 400, "api.bad_request");
        refused("POST " + path + "/sleep?namespace=default", null, 400, "api.bad_request");
        refused("DELETE /actors/abc?namespace=default", null, 400, "api.bad_request");
        refused("DELETE /actors/act" + "0".repeat(26) + "?namespace=default", null, 400, "actor.not_found");
        done("POST /namespaces", "{\"name\":\"two\",\"display_name\":\"Two\"}");
        refused("DELETE " + path + "?namespace=two", null, 400, "actor.not_found");
        refused("GET " + path + "/kv/keys/AQ==?namespace=default", null, 400, "actor.kv_key_not_found");
        store.actors()
                .kvPut(
                        new ActorId(id),
                        List.of(new KvPair(new byte[] {1}, "hi".getBytes(StandardCharsets.UTF_8))),
                        Clock.system().now())
                .join();
        for (String key : List.of("AQ==", "AQ", "AQ%3D%3D")) {
            assertThat(done("GET " + path + "/kv/keys/" + key + "?namespace=default", null)
                            .text("value"))
                    .isEqualTo("aGk=");
        }
        refused("GET " + path + "/kv/keys/!!?namespace=default", null, 400, "api.bad_request");
        assertThat(Json.text(done("DELETE " + path + "?namespace=default", null).body()))
                .isEqualTo("{}");
        assertThat(Json.text(done("DELETE " + path + "?namespace=default", null).body()))
                .as("also when it was destroyed before")
                .isEqualTo("{}");
        assertThat(done("GET /actors?namespace=default&name=counter", null).text("actors"))
                .isEqualTo("[]");
        Reply gone = done("GET /actors?namespace=default&name=counter&include_destroyed=true", null);
        assertThat(gone.at("actors", "0", "destroy_ts")).isInstanceOf(JsonValue.JsonNumber.class);
        Reply byId = done("GET /actors?namespace=default&actor_ids=" + id, null);
        assertThat(byId.at("actors", "0", "destroy_ts")).isInstanceOf(JsonValue.JsonNumber.class);
        assertThat(done("PUT /actors?namespace=default", ACTOR).at("created")).isEqualTo(JsonValue.of(true));
    }
}
