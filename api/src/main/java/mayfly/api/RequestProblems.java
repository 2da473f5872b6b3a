package mayfly.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;

/** Collects what is wrong with a request, so that its sender hears everything at once; holds the rules that specs share. */
final class RequestProblems {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]*");
    private static final Pattern ENV_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final int ENV_NAME_CHARS_MAX = 128;
    private static final String ENV_RESERVED = "MAYFLY_";

    private final List<FieldProblem> problems = new ArrayList<>();

    void add(String field, String message) {
        problems.add(new FieldProblem(field, message));
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    /** Throws when there are any. */
    void refuse(ErrorCode code) throws InvalidException {
        if (!problems.isEmpty()) {
            throw new InvalidException(code, problems);
        }
    }

    void name(String name) {
        if (name.isEmpty() || name.length() > Limits.NAME_CHARS_MAX) {
            add("name", "must have 1 to " + Limits.NAME_CHARS_MAX + " characters; has " + name.length());
        } else if (!NAME.matcher(name).matches()) {
            add("name", "may have a-z, 0-9, - and _ and must start with a letter or digit");
        }
    }

    /** The name of what is created, or of what the path of a PUT names. */
    String name(Optional<String> given, Optional<String> inPath) {
        Optional<String> name = given.or(() -> inPath);
        if (name.isEmpty()) {
            add("name", "required");
            return "";
        }
        name(name.get());
        if (inPath.isPresent() && !inPath.get().equals(name.get())) {
            add("name", "must be the name in the path, or be left out");
        }
        return name.get();
    }

    void command(String field, List<String> command) {
        if (command.isEmpty() || command.getFirst().isEmpty()) {
            add(field, "must have at least the name of a program");
            return;
        }
        long bytes = 0;
        for (int i = 0; i < command.size(); i++) {
            bytes += utf8(command.get(i)) + 1L;
            if (command.get(i).indexOf('\0') >= 0) {
                add(field + "[" + i + "]", "must not hold a NUL character");
            }
        }
        if (bytes > Limits.COMMAND_BYTES_MAX) {
            add(field, "must not be over " + Limits.COMMAND_BYTES_MAX + " bytes in all; has " + bytes);
        }
    }

    void absolute(String field, String path) {
        if (!path.startsWith("/") || path.length() > Limits.PATH_CHARS_MAX || path.indexOf('\0') >= 0) {
            add(field, "must be an absolute path; found \"" + printable(path) + "\"");
        }
    }

    void env(Map<String, String> env) {
        long bytes = 0;
        for (Map.Entry<String, String> entry : env.entrySet()) {
            String name = entry.getKey();
            bytes += utf8(name) + utf8(entry.getValue()) + 2L;
            if (name.length() > ENV_NAME_CHARS_MAX || !ENV_NAME.matcher(name).matches()) {
                add("env", "not a name of an environment variable: \"" + printable(name) + "\"");
            } else if (name.startsWith(ENV_RESERVED)) {
                add("env." + name, "names that start with " + ENV_RESERVED + " are reserved");
            } else if (entry.getValue().indexOf('\0') >= 0) {
                add("env." + name, "must not hold a NUL character");
            }
        }
        if (bytes > Limits.ENV_BYTES_MAX) {
            add("env", "must not be over " + Limits.ENV_BYTES_MAX + " bytes in all; has " + bytes);
        }
    }

    /** The value, or the fallback when it is absent or was refused. */
    int range(String field, Optional<Integer> value, int min, int max, int fallback) {
        return Math.toIntExact(range(field, value.map(Integer::longValue), (long) min, max, fallback));
    }

    /** The value, or the fallback when it is absent or was refused. */
    long range(String field, Optional<Long> value, long min, long max, long fallback) {
        if (value.isEmpty()) {
            return fallback;
        }
        long given = value.get();
        if (given < min || given > max) {
            add(field, "must be from " + min + " to " + max + "; found " + given);
            return fallback;
        }
        return given;
    }

    static int utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    static String printable(String text) {
        String cut = text.length() <= Limits.NAME_CHARS_MAX ? text : text.substring(0, Limits.NAME_CHARS_MAX) + "…";
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
