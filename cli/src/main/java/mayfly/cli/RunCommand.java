package mayfly.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mayfly.api.KillRequest;
import mayfly.api.Nearest;
import mayfly.api.Route;
import mayfly.api.TaskIsolation;
import mayfly.api.TaskRequest;
import mayfly.api.TaskResponse;
import mayfly.api.TaskStatus;

/** {@code mayfly run}. */
final class RunCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "run",
                "[--] COMMAND [ARGUMENT...]",
                1,
                Integer.MAX_VALUE,
                true,
                "Run a command that is watched and outlives the node.",
                List.of(
                        OptionSpec.value("--name", "NAME", "what to call it"),
                        OptionSpec.repeated("--env", "NAME=VALUE", "an environment variable")
                                .or("-e"),
                        OptionSpec.value("--cwd", "DIR", "working directory"),
                        OptionSpec.value("--memory", "MB", "memory limit in MiB"),
                        OptionSpec.value("--timeout", "SECONDS", "then it is stopped"),
                        OptionSpec.value("--isolation", "KIND", "none (default), process or kvm"),
                        OptionSpec.repeated("--read", "DIR", "a directory that a virtual machine sees, read-only"),
                        OptionSpec.flag("--trace", "print a virtual machine's system calls"),
                        OptionSpec.flag("--stats", "print what a virtual machine did"),
                        OptionSpec.flag("--detach", "print its id and leave it running")
                                .or("-d")),
                """
                Prints the command's output as it comes and exits with its exit code (128 and the number of the signal
                when one ended it). Ctrl-C sends it SIGINT; a second Ctrl-C leaves it running, as does closing
                the terminal. When the node is restarted meanwhile, the output goes on.

                With --isolation kvm the command runs in a virtual machine of this process and needs no node: it
                gets standard input, sees the host's programs and what --read names, and has a /tmp of its own.""");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        for (String only : List.of("--trace", "--stats")) {
            if (arguments.flag(only)) {
                throw new UsageException(only + " is for --isolation kvm");
            }
        }
        if (!arguments.all("--read").isEmpty()) {
            throw new UsageException("--read is for --isolation kvm: other commands see what their user sees");
        }
        Answer created = session.node().send(Route.TASK_CREATE, NodeClient.Content.json(request(arguments)));
        TaskResponse task = Session.read(created, TaskResponse.class);
        if (arguments.flag("--detach")) {
            if (session.json()) {
                session.printJson(created);
            } else {
                session.out().println(task.id());
            }
            return Exit.OK;
        }
        onInterrupt(session, task.id());
        TaskOutput.print(session, task.id(), List.of("stdout", "stderr"), true);
        TaskResponse ended = TaskEnd.await(session, task.id());
        if (!ended.reason().isEmpty() && ended.status() != TaskStatus.SUCCEEDED) {
            session.err()
                    .println("mayfly: " + ended.id() + " " + ListCommand.word(ended.status()) + ": " + ended.reason());
        }
        return TaskEnd.exitCode(ended);
    }

    private static TaskRequest request(Arguments arguments) throws UsageException {
        return new TaskRequest(
                arguments.parameters(),
                arguments.text("--name"),
                environment(arguments.all("--env")),
                arguments.text("--cwd").map(cwd -> Path.of(cwd).toAbsolutePath().toString()),
                arguments.whole("--memory").map(Math::toIntExact),
                seconds(arguments),
                isolation(arguments),
                Optional.empty());
    }

    private static Optional<TaskIsolation> isolation(Arguments arguments) throws UsageException {
        Optional<String> word = arguments.text("--isolation");
        if (word.isEmpty()) {
            return Optional.empty();
        }
        List<String> known =
                Stream.of(TaskIsolation.values()).map(ListCommand::word).toList();
        if (!known.contains(word.get())) {
            throw new UsageException("--isolation must be one of " + String.join(", ", known) + "; found " + word.get()
                    + Nearest.hint(word.get(), known));
        }
        return Optional.of(TaskIsolation.valueOf(word.get().toUpperCase(Locale.ROOT)));
    }

    private static Optional<Long> seconds(Arguments arguments) throws UsageException {
        return DeployCommand.millis(arguments, "--timeout");
    }

    static Map<String, String> environment(List<String> definitions) throws UsageException {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String definition : definitions) {
            int equals = definition.indexOf('=');
            if (equals <= 0) {
                throw new UsageException("--env must look like NAME=VALUE; found " + definition);
            }
            environment.put(definition.substring(0, equals), definition.substring(equals + 1));
        }
        return environment;
    }

    /** The first interrupt goes to the task, the second one lets go of it. */
    private static void onInterrupt(Session session, String task) {
        AtomicInteger count = new AtomicInteger();
        Interrupts.handle(() -> {
            if (count.incrementAndGet() > 1) {
                leave(session, task);
                return;
            }
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    KillRequest interrupt = new KillRequest(Optional.of("INT"));
                    session.node().send(Route.TASK_KILL, NodeClient.Content.json(interrupt), task);
                } catch (CliException e) {
                    leave(session, task);
                }
            });
        });
    }

    private static void leave(Session session, String task) {
        session.err()
                .println("mayfly: left " + task + " running; see it with 'mayfly logs -f " + task
                        + "', end it with 'mayfly kill " + task + "'");
        session.err().flush();
        session.out().flush();
        Runtime.getRuntime().halt(Exit.SIGNAL_BASE + 2);
    }
}
