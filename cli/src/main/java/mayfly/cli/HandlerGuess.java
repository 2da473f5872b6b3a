package mayfly.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds out what a file or directory is, when nobody said it.
 *
 * @param runtime "python3", "node" or "native"
 * @param file the file that the handler is in
 * @param handler empty when the file has no function of a usual name
 */
record HandlerGuess(String runtime, Path file, Optional<String> handler) {
    private static final List<String> FUNCTIONS = List.of("handler", "handle", "main");
    private static final List<String> FILES =
            List.of("main.py", "app.py", "handler.py", "index.js", "main.js", "app.js", "handler.js", "program");
    private static final int SOURCE_BYTES_MAX = 1 << 20;

    /** Empty when it cannot be told. */
    static Optional<HandlerGuess> of(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            Optional<Path> file = FILES.stream()
                    .map(path::resolve)
                    .filter(Files::isRegularFile)
                    .findFirst();
            return file.isPresent() ? of(file.get()) : onlySource(path);
        }
        String name = path.getFileName().toString();
        if (name.endsWith(".py")) {
            return Optional.of(new HandlerGuess("python3", path, python(path, name)));
        } else if (name.matches(".*\\.[mc]?js")) {
            return Optional.of(new HandlerGuess("node", path, node(path, name)));
        } else if (name.equals("program") || isProgram(path)) {
            return Optional.of(new HandlerGuess("native", path, Optional.of("stdio")));
        }
        return Optional.empty();
    }

    /** A directory with a single source file at its top needs no usual name. */
    private static Optional<HandlerGuess> onlySource(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> sources = files.filter(file -> file.toString().matches(".*\\.(py|[mc]?js)"))
                    .toList();
            return sources.size() == 1 ? of(sources.getFirst()) : Optional.empty();
        }
    }

    private static Optional<String> python(Path file, String name) throws IOException {
        String source = source(file);
        return FUNCTIONS.stream()
                .filter(function -> Pattern.compile("^(async\\s+)?def\\s+" + function + "\\s*\\(", Pattern.MULTILINE)
                        .matcher(source)
                        .find())
                .findFirst()
                .map(function -> name.substring(0, name.length() - ".py".length()) + "." + function);
    }

    private static Optional<String> node(Path file, String name) throws IOException {
        String source = source(file);
        return FUNCTIONS.stream()
                .filter(function -> Pattern.compile(
                                "exports\\." + function + "\\s*=|export\\s+(async\\s+)?(function|const|let)\\s+"
                                        + function + "\\b|module\\.exports\\s*=\\s*\\{[^}]*\\b" + function + "\\b")
                        .matcher(source)
                        .find())
                .findFirst()
                .map(function -> name.substring(0, name.lastIndexOf('.')) + "." + function);
    }

    private static String source(Path file) throws IOException {
        return Files.size(file) > SOURCE_BYTES_MAX ? "" : new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static boolean isProgram(Path file) throws IOException {
        byte[] start = new byte[4];
        try (var in = Files.newInputStream(file)) {
            int count = in.readNBytes(start, 0, start.length);
            return Files.isExecutable(file)
                    && count >= 2
                    && ((start[0] == '#' && start[1] == '!') || (start[0] == 0x7f && start[1] == 'E'));
        }
    }
}
