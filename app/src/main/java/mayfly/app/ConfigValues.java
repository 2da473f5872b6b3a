package mayfly.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import mayfly.api.Nearest;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** What was said about each setting, and where: the file first, environment variables over it, flags over both. */
final class ConfigValues {
    /** Read by the launcher or the command line client, and no settings of a node. */
    private static final Set<String> OTHER_VARIABLES = Set.of(
            "MAYFLY_BENCH_DIR",
            "MAYFLY_NPM",
            "MAYFLY_BENCH_POSTGRES",
            "MAYFLY_URL",
            "MAYFLY_CONFIG",
            "MAYFLY_JDK",
            "MAYFLY_HEAP",
            "MAYFLY_JAVA_OPTS",
            "MAYFLY_FAST_START");

    private static final long FILE_BYTES_MAX = 1 << 20;

    /**
     * A value that fits its setting's kind.
     *
     * @param value the text, the digits, the word, or the words joined by commas
     * @param origin for people: {@code mayfly.toml:3:1}, {@code MAYFLY_LISTEN}, {@code --listen}
     */
    record Given(String value, String origin) {}

    private final Map<ConfigSetting, Given> given = new EnumMap<>(ConfigSetting.class);
    private final List<String> problems = new ArrayList<>();

    /** Mutable: whoever checks more than kinds adds to it. */
    List<String> problems() {
        return problems;
    }

    Given get(ConfigSetting setting) {
        return given.getOrDefault(setting, new Given(setting.fallback(), "default"));
    }

    boolean isGiven(ConfigSetting setting) {
        return given.containsKey(setting);
    }

    void readFile(Path file) {
        TomlParseResult toml;
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                problems.add(file + ": too large for a configuration file");
                return;
            }
            toml = Toml.parse(file);
        } catch (IOException e) {
            problems.add(file + ": cannot be read: " + e);
            return;
        }
        toml.errors().forEach(error -> problems.add(at(file, error.position()) + ": " + firstLine(error.getMessage())));
        if (toml.hasErrors()) {
            return;
        }
        for (Map.Entry<String, Object> entry : toml.dottedEntrySet(true)) {
            String key = entry.getKey();
            String origin = at(file, toml.inputPositionOf(key));
            Optional<ConfigSetting> setting = ConfigSetting.ofKey(key);
            if (setting.isPresent()) {
                take(setting.get(), entry.getValue(), origin);
            } else if (!isAccountedFor(key, entry.getValue())) {
                problems.add(origin + ": unknown key " + key + Nearest.hint(key, ConfigSetting.keys()));
            }
        }
    }

    /** A table is named through its keys; only an empty one that no setting belongs to is a mistake of its own. */
    private static boolean isAccountedFor(String key, Object value) {
        return value instanceof TomlTable table
                && (!table.isEmpty() || ConfigSetting.keys().stream().anyMatch(known -> known.startsWith(key + ".")));
    }

    void readEnvironment(Map<String, String> environment) {
        List<String> known =
                Stream.of(ConfigSetting.values()).map(ConfigSetting::variable).toList();
        environment.forEach((name, value) -> {
            Optional<ConfigSetting> setting = Stream.of(ConfigSetting.values())
                    .filter(it -> it.variable().equals(name))
                    .findFirst();
            if (setting.isPresent()) {
                take(setting.get(), value, name);
            } else if (name.startsWith("MAYFLY_") && !OTHER_VARIABLES.contains(name)) {
                problems.add("unknown environment variable " + name + Nearest.hint(name, known));
            }
        });
    }

    /** @param flags by key */
    void readFlags(Map<String, String> flags) {
        flags.forEach((key, value) -> ConfigSetting.ofKey(key)
                .ifPresentOrElse(
                        setting -> take(setting, value, "flag for " + key),
                        () -> problems.add("unknown key " + key + Nearest.hint(key, ConfigSetting.keys()))));
    }

    private void take(ConfigSetting setting, Object value, String origin) {
        String fits = switch (setting.kind()) {
            case ConfigSetting.Kind.Text _ ->
                value instanceof String text ? text : wrong(setting, origin, () -> "must be text");
            case ConfigSetting.Kind.Whole whole -> whole(setting, whole, value, origin);
            case ConfigSetting.Kind.Choice choice ->
                value instanceof String word && choice.words().contains(word)
                        ? word
                        : wrong(
                                setting,
                                origin,
                                () -> "must be one of " + String.join(", ", choice.words()) + "; found " + value
                                        + Nearest.hint(value.toString(), choice.words()));
            case ConfigSetting.Kind.Words _ -> words(setting, value, origin);
        };
        if (fits != null) {
            given.put(setting, new Given(fits, origin));
        }
    }

    private @Nullable String whole(ConfigSetting setting, ConfigSetting.Kind.Whole kind, Object value, String origin) {
        boolean isNumber = value instanceof Long || (value instanceof String text && text.matches("-?[0-9]{1,18}"));
        if (isNumber) {
            long number = Long.parseLong(value.toString());
            if (number >= kind.min() && number <= kind.max()) {
                return Long.toString(number);
            }
        }
        return wrong(
                setting,
                origin,
                () -> "must be a whole number from " + kind.min() + " to " + kind.max() + "; found " + value);
    }

    private @Nullable String words(ConfigSetting setting, Object value, String origin) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof TomlArray array) {
            List<Object> items = array.toList();
            if (items.stream().allMatch(item -> item instanceof String word && !word.contains(","))) {
                return String.join(",", items.stream().map(Objects::toString).toList());
            }
        }
        return wrong(setting, origin, () -> "must be a list of texts");
    }

    private @Nullable String wrong(ConfigSetting setting, String origin, Supplier<String> message) {
        problems.add(origin + ": " + setting.key() + " " + message.get());
        return null;
    }

    private static String at(Path file, @Nullable TomlPosition position) {
        return position == null ? file.toString() : file + ":" + position.line() + ":" + position.column();
    }

    private static String firstLine(@Nullable String text) {
        return text == null ? "not valid TOML" : text.lines().findFirst().orElse("not valid TOML");
    }
}
