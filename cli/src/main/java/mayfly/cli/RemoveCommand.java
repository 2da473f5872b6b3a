package mayfly.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.Route;

/** {@code mayfly rm}. */
final class RemoveCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "rm",
                "NAME|ID|service/NAME...",
                1,
                Integer.MAX_VALUE,
                false,
                "Delete functions and services, and forget tasks that have ended.",
                List.of(),
                "Calls of a deleted function that run are finished; its invocations stay readable by id. Connections of a\n"
                        + "deleted service are cut off; 'mayfly drain NAME' before it lets them end.");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        for (String name : arguments.parameters()) {
            Subject subject = Subject.of(name);
            Route route = switch (subject.kind()) {
                case FUNCTION -> Route.FUNCTION_DELETE;
                case TASK -> Route.TASK_DELETE;
                case SERVICE -> Route.SERVICE_DELETE;
                case INVOCATION ->
                    throw new UsageException("invocations are not deleted by hand; see retention in 'mayfly config'");
            };
            NodeClient.expectSuccess(session.node().call(route, List.of(subject.name()), Map.of(), Optional.empty()));
            if (!session.json()) {
                session.out().println("removed " + name);
            }
        }
        return Exit.OK;
    }
}
