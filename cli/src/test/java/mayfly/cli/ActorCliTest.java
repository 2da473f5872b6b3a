package mayfly.cli;

import static mayfly.cli.FakeNode.json;
import static org.assertj.core.api.Assertions.assertThat;

import mayfly.api.Json;
import org.junit.jupiter.api.Test;

/** The commands on actors, runners and pools. */
class ActorCliTest extends CliCase {
    private static final String ID = "act" + "0".repeat(26);
    private static final long NEW_YEAR = 1_767_225_600_000L;

    private static String actor(String id, String key, String more) {
        return """
                {"actor_id":"%s","name":"counter","key":%s,"namespace_id":"ns1","datacenter":"default",
                "runner_name_selector":"web","crash_policy":"sleep","create_ts":%d,"start_ts":null,
                "pending_allocation_ts":null,"connectable_ts":null,"sleep_ts":null,"reschedule_ts":null,
                "destroy_ts":null%s}""".formatted(id, key, NEW_YEAR, more);
    }

    private static String page(String... actors) {
        return "{\"actors\":[" + String.join(",", actors) + "],\"pagination\":{\"cursor\":\"next\"}}";
    }

    private String asked(int index) {
        return node.asked.get(index).line();
    }

    @Test
    void actorsOfAllNamesAreListed() {
        node.on(
                "GET /actors/names",
                json(200, "{\"names\":{\"counter\":{\"metadata\":{}}},\"pagination\":{\"cursor\":null}}"));
        node.on(
                "GET /actors",
                json(
                        200,
                        page(
                                actor("act1", "\"a/b\"", "").replace("\"connectable_ts\":null", "\"connectable_ts\":5"),
                                actor("act2", "null", ",\"error\":{\"crashed\":{\"message\":\"oh\"}}")
                                        .replace("\"sleep_ts\":null", "\"sleep_ts\":5"))));
        assertThat(run("ls", "actors")).as(err()).isZero();
        assertThat(out()).isEqualTo("""
                ID    NAME     KEY  STATUS    POOL  AGE  ERROR
                act1  counter  a/b  running   web   5s   -
                act2  counter  -    sleeping  web   5s   {"crashed":{"message":"oh"}}
                """);
        assertThat(asked(0)).isEqualTo("GET /actors/names?namespace=default&limit=100");
        assertThat(asked(1)).isEqualTo("GET /actors?namespace=default&name=counter");
        assertThat(run("ls", "actors", "--json")).isZero();
        assertThat(out()).contains("\"actor_id\" : \"act2\"", "\"datacenter\" : \"default\"");
        assertThat(run("ls", "actors", "--key", "a")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("--name");
        assertThat(run("ls", "actors", "--tag", "a")).isEqualTo(Exit.USAGE);
        assertThat(run("ls", "functions", "--all")).isEqualTo(Exit.USAGE);
    }

    @Test
    void actorsOfOneNameAreListedByPages() {
        node.on("GET /actors", json(200, page(actor("act1", "null", ""))));
        assertThat(run(
                        "ls",
                        "actors",
                        "--name",
                        "a b",
                        "--key",
                        "k",
                        "--limit",
                        "1",
                        "--cursor",
                        "c",
                        "--all",
                        "--namespace",
                        "two"))
                .as(err())
                .isZero();
        assertThat(asked(0))
                .isEqualTo("GET /actors?namespace=two&limit=1&name=a+b&include_destroyed=true&key=k&cursor=c");
        assertThat(out()).contains("starting");
        assertThat(err()).contains("there are more: --cursor next");
    }

    @Test
    void everyStatusHasAWord() {
        for (String[] pair : new String[][] {
            {"destroy_ts", "destroyed"},
            {"connectable_ts", "running"},
            {"sleep_ts", "sleeping"},
            {"reschedule_ts", "backing-off"},
            {"pending_allocation_ts", "waiting"},
            {"start_ts", "starting"}
        }) {
            node.on(
                    "GET /actors",
                    json(200, page(actor("act1", "null", "").replace(pair[0] + "\":null", pair[0] + "\":1"))));
            assertThat(run("ls", "actors", "--name", "x")).as(err()).isZero();
            assertThat(out()).contains("  " + pair[1] + "  ");
        }
    }

    @Test
    void runnersAndPoolsAreListed() {
        node.on("GET /runners", json(200, """
                {"runners":[{"runner_id":"run1","namespace_id":"ns1","datacenter":"default","name":"web","key":"k1",
                "version":3,"total_slots":10,"remaining_slots":8,"create_ts":%d,"drain_ts":null,"stop_ts":null,
                "last_ping_ts":%d,"last_connected_ts":1,"last_rtt":0,"metadata":null}],"pagination":{"cursor":"run1"}}
                """.formatted(NEW_YEAR, NEW_YEAR + 3000)));
        assertThat(run("ls", "runners", "--name", "web")).as(err()).isZero();
        assertThat(out()).isEqualTo("""
                ID    POOL  KEY  VERSION  STATUS   ACTORS  SLOTS  HEARD  AGE
                run1  web   k1   3        serving  2       10     2s     5s
                """);
        assertThat(asked(0)).isEqualTo("GET /runners?namespace=default&name=web");
        node.on("GET /runner-configs", json(200, """
                {"runner_configs":{
                "n":{"datacenters":{"default":{"normal":{"drain_on_version_upgrade":true},"protocol_version":null}}},
                "s":{"datacenters":{"default":{"serverless":{"url":"http://a/b","slots_per_runner":1,"min_runners":0,
                "max_runners":9},"runner_pool_error":"serverless_stream_ended_early"}}},
                "h":{"datacenters":{"default":{"hosted":{"command":["node","a.mjs"],"max_runners":4}}}}},
                "pagination":{"cursor":null}}"""));
        assertThat(run("ls", "pools")).as(err()).isZero();
        assertThat(out()).isEqualTo("""
                NAME  KIND        RUNNERS  SLOTS  ERROR                          FROM
                n     normal      -        -      -                              -
                s     serverless  0-9      1      serverless_stream_ended_early  http://a/b
                h     hosted      0-4      -      -                              node a.mjs
                """);
    }

    @Test
    void anActorIsInspectedAndChanged() {
        node.on("GET /actors", json(200, page(actor(ID, "\"k\"", ""))));
        assertThat(run("actor", "inspect", ID)).as(err()).isZero();
        assertThat(asked(0)).isEqualTo("GET /actors?namespace=default&actor_ids=" + ID);
        assertThat(out())
                .contains("actor_id              " + ID, "crash_policy          sleep")
                .doesNotContain("null");
        assertThat(run("actor", "inspect", "--json", ID)).isZero();
        assertThat(out()).contains("\"sleep_ts\" : null");
        node.on("GET /actors", json(200, "{\"actors\":[],\"pagination\":{\"cursor\":null}}"));
        assertThat(run("actor", "inspect", ID)).isEqualTo(Exit.NOT_FOUND);

        node.on("POST /actors/" + ID + "/wake", json(200, "{}")).on("POST /actors/" + ID + "/sleep", json(200, "{}"));
        node.on("DELETE /actors/" + ID, json(200, "{}"));
        assertThat(run("actor", "wake", ID)).as(err()).isZero();
        assertThat(out()).isEqualTo(ID + " was asked to wake\n");
        assertThat(node.asked.getLast().text()).isEqualTo("{}");
        assertThat(run("actor", "sleep", "--namespace", "two", ID)).isZero();
        assertThat(node.asked.getLast().line()).endsWith("/sleep?namespace=two");
        assertThat(run("actor", "destroy", ID)).isZero();
        assertThat(out()).isEqualTo("destroyed " + ID + "\n");
        node.on(
                "DELETE /actors/" + ID,
                json(400, "{\"group\":\"actor\",\"code\":\"not_found\",\"message\":\"The actor does not exist.\"}"));
        assertThat(run("actor", "destroy", ID)).isEqualTo(Exit.NOT_FOUND);
        assertThat(err()).contains("The actor does not exist. (actor.not_found)");
        assertThat(run("actor", "slep", ID)).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("did you mean sleep");
        assertThat(run("actor", "wake", "../x")).isEqualTo(Exit.USAGE);
    }

    @Test
    void aPoolIsSaidToBeOneOfThree() throws Exception {
        node.on("PUT /runner-configs/web%2Fa", json(200, "{\"endpoint_config_changed\":true}"));
        assertThat(run("pool", "set", "web/a")).as(err()).isZero();
        assertThat(out()).isEqualTo("web/a is normal\n");
        assertThat(node.asked.getLast().text()).isEqualTo("{\"datacenters\":{\"default\":{\"normal\":{}}}}");
        assertThat(run(
                        "pool",
                        "set",
                        "web/a",
                        "--serverless",
                        "http://a/b",
                        "--header",
                        "x=y=z",
                        "--slots",
                        "3",
                        "--min=1",
                        "--max",
                        "9",
                        "--margin",
                        "2",
                        "--drain",
                        "5"))
                .as(err())
                .isZero();
        assertThat(node.asked.getLast().text())
                .isEqualTo("{\"datacenters\":{\"default\":{\"serverless\":{\"url\":\"http://a/b\","
                        + "\"headers\":{\"x\":\"y=z\"},\"request_lifespan\":900,\"slots_per_runner\":3,"
                        + "\"min_runners\":1,\"max_runners\":9,\"runners_margin\":2,\"drain_grace_period\":5}}}}");
        assertThat(run(
                        "pool", "set", "web/a", "--dir", "/srv", "-e", "A=b", "--idle", "7", "--", "node", "a.mjs",
                        "--x"))
                .as(err())
                .isZero();
        assertThat(Json.text(Json.parse(node.asked.getLast().body())))
                .isEqualTo("{\"datacenters\":{\"default\":{\"hosted\":{\"command\":[\"node\",\"a.mjs\",\"--x\"],"
                        + "\"env\":{\"A\":\"b\"},\"directory\":\"/srv\",\"idle_seconds\":7}}}}");
        assertThat(run("pool", "set", "web/a", "--serverless", "http://a", "--", "node"))
                .isEqualTo(Exit.USAGE);
        assertThat(run("pool", "set", "web/a", "--slots", "1")).isEqualTo(Exit.USAGE);
        assertThat(run("pool", "set", "web/a", "--serverless", "http://a", "--idle", "1"))
                .isEqualTo(Exit.USAGE);
        assertThat(run("pool", "set", "web/a", "--header", "x", "--serverless", "http://a"))
                .isEqualTo(Exit.USAGE);
        node.on("DELETE /runner-configs/web%2Fa", json(200, "{}"));
        assertThat(run("pool", "rm", "web/a")).isZero();
        assertThat(out()).isEqualTo("removed web/a\n");
        node.on(
                "PUT /runner-configs/web%2Fa",
                json(400, "{\"group\":\"runner_config\",\"code\":\"invalid\",\"message\":\"Invalid: no\"}"));
        assertThat(run("pool", "set", "web/a")).isEqualTo(Exit.FAILED);
        assertThat(err()).contains("Invalid: no (runner_config.invalid)");
    }
}
