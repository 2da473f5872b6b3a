package mayfly.app;

import java.util.List;

/** A configuration that cannot be used, with everything that is wrong with it: one line each, with where it was said. */
final class ConfigException extends Exception {
    private final List<String> problems;

    ConfigException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /** At least one; fit to be printed as they are. */
    List<String> problems() {
        return problems;
    }
}
