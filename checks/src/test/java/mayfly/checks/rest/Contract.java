package mayfly.checks.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import mayfly.api.Body;
import mayfly.api.Problem;
import mayfly.api.Route;
import mayfly.base.ErrorCode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Holds answers against openapi.json as any client would: by the document's own schemas, with a validator that knows
 * nothing of our code. That the document served is this one is a test of its own.
 */
final class Contract {
    private static final String BASE = "https://mayfly.invalid/openapi.json";
    static final String DOCUMENT = document();
    private static final JsonNode ROOT = new JsonMapper().readTree(DOCUMENT);
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder -> builder.schemas(Map.of(BASE, DOCUMENT))
                    .schemaRegistryConfig(SchemaRegistryConfig.builder()
                            .formatAssertionsEnabled(true)
                            .build()));
    private static final Map<String, Schema> SCHEMAS = new ConcurrentHashMap<>();

    private Contract() {}

    private static String document() {
        try (InputStream in = Route.class.getResourceAsStream("/mayfly/api/openapi.json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Status, content type and body are among what the document lists for the route. */
    static void check(Route route, Reply reply) {
        String status = Integer.toString(reply.status());
        JsonNode documented = ROOT.path("paths")
                .path(route.template())
                .path(route.method().name().toLowerCase(Locale.ROOT))
                .path("responses")
                .path(status);
        assertThat(documented.isMissingNode())
                .as("%s documents no status %s, but answered: %s", route, status, reply)
                .isFalse();
        if (reply.status() >= 400) {
            checkProblem(route, reply);
        } else {
            assertThat(reply.status()).as("%s: %s", route, reply).isEqualTo(route.status());
        }
        checkContent(route, reply, documented.path("content"));
    }

    private static void checkContent(Route route, Reply reply, JsonNode content) {
        if (content.isMissingNode()) {
            assertThat(reply.body())
                    .as("%s answers %s without a body", route, reply.status())
                    .isEmpty();
            return;
        }
        String media = reply.header("content-type").split(";", 2)[0];
        JsonNode type = content.path(media).isMissingNode() ? content.path("*/*") : content.path(media);
        assertThat(type.isMissingNode())
                .as("%s documents %s, but answered %s: %s", route, content.propertyNames(), media, reply)
                .isFalse();
        if (type.has("schema")) {
            String reference = type.path("schema").path("$ref").asString();
            assertThat(reference).startsWith("#/components/schemas/");
            assertThat(SCHEMAS.computeIfAbsent(reference, Contract::schema).validate(reply.json()))
                    .as("%s against %s: %s", route, reference, reply)
                    .isEmpty();
        }
    }

    private static Schema schema(String reference) {
        return REGISTRY.getSchema(SchemaLocation.of(BASE + reference));
    }

    private static void checkProblem(Route route, Reply reply) {
        assertThat(reply.header("content-type")).as("%s: %s", route, reply).isEqualTo(Problem.MEDIA_TYPE);
        JsonNode problem = reply.json();
        assertThat(problem.path("status").asInt()).isEqualTo(reply.status());
        assertThat(problem.path("detail").asString()).as("%s: %s", route, reply).isNotBlank();
        String code = problem.path("code").asString();
        assertThat(problem.path("type").asString()).isEqualTo("urn:mayfly:error:" + code);
        Stream<ErrorCode> listed = Stream.concat(route.errors().stream(), Route.commonErrors().stream());
        assertThat(listed.filter(it -> it.status() == reply.status()).map(ErrorCode::code))
                .as("%s answered an error that it does not list: %s", route, reply)
                .contains(code);
    }

    /** Whether the body of a success is one of our records, and not the user's bytes. */
    static boolean isDocument(Route route) {
        return route.response() instanceof Body.Document;
    }
}
