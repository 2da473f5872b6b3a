package mayfly.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.base.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands against a node that answers as it is told. */
abstract class CliCase {
    @TempDir
    Path dir;

    FakeNode node;
    final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    String input = "";
    Optional<LocalDoctor> doctor = Optional.empty();

    @BeforeEach
    void start() throws IOException {
        node = new FakeNode();
        environment.put("MAYFLY_URL", node.url());
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    int run(String... args) {
        out.reset();
        err.reset();
        Clock clock = new Clock() {
            @Override
            public Instant now() {
                return Instant.parse("2026-01-01T00:00:05Z");
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }
        };
        return Cli.run(
                List.of(args),
                new Surroundings(
                        environment,
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        clock,
                        doctor));
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
