package mayfly.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What of a directory is not deployed. The lines of a {@code .mayflyignore} mean what they mean in a .gitignore: {@code *}
 * and {@code ?} within a name, {@code **} across, a leading or inner slash ties to the top, a trailing one means directories
 * only, {@code !} takes back, and the last line that matches decides.
 */
final class IgnoreRules {
    private static final List<String> ALWAYS =
            List.of(".git/", ".hg/", ".svn/", "__pycache__/", "*.pyc", ".DS_Store", "/.mayflyignore", "/mayfly.toml");

    private record Rule(Pattern pattern, boolean directoriesOnly, boolean keep) {}

    private final List<Rule> rules = new ArrayList<>();

    IgnoreRules(List<String> lines) {
        ALWAYS.forEach(this::add);
        lines.forEach(this::add);
    }

    private void add(String line) {
        String text = line.stripTrailing();
        if (text.isEmpty() || text.startsWith("#")) {
            return;
        }
        boolean keep = text.startsWith("!");
        text = keep ? text.substring(1) : text;
        boolean directoriesOnly = text.endsWith("/");
        text = directoriesOnly ? text.substring(0, text.length() - 1) : text;
        boolean tied = text.contains("/");
        text = text.startsWith("/") ? text.substring(1) : text;
        rules.add(new Rule(Pattern.compile((tied ? "" : "(?:.*/)?") + regex(text)), directoriesOnly, keep));
    }

    /** @param path relative to the top, with slashes */
    boolean ignores(String path, boolean directory) {
        boolean ignored = false;
        for (Rule rule : rules) {
            if ((directory || !rule.directoriesOnly)
                    && rule.pattern.matcher(path).matches()) {
                ignored = !rule.keep;
            }
        }
        return ignored;
    }

    private static String regex(String glob) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            if (glob.startsWith("**/", i)) {
                out.append("(?:.*/)?");
                i += 2;
            } else if (glob.startsWith("**", i)) {
                out.append(".*");
                i++;
            } else if (c == '*') {
                out.append("[^/]*");
            } else if (c == '?') {
                out.append("[^/]");
            } else {
                out.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return out.toString();
    }
}
