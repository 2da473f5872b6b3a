package mayfly.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import mayfly.api.JsonValue;

/** {@code mayfly.toml} in a function's directory: the fields of a function request, written as TOML. */
final class ProjectFile {
    private ProjectFile() {}

    /** The settings; none when there is no such file. The codec checks them later, with everything else. */
    static SequencedMap<String, JsonValue> read(Path directory) throws CliException, IOException {
        Path file = directory.resolve("mayfly.toml");
        return Files.exists(file) ? TomlFile.read(file) : new LinkedHashMap<>();
    }
}
