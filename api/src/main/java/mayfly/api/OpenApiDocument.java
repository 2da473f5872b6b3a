package mayfly.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The OpenAPI description of the REST interface; a test keeps it equal to the routes and records. */
public final class OpenApiDocument {
    private OpenApiDocument() {}

    /** JSON in UTF-8. */
    public static byte[] bytes() {
        try (InputStream in = OpenApiDocument.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new AssertionError("openapi.json is missing from the build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("openapi.json cannot be read from the program itself", e);
        }
    }
}
