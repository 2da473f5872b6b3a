package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mayfly.checks.rest.ChildNode;
import mayfly.runner.Runner;
import mayfly.runner.RunnerSpec;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The same requests, good and bad, to a node and to the engine that Rivet publishes: both must answer alike. */
@Timeout(240)
class RestBesidePublishedTest {
    private static final JsonMapper JSON = new JsonMapper();
    /** Now and then the published engine answers so to a key that was just taken. */
    private static final String OWN_RACE = "destroyed_during_creation";

    private static final String UNKNOWN = "act" + "0".repeat(26);

    @TempDir
    static Path directory;

    private static Side published;
    private static Side ours;

    /** One of the two, with what its own answers gave to later requests. */
    private static final class Side {
        private final String endpoint;
        private final AutoCloseable engine;
        private final Runner runner;
        private final HttpClient client = HttpClient.newHttpClient();
        private final Map<String, String> given = new HashMap<>();

        Side(String endpoint, AutoCloseable engine) throws Exception {
            this.endpoint = endpoint;
            this.engine = engine;
            RunnerSpec spec = RunnerSpec.of(endpoint, "live").withSlots(7);
            this.runner = Runner.connect(spec, self -> new TestActor(self, new TestActor.Diary()));
            runner.awaitConnected(Duration.ofSeconds(60));
        }

        /** @param line method and path; its words in braces are what an earlier answer gave */
        HttpResponse<String> send(String line, String body) throws IOException, InterruptedException {
            String filled = line;
            for (Map.Entry<String, String> entry : given.entrySet()) {
                filled = filled.replace("{" + entry.getKey() + "}", entry.getValue());
            }
            String[] words = filled.split(" ", 2);
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(endpoint + words[1]))
                    .timeout(Duration.ofSeconds(60))
                    .method(
                            words[0],
                            body.isEmpty()
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body));
            if (!body.isEmpty()) {
                request.header("content-type", "application/json");
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }

        RestShape answer(Exchange exchange) throws IOException, InterruptedException {
            HttpResponse<String> response = send(exchange.line(), exchange.body());
            for (int i = 0; i < 50 && response.body().contains(OWN_RACE); i++) {
                response = send(exchange.line(), exchange.body());
            }
            assertThat(response.headers().firstValue("x-rivet-ray-id")).isPresent();
            JsonNode body = response.body().isEmpty() ? JSON.nullNode() : JSON.readTree(response.body());
            if (!exchange.keeps().isEmpty()) {
                given.put(exchange.keeps(), body.at(exchange.from()).asString());
            }
            return RestShape.of(response.statusCode(), body);
        }

        void close() throws Exception {
            runner.close();
            client.close();
            engine.close();
        }
    }

    /**
     * A request of the script.
     *
     * @param keeps what later lines call the part of the answer at {@code from}; may be empty
     */
    private record Exchange(String line, String body, String keeps, String from) {}

    @BeforeAll
    static void start() throws Exception {
        PublishedEngine engine = PublishedEngine.startOrSkip(Files.createDirectory(directory.resolve("published")));
        published = new Side(engine.endpoint(), engine);
        ChildNode node = ChildNode.at(directory.resolve("ours")).start();
        ours = new Side(node.url(), node);
    }

    @AfterAll
    static void stop() throws Exception {
        for (Side side : new Side[] {published, ours}) {
            if (side != null) {
                side.close();
            }
        }
    }

    /** Lines of {@code METHOD PATH [BODY]}, or {@code NAME = /pointer METHOD PATH [BODY]}. */
    private static List<Exchange> script(String text) {
        List<Exchange> script = new ArrayList<>();
        for (String line : text.lines().filter(it -> !it.isBlank()).toList()) {
            String[] keep = line.split(" = ", 2);
            String name = keep.length == 2 ? keep[0] : "";
            String rest = keep[keep.length - 1];
            String from = "";
            if (!name.isEmpty()) {
                from = rest.substring(0, rest.indexOf(' '));
                rest = rest.substring(rest.indexOf(' ') + 1);
            }
            int body = rest.indexOf(" {");
            script.add(new Exchange(
                    body < 0 ? rest : rest.substring(0, body), body < 0 ? "" : rest.substring(body + 1), name, from));
        }
        return script;
    }

    private static void alike(String text) throws Exception {
        SoftAssertions all = new SoftAssertions();
        for (Exchange exchange : script(text.replace("UNKNOWN", UNKNOWN))) {
            RestShape expected = published.answer(exchange);
            all.assertThat(ours.answer(exchange))
                    .as(exchange.line() + " " + exchange.body())
                    .isEqualTo(expected);
        }
        all.assertAll();
    }

    @Test
    void actors() throws Exception {
        alike("""
                PUT /runner-configs/idle?namespace=default {"datacenters":{"default":{"normal":{}}}}
                id = /actor/actor_id PUT /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                PUT /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                POST /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                POST /actors?namespace=default {"name":"a","key":null,"runner_name_selector":"idle","crash_policy":"restart"}
                POST /actors?namespace=default {"name":"a b/c","runner_name_selector":"idle","crash_policy":"destroy","input":"AQID","datacenter":"default"}
                PUT /actors?namespace=default {"name":"a","key":null,"runner_name_selector":"idle","crash_policy":"restart"}
                POST /actors?namespace=default {"name":"a","key":"","runner_name_selector":"idle","crash_policy":"restart"}
                PUT /actors?namespace=default {}
                PUT /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep","bogus":1}
                PUT /actors?namespace=default {"name":"a","name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                PUT /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"odd"}
                PUT /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep","datacenter":"mars"}
                PUT /actors?namespace=default {"name":"a","key":"q","runner_name_selector":"none","crash_policy":"sleep"}
                PUT /actors {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                PUT /actors?namespace=nope {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                POST /actors?namespace=default
                POST /actors?namespace=default {"name":1}
                GET /actors
                GET /actors?namespace=none&name=x
                GET /actors?namespace=default
                GET /actors?namespace=default&name=x
                GET /actors?namespace=default&name=a
                next = /pagination/cursor GET /actors?namespace=default&name=a&limit=1
                GET /actors?namespace=default&name=a&limit=1&cursor={next}
                GET /actors?namespace=default&name=a&key=k
                GET /actors?namespace=default&name=a&key=nope
                GET /actors?namespace=default&name=x&bogus=1
                GET /actors?namespace=default&name=x&name=y
                GET /actors?namespace=default&name=x&limit=abc
                GET /actors?namespace=default&name=x&limit=0
                GET /actors?namespace=default&name=x&limit=100000
                GET /actors?namespace=default&name=x&include_destroyed=maybe
                GET /actors?namespace=default&key=x
                GET /actors?namespace=default&actor_ids=abc
                GET /actors?namespace=default&actor_ids={id},zz
                GET /actors?namespace=default&actor_id={id}
                GET /actors?namespace=default&actor_ids={id}&key=k
                GET /actors/names?namespace=default
                GET /actors/names?namespace=default&limit=1
                GET /actors/names?namespace=default&cursor=a
                GET /actors/names
                GET /actors/names?namespace=nope
                GET /actors/abc/kv/keys/AQ==?namespace=default
                GET /actors/{id}/kv/keys/AQ==?namespace=default
                GET /actors/{id}/kv/keys/AQ==
                GET /actors/{id}/kv
                GET /actors/{id}
                PATCH /actors
                POST /actors/{id}/sleep?namespace=default {}
                POST /actors/{id}/sleep?namespace=default
                POST /actors/{id}/sleep?namespace=default {"x":1}
                POST /actors/{id}/sleep {}
                POST /actors/{id}/reschedule?namespace=default {}
                DELETE /actors/abc?namespace=default
                DELETE /actors/{id}
                DELETE /actors/{id}?namespace=default
                DELETE /actors/{id}?namespace=default
                GET /actors?namespace=default&actor_ids={id}
                GET /actors?namespace=default&name=a&key=k&include_destroyed=true
                GET /actors?namespace=default&name=a&key=k
                PUT /actors?namespace=default {"name":"a","key":"k","runner_name_selector":"idle","crash_policy":"sleep"}
                """);
    }

    @Test
    void pools() throws Exception {
        alike("""
                PUT /runner-configs/p?namespace=default {}
                PUT /runner-configs/p?namespace=default {"datacenters":{}}
                PUT /runner-configs/p?namespace=default {"datacenters":{"default":{}}}
                PUT /runner-configs/p?namespace=default {"datacenters":{"mars":{"normal":{}}}}
                PUT /runner-configs/p?namespace=default {"datacenters":{"default":{"normal":{},"bogus":1}}}
                PUT /runner-configs/p?namespace=default {"datacenters":{"default":{"normal":{},"metadata":{"a":1}}}}
                GET /runner-configs?namespace=default&runner_names=p,none
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:1/x"}}}}
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:1/x","request_lifespan":"100"}}}}
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"nope","request_lifespan":100,"drain_grace_period":10}}}}
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:1/x","request_lifespan":100,"drain_grace_period":100}}}}
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:1/x","request_lifespan":100,"drain_grace_period":10,"metadata_poll_interval":1}}}}
                GET /runner-configs?namespace=default&runner_name=s
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:1/x","request_lifespan":100,"drain_grace_period":10,"max_runners":7}}}}
                PUT /runner-configs/s?namespace=default {"datacenters":{"default":{"serverless":{"url":"http://127.0.0.1:1/x","request_lifespan":100,"drain_grace_period":10,"headers":{"a":"b"}},"drain_on_version_upgrade":false}}}
                GET /runner-configs?namespace=default&runner_names=s
                GET /runner-configs?namespace=default&variant=serverless
                GET /runner-configs?namespace=default&variant=odd
                GET /runner-configs?namespace=default&bogus=1
                GET /runner-configs
                POST /runner-configs/s/refresh-metadata?namespace=default {}
                POST /runner-configs/serverless-health-check?namespace=default {"url":"http://127.0.0.1:1/x","headers":{}}
                POST /runner-configs/serverless-health-check?namespace=default {"url":"nope"}
                POST /runner-configs/serverless-health-check?namespace=default {}
                POST /runner-configs/serverless-health-check {"url":"http://127.0.0.1:1/x"}
                DELETE /runner-configs/s?namespace=default
                DELETE /runner-configs/s?namespace=default
                DELETE /runner-configs/s
                """);
    }

    @Test
    void namespacesAndWhatBelongsToNone() throws Exception {
        alike("""
                GET /namespaces
                GET /namespaces?limit=1
                POST /namespaces {"name":"two","display_name":"Two"}
                POST /namespaces {"name":"two","display_name":"Two"}
                POST /namespaces {"name":"Two Words","display_name":"Two"}
                POST /namespaces {"name":"","display_name":"Two"}
                POST /namespaces {"name":"three"}
                POST /namespaces {"name":"four","display_name":""}
                POST /namespaces {"name":"five","display_name":"5","x":1}
                GET /namespaces?name=two
                GET /namespaces?namespace_ids=abc
                DELETE /namespaces
                GET /datacenters
                GET /datacenters?x=1
                GET /envoys
                GET /envoys?namespace=default
                GET /runners/
                GET /runners/nothing
                """);
    }

    @Test
    void runnersAndAnActorOnOne() throws Exception {
        alike("""
                GET /runners?namespace=default&name=live
                GET /runners?namespace=default&name=none&include_stopped=true
                GET /runners/names?namespace=default
                GET /runners/names
                GET /runners
                GET /runners?namespace=nope
                GET /runners?namespace=default&bogus=1
                GET /runners?namespace=default&runner_ids=abc
                live = /actor/actor_id PUT /actors?namespace=default {"name":"l","key":"k","runner_name_selector":"live","crash_policy":"sleep"}
                """);
        for (Side side : new Side[] {published, ours}) {
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> !JSON.readTree(side.send("GET /actors?namespace=default&actor_ids={live}", "")
                                    .body())
                            .at("/actors/0/connectable_ts")
                            .isNull());
        }
        alike("""
                GET /actors?namespace=default&actor_ids={live}
                GET /runners?namespace=default&name=live
                DELETE /actors/{live}?namespace=default
                GET /actors?namespace=default&name=l
                """);
    }

    @Test
    void aDifferenceIsSeen() throws Exception {
        String actor = "{\"name\":\"a\",\"create_ts\":1,\"sleep_ts\":null,\"message\":\"x\"}";
        RestShape shape = RestShape.of(200, JSON.readTree(actor));
        assertThat(RestShape.of(200, JSON.readTree(actor.replace(":1", ":2").replace("\"x\"", "\"y\""))))
                .isEqualTo(shape);
        assertThat(RestShape.of(200, JSON.readTree(actor.replace("\"sleep_ts\":null", "\"sleep_ts\":7"))))
                .isEqualTo(shape);
        assertThat(RestShape.of(201, JSON.readTree(actor))).isNotEqualTo(shape);
        for (String[] change : new String[][] {
            {"\"a\"", "\"b\""}, {":1", ":null"}, {":1", ":\"1\""}, {"\"sleep_ts\":null,", ""}, {"create_ts", "created"}
        }) {
            assertThat(RestShape.of(200, JSON.readTree(actor.replace(change[0], change[1]))))
                    .isNotEqualTo(shape);
        }
    }
}
