package mayfly.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import mayfly.api.InvocationResponse;
import mayfly.api.Route;

/** {@code mayfly logs}. */
final class LogsCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "logs",
                "ID|service/NAME",
                1,
                1,
                false,
                "Print what a task, an invocation or a service printed.",
                List.of(
                        OptionSpec.flag("--follow", "go on until the task ends").or("-f"),
                        OptionSpec.value(
                                "--stream",
                                "NAME",
                                "only a task's stdout or stderr; output (default) or access of a service")),
                "A task's stdout is printed to stdout and its stderr to stderr. Of a service the newest 256 KiB are kept.");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException, IOException {
        Subject subject = Subject.of(arguments.parameters().getFirst());
        switch (subject.kind()) {
            case TASK -> TaskOutput.print(session, subject.name(), streams(arguments), arguments.flag("--follow"));
            case SERVICE -> {
                String stream = arguments.text("--stream").orElse("output");
                Answer answer =
                        session.node().get(Route.SERVICE_LOGS, List.of(subject.name()), Map.of("stream", stream));
                session.out().write(answer.bytes(), 0, answer.bytes().length);
            }
            case INVOCATION -> {
                Answer answer = session.node().get(Route.INVOCATION_GET, List.of(subject.name()), Map.of());
                Session.read(answer, InvocationResponse.class).logs().ifPresent(session.out()::print);
            }
            case FUNCTION ->
                throw new UsageException(
                        "logs are kept by invocation: mayfly ls invocations --function " + subject.name());
        }
        return Exit.OK;
    }

    private static List<String> streams(Arguments arguments) throws UsageException {
        String only = arguments.text("--stream").orElse("both");
        return switch (only) {
            case "stdout", "stderr" -> List.of(only);
            case "both" -> List.of("stdout", "stderr");
            default -> throw new UsageException("--stream must be stdout or stderr; found " + only);
        };
    }
}
