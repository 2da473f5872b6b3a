package mayfly.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.base.Clock;

/** One run of one command: whom it talks to and where it prints. */
final class Session {
    private static final String URL = "http://127.0.0.1:7070";

    private final Surroundings surroundings;
    private final NodeClient node;
    private final boolean json;

    Session(Surroundings surroundings, Arguments arguments) throws UsageException {
        this.surroundings = surroundings;
        String url = arguments
                .text("--url")
                .orElseGet(() -> surroundings.environment().getOrDefault("MAYFLY_URL", URL));
        this.node = NodeClient.of(url, surroundings.environment().getOrDefault("MAYFLY_TOKEN", ""));
        this.json = arguments.flag("--json");
    }

    NodeClient node() {
        return node;
    }

    /** Whether results are for programs. */
    boolean json() {
        return json;
    }

    PrintStream out() {
        return surroundings.out();
    }

    PrintStream err() {
        return surroundings.err();
    }

    Clock clock() {
        return surroundings.clock();
    }

    Surroundings surroundings() {
        return surroundings;
    }

    /** Prints an answer as JSON with every field the node sent, also those we do not know. */
    void printJson(Answer answer) throws CliException {
        try {
            out().println(Json.pretty(Json.parse(answer.bytes())));
        } catch (InvalidException e) {
            throw new CliException(Exit.FAILED, "the node answered with something that is not JSON: " + e.getMessage());
        }
    }

    /** Reads the body of an answer that succeeded. */
    static <T extends Record> T read(Answer answer, Class<T> type) throws CliException {
        try {
            return Json.readAnswer(answer.bytes(), type);
        } catch (InvalidException e) {
            String body = new String(answer.bytes(), StandardCharsets.UTF_8);
            throw new CliException(
                    Exit.FAILED,
                    "the node's answer was not understood (" + e.getMessage() + "): "
                            + body.substring(0, Math.min(200, body.length())));
        }
    }
}
