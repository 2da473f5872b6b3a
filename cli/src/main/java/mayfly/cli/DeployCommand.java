package mayfly.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import mayfly.api.FunctionRequest;
import mayfly.api.FunctionResponse;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.Route;
import mayfly.base.Limits;

/** {@code mayfly deploy}. */
final class DeployCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "deploy",
                "[NAME] FILE|DIR",
                1,
                2,
                false,
                "Create a function, or make a new version of it.",
                List.of(
                        OptionSpec.value("--runtime", "NAME", "python3, node or native; default: by the file"),
                        OptionSpec.value("--handler", "NAME", "module.function; default: handler, handle or main"),
                        OptionSpec.repeated("--env", "NAME=VALUE", "an environment variable")
                                .or("-e"),
                        OptionSpec.value("--memory", "MB", "memory of one machine in MiB"),
                        OptionSpec.value("--timeout", "SECONDS", "time for one call"),
                        OptionSpec.value(
                                "--reuse", "fresh|warm", "an untouched machine per call, or one that keeps state"),
                        OptionSpec.value(
                                "--record", "MODE", "grouped or durable: answer before or after the record is"),
                        OptionSpec.value("--concurrency", "N", "calls at once"),
                        OptionSpec.value("--min-warm", "N", "machines kept ready"),
                        OptionSpec.value("--max-machines", "N", "machines at once"),
                        OptionSpec.value("--isolation", "KIND", "any, process or kvm"),
                        OptionSpec.repeated("--tag", "TAG", "a label to list by")),
                """
                A directory is packed whole, but for what its .mayflyignore names; its mayfly.toml may hold the same
                settings (name, runtime, handler, memory_mb, timeout_ms, ..., [env]); options win over it.
                NAME defaults to the one in mayfly.toml, else to the name of the file or directory.""");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException, IOException {
        Path path = Path.of(arguments.parameters().getLast());
        if (!Files.exists(path)) {
            throw new CliException(Exit.USAGE, "there is no file or directory " + path);
        }
        SequencedMap<String, JsonValue> settings =
                Files.isDirectory(path) ? ProjectFile.read(path) : new LinkedHashMap<>();
        if (arguments.parameters().size() > 1) {
            settings.put("name", JsonValue.of(arguments.parameters().getFirst()));
        }
        options(arguments, settings);
        infer(path, settings);
        byte[] archive = archive(path, settings);
        settings.put("archive", JsonValue.of(Base64.getEncoder().encodeToString(archive)));
        FunctionRequest request = request(settings, path);
        Answer answer = send(request, session);
        if (session.json()) {
            session.printJson(answer);
        } else {
            print(Session.read(answer, FunctionResponse.class), archive.length, session);
        }
        return Exit.OK;
    }

    private static void options(Arguments arguments, Map<String, JsonValue> settings) throws UsageException {
        for (String name : List.of("runtime", "handler", "reuse", "record", "isolation")) {
            arguments.text("--" + name).ifPresent(value -> settings.put(name, JsonValue.of(value)));
        }
        for (String name : List.of("concurrency", "min-warm", "max-machines")) {
            arguments.whole("--" + name).ifPresent(value -> settings.put(name.replace('-', '_'), JsonValue.of(value)));
        }
        arguments.whole("--memory").ifPresent(value -> settings.put("memory_mb", JsonValue.of(value)));
        millis(arguments, "--timeout").ifPresent(value -> settings.put("timeout_ms", JsonValue.of(value)));
        if (!arguments.all("--tag").isEmpty()) {
            settings.put(
                    "tags",
                    new JsonValue.JsonArray(
                            arguments.all("--tag").stream().map(JsonValue::of).toList()));
        }
        SequencedMap<String, JsonValue> env = new LinkedHashMap<>();
        if (settings.get("env") instanceof JsonValue.JsonObject(SequencedMap<String, JsonValue> members)) {
            env.putAll(members);
        }
        RunCommand.environment(arguments.all("--env")).forEach((name, value) -> env.put(name, JsonValue.of(value)));
        if (!env.isEmpty()) {
            settings.put("env", new JsonValue.JsonObject(env));
        }
    }

    /** {@code --timeout}, which people give in seconds: 30, 0.5, 5s, 2m, 250ms. */
    static Optional<Long> millis(Arguments arguments, String option) throws UsageException {
        Optional<String> text = arguments.text(option);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String given = text.get().toLowerCase(Locale.ROOT);
        String digits = given.replaceAll("(ms|s|m|h)$", "");
        long unit = given.endsWith("ms") ? 1 : given.endsWith("m") ? 60_000 : given.endsWith("h") ? 3_600_000 : 1_000;
        if (!digits.matches("[0-9]{1,9}(\\.[0-9]{1,3})?")) {
            throw new UsageException(
                    option + " must be a number of seconds, or like 250ms, 5s, 2m; found " + text.get());
        }
        return Optional.of(
                new BigDecimal(digits).multiply(BigDecimal.valueOf(unit)).longValue());
    }

    private static void infer(Path path, Map<String, JsonValue> settings) throws CliException, IOException {
        if (!settings.containsKey("name")) {
            settings.put("name", JsonValue.of(nameOf(path)));
        }
        boolean complete = settings.containsKey("runtime") && settings.containsKey("handler");
        if (complete) {
            return;
        }
        Optional<HandlerGuess> guess = HandlerGuess.of(path);
        if (guess.isEmpty()) {
            if (settings.containsKey("runtime")) {
                return; // the node has a handler of its own choice for each runtime
            }
            throw new CliException(
                    Exit.USAGE,
                    "cannot tell what " + path
                            + " is: no main.py, app.py, index.js, main.js or program; say it with --runtime"
                            + " and --handler");
        }
        String runtime = guess.get().runtime();
        settings.putIfAbsent("runtime", JsonValue.of(runtime));
        if (!settings.containsKey("handler") && settings.get("runtime").equals(JsonValue.of(runtime))) {
            String handler = guess.get()
                    .handler()
                    .orElseThrow(() -> new CliException(
                            Exit.USAGE,
                            guess.get().file()
                                    + " has no function named handler, handle or main; say which one to call with"
                                    + " --handler MODULE.FUNCTION"));
            settings.put("handler", JsonValue.of(handler));
        }
    }

    private static String nameOf(Path path) {
        Path file = path.toAbsolutePath().normalize().getFileName();
        String name = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
        if (!Files.isDirectory(path)) {
            name = name.replaceAll("\\.[a-z]+$", "");
        }
        name = name.replaceAll("[^a-z0-9_-]+", "-").replaceAll("^[^a-z0-9]+|-+$", "");
        return name.substring(0, Math.min(name.length(), Limits.NAME_CHARS_MAX));
    }

    private static byte[] archive(Path path, Map<String, JsonValue> settings) throws CliException, IOException {
        if (Files.isDirectory(path)) {
            return CodeDirectory.pack(path);
        }
        String name = path.getFileName().toString();
        if (name.endsWith(".zip") || name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
            return Files.readAllBytes(path);
        }
        boolean program = JsonValue.of("native").equals(settings.get("runtime"));
        return CodeDirectory.pack(path, program ? "program" : name);
    }

    /** Through the codec, which tells about unknown and mistyped settings of a mayfly.toml. */
    private static FunctionRequest request(SequencedMap<String, JsonValue> settings, Path path) throws CliException {
        try {
            return Json.read(Json.write((JsonValue) new JsonValue.JsonObject(settings)), FunctionRequest.class);
        } catch (InvalidException e) {
            List<String> problems = new ArrayList<>();
            e.problems().forEach(problem -> problems.add(problem.toString()));
            throw new CliException(
                    Exit.USAGE,
                    problems.stream().collect(Collectors.joining("\n  ", "cannot deploy " + path + ":\n  ", "")));
        }
    }

    private static Answer send(FunctionRequest request, Session session) throws CliException {
        String name = request.name().orElseThrow();
        NodeClient.Content content = NodeClient.Content.json(request);
        Answer updated = session.node().call(Route.FUNCTION_UPDATE, List.of(name), Map.of(), Optional.of(content));
        boolean isNew = updated.status() == 404
                && NodeClient.problem(updated)
                        .map(problem -> problem.code().equals("function.not_found"))
                        .orElse(false);
        return isNew ? session.node().send(Route.FUNCTION_CREATE, content) : NodeClient.expectSuccess(updated);
    }

    private static void print(FunctionResponse function, int bytes, Session session) {
        session.out()
                .println("deployed " + function.name() + " version " + function.version() + " ("
                        + ListCommand.word(function.runtime()) + " " + function.handler() + ", " + function.memoryMb()
                        + " MB, " + function.timeoutMs() + " ms, " + ListCommand.word(function.reuse()) + ", "
                        + bytes + " bytes of code)");
    }
}
