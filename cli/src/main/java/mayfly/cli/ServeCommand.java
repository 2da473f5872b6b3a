package mayfly.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.api.Isolation;
import mayfly.api.Nearest;
import mayfly.api.Route;
import mayfly.api.ServiceListen;
import mayfly.api.ServiceMode;
import mayfly.api.ServiceRequest;
import mayfly.api.ServiceResponse;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;

/** {@code mayfly serve}. */
final class ServeCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "serve",
                "--file FILE | [--] PROGRAM [ARGUMENT...]",
                0,
                Integer.MAX_VALUE,
                true,
                "Run a server so that each connection gets a machine of its own.",
                List.of(
                        OptionSpec.value("--file", "FILE", "let services be as the file declares them"),
                        OptionSpec.value("--name", "NAME", "default the program's name; one that exists is replaced"),
                        OptionSpec.value("--port", "PORT", "where clients connect, on 127.0.0.1; default a free one"),
                        OptionSpec.value("--listen", "HOST:PORT", "the same, on another address of this host"),
                        OptionSpec.value("--unix", "PATH", "the same, at a Unix socket"),
                        OptionSpec.value("--guest-port", "PORT", "the program's own; default the first it opens"),
                        OptionSpec.value("--workers", "N", "connections served at once; default 8, shared 256"),
                        OptionSpec.value("--warmup", "K", "requests before it is frozen; default 0"),
                        OptionSpec.repeated("--env", "NAME=VALUE", "an environment variable")
                                .or("-e"),
                        OptionSpec.value("--dir", "DIR", "where it runs, and may read; default the current directory"),
                        OptionSpec.repeated("--allow-read", "DIR", "a directory that it may read, besides --dir"),
                        OptionSpec.repeated(
                                "--volume", "HOST:GUEST", "a directory that it may change; what it writes stays"),
                        OptionSpec.repeated("--allow-connect", "HOST:PORT", "where it may connect to; else nowhere"),
                        OptionSpec.flag("--ephemeral", "a machine serves one connection (default)"),
                        OptionSpec.flag("--shared", "one machine serves all, and keeps its state"),
                        OptionSpec.value("--memory", "MB", "memory of one machine in MiB; default 256"),
                        OptionSpec.value(
                                "--request-timeout", "SECONDS", "for one connection; default 300, shared a week"),
                        OptionSpec.value(
                                "--isolation", "KIND", "any (default: kvm where there is /dev/kvm), kvm or process"),
                        OptionSpec.flag("--detach", "print where it listens and leave it running")
                                .or("-d")),
                """
                The program needs no changes: it is started once, frozen where it waits for its first connection, and
                each connection gets a copy, which is put back when the connection ends. The port in its own arguments is
                its machine's; --port is the one that clients use.

                It may read the host's programs and the directory that it runs in, which is the current one unless --dir
                names another, and writes to a /tmp that is each connection's own.

                With --shared one copy serves all connections at once and keeps its state, for servers that are of no use
                without: redis-server, a chat. It is started anew, without its state, when its program ends, when the
                service is replaced and when the node is started again.

                Prints an access line for each connection, and the program's output to standard error, until Ctrl-C,
                which deletes the service; a second Ctrl-C leaves it, as does closing the terminal. With --detach the
                service stays, also when the node is started again, until 'mayfly rm service/NAME'.

                A --file has a [[services]] for each service, with the fields that POST /api/v1/services takes and paths
                relative to the file. Each is created, replaced when it is not as the file says, or left alone; those
                that the file does not name too. They stay, as with --detach. 'mayfly up --services FILE' does the same
                when a node starts.""");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        if (arguments.text("--file").isPresent()) {
            requireNothingElse(arguments);
            return ServeFile.run(arguments, session);
        } else if (arguments.parameters().isEmpty()) {
            throw new UsageException("say what to serve: mayfly serve [--] PROGRAM, or mayfly serve --file FILE");
        }
        ServiceRequest request = request(arguments);
        Answer answer =
                createOrReplace(session, request, arguments.text("--name").isPresent());
        ServiceResponse service = Session.read(answer, ServiceResponse.class);
        if (session.json()) {
            session.printJson(answer);
        } else {
            session.out()
                    .println(service.name() + " serves " + service.address().orElse("nowhere") + " with up to "
                            + service.workers()
                            + (service.mode() == ServiceMode.SHARED
                                    ? " connections in one " + kind(service, "machine")
                                    : " " + kind(service, "machines"))
                            + " (version " + service.version()
                            + "); see 'mayfly get service/"
                            + service.name() + "', end it with "
                            + (arguments.flag("--detach") ? "'mayfly rm service/" + service.name() + "'" : "Ctrl-C"));
        }
        session.out().flush();
        return arguments.flag("--detach") ? Exit.OK : ServiceFollow.untilGone(session, service.name());
    }

    private void requireNothingElse(Arguments arguments) throws UsageException {
        for (OptionSpec option : spec().options()) {
            String name = option.name();
            if (arguments.flag(name) && !name.equals("--file")) {
                throw new UsageException("with --file all is said in the file; found " + name);
            }
        }
        if (!arguments.parameters().isEmpty()) {
            throw new UsageException("with --file all is said in the file; found "
                    + arguments.parameters().getFirst());
        }
    }

    /** "virtual machines", or "sandboxed processes": what isolates is worth a word. */
    private static String kind(ServiceResponse service, String machines) {
        return switch (service.machines().driver().orElse("")) {
            case "kvm" -> "virtual " + machines;
            case "process" -> machines.equals("machine") ? "sandboxed process" : "sandboxed processes";
            default -> machines;
        };
    }

    /** Only a name that somebody gave may replace what has it: two servers are often both called "python3". */
    private static Answer createOrReplace(Session session, ServiceRequest request, boolean named) throws CliException {
        NodeClient.Content content = NodeClient.Content.json(request);
        Answer created = session.node().call(Route.SERVICE_CREATE, List.of(), Map.of(), Optional.of(content));
        boolean taken = NodeClient.problem(created)
                .filter(problem -> created.status() == ErrorCode.SERVICE_EXISTS.status()
                        && problem.code().equals(ErrorCode.SERVICE_EXISTS.code()))
                .isPresent();
        String name = request.name().orElseThrow();
        if (!taken) {
            return NodeClient.expectSuccess(created);
        } else if (!named) {
            throw new CliException(
                    Exit.FAILED,
                    "there is a service " + name + "; name this one with --name, or say --name " + name
                            + " to replace it");
        }
        return session.node().send(Route.SERVICE_REPLACE, content, name);
    }

    static ServiceRequest request(Arguments arguments) throws UsageException {
        String directory = absolute(arguments.text("--dir").orElse(""));
        List<String> readable = new ArrayList<>(List.of(directory));
        arguments.all("--allow-read").forEach(path -> readable.add(absolute(path)));
        boolean shared = arguments.flag("--shared");
        if (shared && arguments.flag("--ephemeral")) {
            throw new UsageException("give --ephemeral or --shared");
        }
        String program = arguments.parameters().getFirst();
        return new ServiceRequest(
                Optional.of(arguments.text("--name").orElseGet(() -> nameOf(program))),
                arguments.parameters(),
                shared ? Optional.of(ServiceMode.SHARED) : Optional.empty(),
                listen(arguments),
                number(arguments, "--guest-port"),
                number(arguments, "--workers"),
                Optional.empty(),
                number(arguments, "--warmup"),
                RunCommand.environment(arguments.all("--env")),
                readable.stream().distinct().toList(),
                arguments.all("--volume").stream().map(ServeCommand::volume).toList(),
                arguments.all("--allow-connect"),
                number(arguments, "--memory"),
                DeployCommand.millis(arguments, "--request-timeout"),
                Optional.empty(),
                Optional.of(directory),
                isolation(arguments));
    }

    private static Optional<ServiceListen> listen(Arguments arguments) throws UsageException {
        Optional<Integer> port = number(arguments, "--port");
        Optional<String> address = arguments.text("--listen");
        Optional<String> unix = arguments.text("--unix");
        if (Stream.of(port, address, unix).filter(Optional::isPresent).count() > 1) {
            throw new UsageException("give one of --port, --listen and --unix");
        }
        if (unix.isPresent()) {
            return Optional.of(new ServiceListen(Optional.empty(), Optional.empty(), unix.map(ServeCommand::absolute)));
        }
        if (address.isPresent()) {
            return Optional.of(listen(address.get()));
        }
        return port.map(it -> new ServiceListen(Optional.empty(), Optional.of(it), Optional.empty()));
    }

    private static ServiceListen listen(String address) throws UsageException {
        int colon = address.lastIndexOf(':');
        String port = address.substring(colon + 1);
        String host = colon < 0 ? "" : address.substring(0, colon);
        boolean bareIpv6 = host.contains(":") && !(host.startsWith("[") && host.endsWith("]"));
        if (host.isEmpty() || bareIpv6 || !port.matches("[0-9]{1,5}")) {
            throw new UsageException("--listen must look like 0.0.0.0:8080 or [::1]:8080; found " + address);
        }
        return new ServiceListen(
                Optional.of(host.replaceAll("[\\[\\]]", "")), Optional.of(Integer.parseInt(port)), Optional.empty());
    }

    private static Optional<Integer> number(Arguments arguments, String option) throws UsageException {
        Optional<Long> given = arguments.whole(option);
        if (given.isPresent() && given.get() > Integer.MAX_VALUE) {
            throw new UsageException(option + " is too large: " + given.get());
        }
        return given.map(Long::intValue);
    }

    private static Optional<Isolation> isolation(Arguments arguments) throws UsageException {
        Optional<String> word = arguments.text("--isolation");
        if (word.isEmpty()) {
            return Optional.empty();
        }
        List<String> known =
                Stream.of(Isolation.values()).map(ListCommand::word).toList();
        if (!known.contains(word.get())) {
            throw new UsageException("--isolation must be one of " + String.join(", ", known) + "; found " + word.get()
                    + Nearest.hint(word.get(), known));
        }
        return Optional.of(Isolation.valueOf(word.get().toUpperCase(Locale.ROOT)));
    }

    /** With the host's path made absolute; what is wrong besides is the node's to say. */
    private static String volume(String text) {
        int colon = text.indexOf(':');
        String host = absolute(colon < 0 ? text : text.substring(0, colon));
        return colon < 0 ? host : host + text.substring(colon);
    }

    private static String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    /** What a service is called that nobody named: "python3" for /usr/bin/python3. */
    static String nameOf(String program) {
        String file = program.substring(program.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        String name = file.replaceAll("[^a-z0-9_-]+", "-").replaceAll("^[-_]+|-+$", "");
        String cut = name.substring(0, Math.min(name.length(), Limits.NAME_CHARS_MAX));
        return cut.isEmpty() ? "service" : cut;
    }
}
