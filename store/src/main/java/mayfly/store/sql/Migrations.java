package mayfly.store.sql;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The schema's history. Add at the end; never change what was released. */
final class Migrations {
    private Migrations() {}

    static List<Migration> all() {
        return List.of(load(1, "first"), load(2, "services"), load(3, "actors"));
    }

    private static Migration load(int version, String name) {
        String file = "%04d-%s.sql".formatted(version, name);
        try (InputStream in = Migrations.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new AssertionError("the jar lacks " + file);
            }
            return new Migration(version, name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + file + " from the jar", e);
        }
    }
}
