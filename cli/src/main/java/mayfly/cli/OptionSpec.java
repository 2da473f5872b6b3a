package mayfly.cli;

import java.util.Optional;

/**
 * An option of a command.
 *
 * @param name with its dashes: {@code --memory}
 * @param letter with its dash: {@code -f}; empty when it has none
 * @param value what to call its value in the help; empty for an option that is just there or not
 * @param repeats whether it may be given more than once
 */
public record OptionSpec(String name, Optional<String> letter, String value, boolean repeats, String help) {
    static OptionSpec flag(String name, String help) {
        return new OptionSpec(name, Optional.empty(), "", false, help);
    }

    static OptionSpec value(String name, String value, String help) {
        return new OptionSpec(name, Optional.empty(), value, false, help);
    }

    static OptionSpec repeated(String name, String value, String help) {
        return new OptionSpec(name, Optional.empty(), value, true, help);
    }

    OptionSpec or(String shortName) {
        return new OptionSpec(name, Optional.of(shortName), value, repeats, help);
    }

    boolean takesValue() {
        return !value.isEmpty();
    }
}
