package mayfly.cli;

import java.util.List;
import java.util.Optional;
import mayfly.api.KillRequest;
import mayfly.api.Route;
import mayfly.api.Signals;
import mayfly.api.TaskResponse;

/** {@code mayfly kill}. */
final class KillCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "kill",
                "ID",
                1,
                1,
                false,
                "Send a signal to a task.",
                List.of(OptionSpec.value("--signal", "NAME", "a name or a number; default TERM")
                        .or("-s")),
                "");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        String signal = arguments.text("--signal").orElse("TERM");
        if (Signals.number(signal).isEmpty()) {
            throw new UsageException("there is no signal " + signal);
        }
        KillRequest request = new KillRequest(Optional.of(signal));
        Answer answer = session.node()
                .send(
                        Route.TASK_KILL,
                        NodeClient.Content.json(request),
                        arguments.parameters().getFirst());
        if (session.json()) {
            session.printJson(answer);
        } else {
            TaskResponse task = Session.read(answer, TaskResponse.class);
            session.out().println(task.id() + " " + ListCommand.word(task.status()));
        }
        return Exit.OK;
    }
}
