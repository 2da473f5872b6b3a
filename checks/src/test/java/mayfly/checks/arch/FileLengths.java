package mayfly.checks.arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A ratchet on long files: none over 600 lines; those over 400 are listed with a ceiling and a reason, and the list only
 * shrinks.
 */
final class FileLengths {
    static final int LINES_MAX = 600;
    static final int LINES_UNLISTED_MAX = 400;

    private static final Set<String> KINDS = Set.of("java", "c", "h", "py", "js");
    private static final Set<String> NOT_OURS = Set.of("target", ".git", "node_modules");

    /** @param ceiling lines that the file may have at most */
    record Listed(int ceiling, String reason) {}

    private FileLengths() {}

    /** Lines by path from the root, of every source file. */
    static Map<String, Integer> of(Path root) {
        Map<String, Integer> lengths = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            files.filter(file -> isSource(root.relativize(file)) && Files.isRegularFile(file))
                    .forEach(file -> lengths.put(root.relativize(file).toString(), linesOf(file)));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return lengths;
    }

    private static boolean isSource(Path path) {
        for (Path part : path) {
            if (NOT_OURS.contains(part.toString())) {
                return false;
            }
        }
        String name = path.getFileName().toString();
        return KINDS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    private static int linesOf(Path file) {
        try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
            return (int) lines.count();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Reads {@code path ceiling reason...} lines; # begins a comment. */
    static Map<String, Listed> listed(List<String> lines) {
        Map<String, Listed> listed = new TreeMap<>();
        for (String line : lines) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" ", 3);
                listed.put(parts[0], new Listed(Integer.parseInt(parts[1]), parts[2]));
            }
        }
        return listed;
    }

    /** What is wrong, for people; empty when nothing is. */
    static List<String> faults(Map<String, Integer> lengths, Map<String, Listed> listed) {
        List<String> faults = new ArrayList<>();
        lengths.forEach((path, lines) -> {
            Listed entry = listed.get(path);
            if (lines > LINES_MAX) {
                faults.add(path + " has " + lines + " lines, over " + LINES_MAX + ": split it");
            } else if (lines > LINES_UNLISTED_MAX && entry == null) {
                faults.add(path + " has " + lines + " lines, over " + LINES_UNLISTED_MAX
                        + ": split it, or list it in long-files.txt with a reason");
            } else if (entry != null && lines > entry.ceiling()) {
                faults.add(path + " grew to " + lines + " lines, its ceiling is " + entry.ceiling());
            }
        });
        listed.forEach((path, entry) -> {
            if (lengths.getOrDefault(path, 0) <= LINES_UNLISTED_MAX) {
                faults.add(path + " is not long any more: remove it from long-files.txt");
            }
        });
        return faults;
    }
}
