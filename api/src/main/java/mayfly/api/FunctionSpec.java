package mayfly.api;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;

/**
 * The settings of one version of a function: checked, complete, and everything but its code. {@link Json} writes and
 * reads it, so it is also what a store keeps.
 *
 * @param env in the order of names
 */
public record FunctionSpec(
        String name,
        FunctionRuntime runtime,
        String handler,
        Map<String, String> env,
        int memoryMb,
        long timeoutMs,
        Isolation isolation,
        Reuse reuse,
        RecordMode record,
        int concurrency,
        int minWarm,
        int maxMachines,
        List<String> tags) {

    private static final String IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*";
    private static final Pattern PYTHON_HANDLER = Pattern.compile(IDENTIFIER + "(\\." + IDENTIFIER + ")+");
    private static final Pattern NODE_HANDLER =
            Pattern.compile("[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\\.[A-Za-z_$][A-Za-z0-9_$]*");
    private static final Pattern TAG = Pattern.compile("[a-z0-9][a-z0-9._:=/-]{0,63}");
    private static final int HANDLER_CHARS_MAX = 256;

    /** What a node fills in where a request says nothing. */
    public record Defaults(int memoryMb, long timeoutMs, Isolation isolation, int concurrency, int maxMachines) {}

    /**
     * Checks a request by everything that the request alone can tell.
     *
     * @param pathName the name in the path of a PUT
     */
    public static FunctionSpec of(FunctionRequest request, Optional<String> pathName, Defaults defaults)
            throws InvalidException {
        RequestProblems problems = new RequestProblems();
        String name = problems.name(request.name(), pathName);
        checkSource(request, problems);
        problems.env(request.env());
        checkTags(request.tags(), problems);
        int memoryMb = problems.range(
                "memory_mb", request.memoryMb(), Limits.MEMORY_MB_MIN, Limits.MEMORY_MB_MAX, defaults.memoryMb);
        long timeoutMs = problems.range(
                "timeout_ms", request.timeoutMs(), 1, Limits.INVOCATION_TIMEOUT_MAX.toMillis(), defaults.timeoutMs);
        int machinesMax = Limits.MACHINES_PER_FUNCTION_MAX;
        int maxMachines = problems.range("max_machines", request.maxMachines(), 1, machinesMax, defaults.maxMachines);
        int concurrency = problems.range(
                "concurrency",
                request.concurrency(),
                1,
                Limits.POOL_WAITING_MAX,
                Math.max(defaults.concurrency, maxMachines));
        int minWarm = problems.range("min_warm", request.minWarm(), 0, machinesMax, 0);
        if (minWarm > maxMachines) {
            problems.add("min_warm", "must not be over max_machines, which is " + maxMachines + "; found " + minWarm);
        }
        Optional<FunctionRuntime> runtime = runtime(request.runtime());
        if (runtime.isEmpty()) {
            List<String> known =
                    Stream.of(FunctionRuntime.values()).map(Shape::word).toList();
            boolean onlyThat = problems.isEmpty();
            problems.add(
                    "runtime",
                    "must be one of " + String.join(", ", known) + "; found \""
                            + RequestProblems.printable(request.runtime()) + "\""
                            + Nearest.hint(request.runtime(), known));
            problems.refuse(onlyThat ? ErrorCode.RUNTIME_UNKNOWN : ErrorCode.FUNCTION_INVALID);
        }
        String handler = handler(runtime.orElseThrow(), request.handler(), problems);
        problems.refuse(ErrorCode.FUNCTION_INVALID);
        return new FunctionSpec(
                name,
                runtime.orElseThrow(),
                handler,
                new TreeMap<>(request.env()),
                memoryMb,
                timeoutMs,
                request.isolation().orElse(defaults.isolation),
                request.reuse().orElse(Reuse.FRESH),
                request.record().orElse(RecordMode.GROUPED),
                concurrency,
                minWarm,
                maxMachines,
                request.tags());
    }

    /** Empty for a name that no runtime has. */
    public static Optional<FunctionRuntime> runtime(String name) {
        return Stream.of(FunctionRuntime.values())
                .filter(runtime -> Shape.word(runtime).equals(name))
                .findFirst();
    }

    /** The file that inline code becomes: {@code main.py} for the handler {@code main.handler}. */
    public String sourceFile() {
        return switch (runtime) {
            case PYTHON3 -> module().replace('.', '/') + ".py";
            case NODE -> module() + ".js";
            case NATIVE -> "program";
            case GO -> "main.go";
            case RUST -> "main.rs";
            case C -> "main.c";
            case WASM -> "program.wasm";
        };
    }

    private String module() {
        return handler.substring(0, handler.lastIndexOf('.'));
    }

    private static void checkSource(FunctionRequest request, RequestProblems problems) {
        if (request.code().isPresent() == request.archive().isPresent()) {
            problems.add("code", "give exactly one of code and archive");
            return;
        }
        request.code().ifPresent(code -> {
            int bytes = RequestProblems.utf8(code);
            if (code.isBlank()) {
                problems.add("code", "must not be empty");
            } else if (bytes > Limits.SOURCE_BYTES_MAX) {
                problems.add("code", "must not be over " + Limits.SOURCE_BYTES_MAX + " bytes; has " + bytes);
            }
        });
        request.archive().ifPresent(archive -> {
            boolean zip = startsWith(archive, 'P', 'K', 3, 4);
            boolean gzip = startsWith(archive, 0x1f, 0x8b);
            if (!zip && !gzip) {
                problems.add("archive", "must be a zip or tar.gz archive with at least one file, in base64");
            } else if (archive.length > Limits.ARTIFACT_BYTES_MAX) {
                problems.add("archive", "must not be over " + Limits.ARTIFACT_BYTES_MAX + " bytes");
            }
        });
    }

    private static boolean startsWith(byte[] bytes, int... magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    private static String handler(FunctionRuntime runtime, Optional<String> given, RequestProblems problems) {
        return switch (runtime) {
            case PYTHON3 -> {
                String handler = given.orElse("main.handler");
                check(PYTHON_HANDLER, handler, "module.function, like main.handler", problems);
                yield handler;
            }
            case NODE -> {
                String handler = given.orElse("main.handler");
                check(NODE_HANDLER, handler, "file.function, like main.handler or lib/main.handler", problems);
                yield handler;
            }
            case NATIVE, GO, RUST, C, WASM -> {
                String handler = given.orElse("stdio");
                if (!handler.equals("stdio") && !handler.equals("frames")) {
                    problems.add("handler", "must be stdio or frames for this runtime");
                }
                yield handler;
            }
        };
    }

    private static void check(Pattern pattern, String handler, String form, RequestProblems problems) {
        if (handler.length() > HANDLER_CHARS_MAX || !pattern.matcher(handler).matches()) {
            String found = RequestProblems.printable(handler);
            problems.add("handler", "must have the form " + form + "; found \"" + found + "\"");
        }
    }

    private static void checkTags(List<String> tags, RequestProblems problems) {
        if (tags.size() > Limits.TAGS_MAX) {
            problems.add("tags", "must not be more than " + Limits.TAGS_MAX + "; found " + tags.size());
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < tags.size(); i++) {
            String tag = tags.get(i);
            if (!TAG.matcher(tag).matches()) {
                problems.add(
                        "tags[" + i + "]", "must be 1 to 64 of a-z, 0-9 and ._:=/- and start with a letter or digit");
            } else if (!seen.add(tag)) {
                problems.add("tags[" + i + "]", "given more than once");
            }
        }
    }
}
