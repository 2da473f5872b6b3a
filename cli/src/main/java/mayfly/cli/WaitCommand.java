package mayfly.cli;

import java.util.List;
import java.util.Map;
import mayfly.api.InvocationResponse;
import mayfly.api.InvocationStatus;
import mayfly.api.Json;
import mayfly.api.Route;
import mayfly.api.TaskResponse;

/** {@code mayfly wait}. */
final class WaitCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "wait",
                "ID",
                1,
                1,
                false,
                "Wait until a task or an invocation has ended.",
                List.of(),
                "Exits as the task did (128 and the number of the signal when one ended it); 0 or 1 for an invocation.");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        Subject subject = Subject.of(arguments.parameters().getFirst());
        return switch (subject.kind()) {
            case TASK -> {
                TaskResponse task = TaskEnd.await(session, subject.name());
                String how = task.exitCode()
                        .map(code -> " " + code)
                        .or(() -> task.signal().map(name -> " " + name))
                        .orElse("");
                session.out().println(session.json() ? Json.pretty(task) : ListCommand.word(task.status()) + how);
                yield TaskEnd.exitCode(task);
            }
            case INVOCATION -> {
                InvocationResponse invocation = await(session, subject.name());
                session.out().println(session.json() ? Json.pretty(invocation) : ListCommand.word(invocation.status()));
                yield invocation.status() == InvocationStatus.SUCCESS ? Exit.OK : Exit.FAILED;
            }
            case FUNCTION, SERVICE ->
                throw new UsageException("functions and services do not end; give the id of a task or an invocation");
        };
    }

    private static InvocationResponse await(Session session, String id) throws CliException {
        while (true) {
            Answer answer = session.node().get(Route.INVOCATION_GET, List.of(id), Map.of("wait_ms", "30000"));
            InvocationResponse invocation = Session.read(answer, InvocationResponse.class);
            if (invocation.status().ended()) {
                return invocation;
            }
        }
    }
}
