package mayfly.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The document that is shipped is the one the routes and records make. After a change of either, run the test with
 * {@code -Dtest.jvm="-Dmayfly.golden=write"} and look at the difference before committing it.
 */
class OpenApiTest {
    private static final Path GOLDEN = Path.of("src/main/resources/mayfly/api/openapi.json");

    @Test
    void theShippedDocumentIsUpToDate() throws IOException {
        String made = OpenApi.document();
        if ("write".equals(System.getProperty("mayfly.golden"))) {
            Files.writeString(GOLDEN, made);
            return; // the copy on the class path is still the old one
        }
        assertThat(Files.readString(GOLDEN)).isEqualTo(made);
        assertThat(new String(OpenApiDocument.bytes(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo(made);
    }

    @Test
    void everyReferenceLeadsSomewhere() throws InvalidException {
        JsonValue document = Json.parse(OpenApiDocument.bytes());
        JsonValue.JsonObject components = (JsonValue.JsonObject) ((JsonValue.JsonObject) document).get("components");
        JsonValue.JsonObject schemas = (JsonValue.JsonObject) components.get("schemas");
        List<String> references = new ArrayList<>();
        collect(document, references);
        assertThat(references)
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(schemas.members())
                        .containsKey(reference.substring("#/components/schemas/".length())));
    }

    private static void collect(JsonValue value, List<String> into) {
        if (value instanceof JsonValue.JsonObject object) {
            if (object.get("$ref") instanceof JsonValue.JsonText(String reference)) {
                into.add(reference);
            }
            object.members().values().forEach(member -> collect(member, into));
        } else if (value instanceof JsonValue.JsonArray array) {
            array.items().forEach(item -> collect(item, into));
        }
    }
}
