package mayfly.cli;

import java.util.Map;
import java.util.Optional;

/**
 * A whole answer of the node.
 *
 * @param headers names in lower case
 */
record Answer(int status, Map<String, String> headers, byte[] bytes) {
    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    boolean isJson() {
        return header("content-type").orElse("").startsWith("application/json");
    }
}
