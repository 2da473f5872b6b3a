package mayfly.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.Nearest;

/** A command line, held against what its command takes. */
public final class Arguments {
    private final Map<String, List<String>> options = new HashMap<>();
    private final List<String> parameters = new ArrayList<>();

    private Arguments() {}

    /**
     * Options may stand anywhere before {@code --}, as {@code --name VALUE} or {@code --name=VALUE}.
     *
     * @param words without the name of the command
     */
    public static Arguments parse(CommandSpec command, List<String> words) throws UsageException {
        Arguments parsed = new Arguments();
        int at = 0;
        while (at < words.size()) {
            String word = words.get(at++);
            boolean option = word.startsWith("-") && !word.equals("-") && !word.equals("--");
            if (option) {
                at += parsed.option(command, word, words.subList(at, words.size()));
                continue;
            }
            if (!word.equals("--")) {
                parsed.parameters.add(word);
            }
            if (word.equals("--") || command.verbatim()) {
                parsed.parameters.addAll(words.subList(at, words.size()));
                break;
            }
        }
        int given = parsed.parameters.size();
        if (!parsed.flag("--help") && (given < command.least() || given > command.most())) {
            throw new UsageException("usage: mayfly " + command.name() + " " + command.parameters() + "; "
                    + (given < command.least()
                            ? "something is missing"
                            : "too much: " + parsed.parameters.get(command.most())));
        }
        return parsed;
    }

    /** How many of the words after the option belong to it. */
    private int option(CommandSpec command, String word, List<String> rest) throws UsageException {
        int equals = word.startsWith("--") ? word.indexOf('=') : -1;
        String name = equals < 0 ? word : word.substring(0, equals);
        OptionSpec spec = command.allOptions().stream()
                .filter(it -> it.name().equals(name) || it.letter().equals(Optional.of(name)))
                .findFirst()
                .orElseThrow(() -> unknown(command, name));
        if (!spec.takesValue()) {
            if (equals >= 0) {
                throw new UsageException(spec.name() + " takes no value");
            }
            options.put(spec.name(), List.of("true"));
            return 0;
        }
        if (equals < 0 && rest.isEmpty()) {
            throw new UsageException(spec.name() + " needs a value: " + spec.name() + " " + spec.value());
        }
        String value = equals < 0 ? rest.getFirst() : word.substring(equals + 1);
        List<String> values = options.computeIfAbsent(spec.name(), _ -> new ArrayList<>());
        values.add(value);
        if (!spec.repeats() && values.size() > 1) {
            throw new UsageException(spec.name() + " is given more than once");
        }
        return equals < 0 ? 1 : 0;
    }

    private static UsageException unknown(CommandSpec command, String name) {
        List<String> known = command.allOptions().stream().map(OptionSpec::name).toList();
        return new UsageException("mayfly " + command.name() + " has no option " + name + Nearest.hint(name, known));
    }

    public boolean flag(String name) {
        return options.containsKey(name);
    }

    public Optional<String> text(String name) {
        return Optional.ofNullable(options.get(name)).map(List::getFirst);
    }

    /** All values of an option that repeats, in the order given. */
    public List<String> all(String name) {
        return options.getOrDefault(name, List.of());
    }

    public Optional<Long> whole(String name) throws UsageException {
        Optional<String> text = text(name);
        if (text.isPresent() && !text.get().matches("[0-9]{1,18}")) {
            throw new UsageException(name + " must be a whole number; found " + text.get());
        }
        return text.map(Long::parseLong);
    }

    /** What is no option. */
    public List<String> parameters() {
        return parameters;
    }
}
