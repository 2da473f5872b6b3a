package mayfly.node;

import java.nio.file.Path;

/** Takes the place of the data directory out of what callers are told: where it lies on the host is not theirs to know. */
final class HostPaths {
    private static final String NAME = "<data>";

    private final String given;
    private final String absolute;

    HostPaths(Path data) {
        this.given = data.toString();
        this.absolute = data.toAbsolutePath().normalize().toString();
    }

    /** The failure in words, for callers. */
    String reason(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : hidden(failure.getMessage());
    }

    String hidden(String text) {
        String hidden = text.replace(absolute, NAME);
        boolean path = given.indexOf('/') >= 0; // a name alone may be any word
        return path ? hidden.replace(given, NAME) : hidden;
    }
}
