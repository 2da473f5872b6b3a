package mayfly.machine;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A program of the host that runs functions.
 *
 * @param program its real path, no link and no wrapper script
 * @param bind what the sandbox must see besides the system directories; empty when the program is in one of them
 */
public record Interpreter(Path program, String version, Optional<Path> bind) {}
