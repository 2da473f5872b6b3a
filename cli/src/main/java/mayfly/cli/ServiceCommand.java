package mayfly.cli;

import java.util.List;
import mayfly.api.Route;
import mayfly.api.ServiceResponse;
import mayfly.api.ServiceScale;

/** {@code mayfly scale} and {@code mayfly drain}: what is done to a service that runs. */
final class ServiceCommand implements Command {
    private final CommandSpec spec;
    private final Route route;

    private ServiceCommand(CommandSpec spec, Route route) {
        this.spec = spec;
        this.route = route;
    }

    static ServiceCommand scale() {
        return new ServiceCommand(
                new CommandSpec(
                        "scale",
                        "NAME WORKERS",
                        2,
                        2,
                        false,
                        "Change how many connections of a service are served at once.",
                        List.of(),
                        "Connections that are being served are, to their end."),
                Route.SERVICE_SCALE);
    }

    static ServiceCommand drain() {
        return new ServiceCommand(
                new CommandSpec(
                        "drain",
                        "NAME",
                        1,
                        1,
                        false,
                        "Let a service take no more connections, and wait for those it has.",
                        List.of(),
                        "What has not ended in the node's drain time is cut off. The service is there and drained until it is\n"
                                + "replaced ('mayfly serve --name NAME') or the node starts again."),
                Route.SERVICE_DRAIN);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        String name = Subject.service(arguments.parameters().getFirst());
        Answer answer = route == Route.SERVICE_SCALE
                ? session.node()
                        .send(
                                route,
                                NodeClient.Content.json(new ServiceScale(
                                        workers(arguments.parameters().get(1)))),
                                name)
                : session.node().get(route, name);
        if (session.json()) {
            session.printJson(answer);
        } else {
            ServiceResponse service = Session.read(answer, ServiceResponse.class);
            session.out()
                    .println(service.name() + " " + ListCommand.word(service.status()) + ", " + service.workers()
                            + " workers");
        }
        return Exit.OK;
    }

    private static int workers(String text) throws UsageException {
        if (!text.matches("[0-9]{1,9}")) {
            throw new UsageException("WORKERS must be a whole number; found " + text);
        }
        return Integer.parseInt(text);
    }
}
