package mayfly.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a command takes.
 *
 * @param parameters for the help: {@code NAME [PAYLOAD]}
 * @param least and most how many parameters it takes
 * @param verbatim whether everything from the first parameter on belongs to somebody else and is not looked into
 * @param details paragraphs for its help; may be empty
 */
public record CommandSpec(
        String name,
        String parameters,
        int least,
        int most,
        boolean verbatim,
        String summary,
        List<OptionSpec> options,
        String details) {

    private static final int COLUMN = 26;

    private static final List<OptionSpec> GLOBAL = List.of(
            OptionSpec.value("--url", "URL", "the node; default $MAYFLY_URL or http://127.0.0.1:7070"),
            OptionSpec.flag("--json", "print JSON"),
            OptionSpec.flag("--help", "print this").or("-h"));

    public CommandSpec {
        options = List.copyOf(options);
    }

    /** Its own options and those of every command. */
    List<OptionSpec> allOptions() {
        return Stream.concat(options.stream(), GLOBAL.stream()).toList();
    }

    public String help() {
        List<String> lines = new ArrayList<>();
        lines.add("mayfly " + name + (options.isEmpty() ? "" : " [OPTIONS]")
                + (parameters.isEmpty() ? "" : " " + parameters));
        lines.add("");
        lines.add(summary);
        if (!details.isEmpty()) {
            lines.add("");
            lines.add(details.strip());
        }
        lines.add("");
        for (OptionSpec option : allOptions()) {
            String names = option.letter().map(letter -> letter + ", ").orElse("") + option.name();
            String left = "  " + names + (option.takesValue() ? " " + option.value() : "");
            String gap = left.length() < COLUMN ? " ".repeat(COLUMN - left.length()) : "\n" + " ".repeat(COLUMN);
            lines.add(left + gap + option.help() + (option.repeats() ? "; may be repeated" : ""));
        }
        return String.join("\n", lines);
    }
}
