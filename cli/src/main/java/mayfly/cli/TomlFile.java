package mayfly.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import mayfly.api.JsonValue;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/** A TOML file as the JSON that says the same, so that one codec checks both. */
final class TomlFile {
    private TomlFile() {}

    static SequencedMap<String, JsonValue> read(Path file) throws CliException, IOException {
        TomlParseResult toml = Toml.parse(file);
        if (toml.hasErrors()) {
            throw new CliException(
                    Exit.USAGE,
                    toml.errors().stream()
                            .map(error -> file + ":" + error.position().line() + ":"
                                    + error.position().column() + ": " + error.getMessage())
                            .collect(Collectors.joining("\n")));
        }
        return members(toml, file);
    }

    private static SequencedMap<String, JsonValue> members(TomlTable table, Path file) throws CliException {
        SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
        for (String key : table.keySet()) {
            Object value = table.get(List.of(key));
            if (value != null) {
                members.put(key, json(value, key, file));
            }
        }
        return members;
    }

    private static JsonValue json(Object value, String key, Path file) throws CliException {
        return switch (value) {
            case String text -> JsonValue.of(text);
            case Long number -> JsonValue.of(number);
            case Boolean truth -> JsonValue.of(truth);
            case Double number -> new JsonValue.JsonNumber(number.toString());
            case TomlTable table -> new JsonValue.JsonObject(members(table, file));
            case TomlArray array -> {
                List<JsonValue> items = new ArrayList<>();
                for (Object item : array.toList()) {
                    items.add(json(item, key, file));
                }
                yield new JsonValue.JsonArray(items);
            }
            default -> throw new CliException(Exit.USAGE, file + ": " + key + " cannot be a date");
        };
    }
}
