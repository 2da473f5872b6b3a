package mayfly.cli;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mayfly.api.FunctionPage;
import mayfly.api.FunctionResponse;
import mayfly.api.InvocationPage;
import mayfly.api.InvocationResponse;
import mayfly.api.MachinePage;
import mayfly.api.MachineResponse;
import mayfly.api.Nearest;
import mayfly.api.QueryParameter;
import mayfly.api.Route;
import mayfly.api.ServicePage;
import mayfly.api.ServiceResponse;
import mayfly.api.TaskPage;
import mayfly.api.TaskResponse;

/** {@code mayfly ls}. */
final class ListCommand implements Command {
    private static final List<String> KINDS =
            List.of("functions", "services", "tasks", "invocations", "machines", "actors", "runners", "pools");
    private static final List<String> OF_ACTORS = List.of("actors", "actor", "runners", "runner", "pools", "pool");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "ls",
                "[functions|services|tasks|invocations|machines|actors|runners|pools]",
                0,
                1,
                false,
                "List what there is; functions when nothing is said.",
                List.of(
                        OptionSpec.value("--limit", "N", "at most that many; default 100"),
                        OptionSpec.value("--cursor", "TEXT", "go on where a list ended"),
                        OptionSpec.value("--prefix", "TEXT", "functions or services whose name starts with it"),
                        OptionSpec.value("--runtime", "NAME", "functions of this runtime"),
                        OptionSpec.value("--tag", "TAG", "functions with this tag"),
                        OptionSpec.value("--function", "NAME", "invocations of this function"),
                        OptionSpec.value("--name", "NAME", "tasks or actors of this name; runners of this pool"),
                        OptionSpec.value("--key", "KEY", "actors with this key; needs --name"),
                        OptionSpec.value("--namespace", "NAME", "of actors, runners and pools; default \"default\""),
                        OptionSpec.flag("--all", "destroyed actors and stopped runners too"),
                        OptionSpec.value("--status", "STATUS", "tasks or invocations in this state")),
                "");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        String kind = arguments.parameters().isEmpty()
                ? "functions"
                : arguments.parameters().getFirst();
        if (OF_ACTORS.contains(kind)) {
            new ActorLists(session, arguments).print(kind);
            return Exit.OK;
        }
        Route route = switch (kind) {
            case "functions", "function" -> Route.FUNCTION_LIST;
            case "services", "service" -> Route.SERVICE_LIST;
            case "tasks", "task" -> Route.TASK_LIST;
            case "invocations", "invocation" -> Route.INVOCATION_LIST;
            case "machines", "machine" -> Route.MACHINE_LIST;
            default ->
                throw new UsageException("there is no list of " + kind + Nearest.hint(kind, KINDS) + "; there are "
                        + String.join(", ", KINDS));
        };
        Answer answer = session.node().get(route, List.of(), query(arguments, route, kind));
        if (session.json()) {
            session.printJson(answer);
            return Exit.OK;
        }
        Instant now = session.clock().now();
        Optional<String> next = switch (route) {
            case FUNCTION_LIST -> print(session, Session.read(answer, FunctionPage.class), now);
            case SERVICE_LIST -> print(session, Session.read(answer, ServicePage.class), now);
            case TASK_LIST -> print(session, Session.read(answer, TaskPage.class), now);
            case INVOCATION_LIST -> print(session, Session.read(answer, InvocationPage.class), now);
            default -> print(session, Session.read(answer, MachinePage.class), now);
        };
        next.ifPresent(cursor -> session.err().println("there are more: --cursor " + cursor));
        return Exit.OK;
    }

    private Map<String, String> query(Arguments arguments, Route route, String kind) throws UsageException {
        Map<String, String> query = new LinkedHashMap<>();
        List<String> taken = route.query().stream().map(QueryParameter::name).toList();
        for (OptionSpec option : spec().options()) {
            Optional<String> value = option.takesValue() || !arguments.flag(option.name())
                    ? arguments.text(option.name())
                    : Optional.of("");
            String name = option.name().substring(2);
            if (value.isPresent() && !taken.contains(name)) {
                throw new UsageException("a list of " + kind + " has no " + option.name());
            }
            value.ifPresent(it -> query.put(name, it));
        }
        return query;
    }

    private static Optional<String> print(Session session, FunctionPage page, Instant now) {
        Table table = new Table("NAME", "VERSION", "RUNTIME", "HANDLER", "REUSE", "MEMORY", "BUSY", "WARM", "UPDATED");
        for (FunctionResponse function : page.items()) {
            table.row(
                    function.name(),
                    "" + function.version(),
                    word(function.runtime()),
                    function.handler(),
                    word(function.reuse()),
                    function.memoryMb() + " MB",
                    "" + function.machines().busy(),
                    "" + function.machines().warm(),
                    Table.age(function.updatedAt(), now));
        }
        session.out().print(table.text());
        return page.next();
    }

    private static Optional<String> print(Session session, ServicePage page, Instant now) {
        Table table = new Table(
                "NAME", "VERSION", "STATUS", "ADDRESS", "WORKERS", "ACTIVE", "WAITING", "SERVED", "FAILED", "RESET",
                "PAGES", "MEMORY", "AGE", "PROGRAM");
        for (ServiceResponse service : page.items()) {
            ServiceResponse.Connections connections = service.connections();
            ServiceResponse.Resets resets = service.resets();
            table.row(
                    service.name(),
                    "" + service.version(),
                    word(service.status()),
                    service.address().orElse("-"),
                    "" + service.workers(),
                    "" + connections.active(),
                    "" + connections.waiting(),
                    "" + connections.served(),
                    "" + (connections.timedOut() + connections.crashed() + connections.refused()),
                    resets.count() == 0 ? "-" : Table.micros(resets.p50Us()),
                    resets.count() == 0 ? "-" : "" + resets.pagesP50(),
                    service.machines().privateBytes().map(Table::bytes).orElse("-"),
                    Table.age(service.createdAt(), now),
                    String.join(" ", service.program()));
        }
        session.out().print(table.text());
        return page.next();
    }

    private static Optional<String> print(Session session, TaskPage page, Instant now) {
        Table table = new Table("ID", "NAME", "STATUS", "PID", "EXIT", "AGE", "COMMAND");
        for (TaskResponse task : page.items()) {
            table.row(
                    task.id(),
                    task.name(),
                    word(task.status()),
                    task.pid().map(Object::toString).orElse("-"),
                    task.exitCode().map(Object::toString).or(task::signal).orElse("-"),
                    Table.age(task.createdAt(), now),
                    String.join(" ", task.command()));
        }
        session.out().print(table.text());
        return page.next();
    }

    private static Optional<String> print(Session session, InvocationPage page, Instant now) {
        Table table = new Table("ID", "FUNCTION", "VERSION", "MODE", "STATUS", "START", "DURATION", "AGE");
        for (InvocationResponse invocation : page.items()) {
            table.row(
                    invocation.id(),
                    invocation.function(),
                    "" + invocation.version(),
                    word(invocation.mode()),
                    word(invocation.status()),
                    invocation.start().map(ListCommand::word).orElse("-"),
                    invocation.durationUs().map(Table::micros).orElse("-"),
                    Table.age(invocation.queuedAt(), now));
        }
        session.out().print(table.text());
        return page.next();
    }

    private static Optional<String> print(Session session, MachinePage page, Instant now) {
        Table table = new Table("ID", "DRIVER", "FUNCTION", "STATE", "USES", "PID", "AGE");
        for (MachineResponse machine : page.items()) {
            table.row(
                    machine.id(),
                    machine.driver(),
                    machine.function().orElse("-"),
                    machine.state(),
                    "" + machine.uses(),
                    machine.pid().map(Object::toString).orElse("-"),
                    Table.age(machine.createdAt(), now));
        }
        session.out().print(table.text());
        return page.next();
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
