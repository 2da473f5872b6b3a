package mayfly.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.InvalidException;
import mayfly.api.InvocationAccepted;
import mayfly.api.InvocationResponse;
import mayfly.api.Json;
import mayfly.api.Route;

/** {@code mayfly invoke}. */
final class InvokeCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "invoke",
                "NAME [PAYLOAD|@FILE|-]",
                1,
                2,
                false,
                "Call a function and print its result.",
                List.of(
                        OptionSpec.flag("--async", "do not wait; print the invocation's id"),
                        OptionSpec.flag("--raw", "send bytes as they are, print the result as it came"),
                        OptionSpec.flag("--log", "print what the handler printed, on stderr")),
                """
                PAYLOAD is sent as JSON when it is JSON, as bytes otherwise; - is standard input. Without one the
                handler gets null.""");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException, IOException {
        String name = arguments.parameters().getFirst();
        Optional<NodeClient.Content> content = Optional.empty();
        if (arguments.parameters().size() > 1) {
            content = Optional.of(content(arguments.parameters().get(1), arguments.flag("--raw"), session));
        }
        if (arguments.flag("--async")) {
            return later(name, content, session);
        }
        Answer answer = session.node().call(Route.FUNCTION_INVOKE, List.of(name), Map.of(), content);
        if (arguments.flag("--log")) {
            printLog(answer, session);
        }
        NodeClient.expectSuccess(answer);
        if (answer.isJson() && !arguments.flag("--raw")) {
            session.printJson(answer);
        } else {
            session.out().write(answer.bytes());
            if (session.surroundings().terminal() && !arguments.flag("--raw")) {
                session.out().println();
            }
        }
        return Exit.OK;
    }

    private static int later(String name, Optional<NodeClient.Content> content, Session session) throws CliException {
        Answer answer =
                NodeClient.expectSuccess(session.node().call(Route.FUNCTION_ASYNC, List.of(name), Map.of(), content));
        if (session.json()) {
            session.printJson(answer);
        } else {
            session.out().println(Session.read(answer, InvocationAccepted.class).invocationId());
        }
        return Exit.OK;
    }

    private static NodeClient.Content content(String payload, boolean raw, Session session)
            throws CliException, IOException {
        byte[] bytes;
        if (payload.equals("-")) {
            bytes = session.surroundings().in().readAllBytes();
        } else if (payload.startsWith("@")) {
            bytes = readFile(payload.substring(1));
        } else {
            bytes = payload.getBytes(StandardCharsets.UTF_8);
            if (!raw && (payload.startsWith("{") || payload.startsWith("["))) {
                checkMeantAsJson(bytes);
            }
        }
        return new NodeClient.Content(!raw && isJson(bytes) ? "application/json" : "application/octet-stream", bytes);
    }

    private static void checkMeantAsJson(byte[] bytes) throws CliException {
        try {
            Json.check(bytes);
        } catch (InvalidException e) {
            throw new CliException(
                    Exit.USAGE, "the payload looks like JSON but is " + e.getMessage() + "; --raw sends it as bytes");
        }
    }

    private static boolean isJson(byte[] bytes) {
        try {
            Json.check(bytes);
            return true;
        } catch (InvalidException e) {
            return false;
        }
    }

    private static byte[] readFile(String file) throws CliException {
        try {
            return Files.readAllBytes(Path.of(file));
        } catch (IOException e) {
            throw new CliException(Exit.USAGE, "cannot read the payload " + file + ": " + e);
        }
    }

    private static void printLog(Answer answer, Session session) {
        String id = answer.header("mayfly-invocation").orElse("");
        PrintStream err = session.err();
        try {
            Answer record = session.node().get(Route.INVOCATION_GET, List.of(id), Map.of("wait_ms", "1000"));
            Session.read(record, InvocationResponse.class).logs().ifPresent(err::print);
            err.println("[" + id + " " + answer.header("mayfly-start").orElse("") + "]");
        } catch (CliException e) {
            err.println("the log could not be had: " + e.getMessage());
        }
        err.flush();
    }
}
