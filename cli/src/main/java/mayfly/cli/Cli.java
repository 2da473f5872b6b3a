package mayfly.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.api.Nearest;

/** The command line: everything but the commands that are a node. Exit codes are those of {@link Exit}. */
public final class Cli {
    private static final List<Command> COMMANDS = List.of(
            new DeployCommand(),
            new InvokeCommand(),
            new ListCommand(),
            new GetCommand(),
            new LogsCommand(),
            new RemoveCommand(),
            new RunCommand(),
            new KillCommand(),
            new ServeCommand(),
            ServiceCommand.scale(),
            ServiceCommand.drain(),
            new ActorCommand(),
            new PoolCommand(),
            new WaitCommand(),
            new DoctorCommand(),
            new HealthCommand());

    /** Carried out by the program itself: described here, so that there is one help. */
    private static final List<CommandSpec> OF_THE_PROGRAM = List.of(
            new CommandSpec(
                    "up",
                    "",
                    0,
                    0,
                    false,
                    "Run a node in the foreground; it drains on SIGTERM and Ctrl-C.",
                    nodeOptions(),
                    "'mayfly config' prints all settings; environment variables win over the file, options over both."),
            new CommandSpec(
                    "demo",
                    "",
                    0,
                    0,
                    false,
                    "Start a node, deploy the examples and call them.",
                    Stream.concat(
                                    Stream.of(OptionSpec.flag("--exit", "end when the examples have run")),
                                    nodeOptions().stream())
                            .toList(),
                    ""),
            new CommandSpec(
                    "config", "", 0, 0, false, "Print a configuration file with every setting.", List.of(), ""));

    private Cli() {}

    private static List<OptionSpec> nodeOptions() {
        return List.of(
                OptionSpec.value("--listen", "HOST:PORT", "default 127.0.0.1:7070; port 0 takes a free one"),
                OptionSpec.value("--data", "DIR", "default ~/.local/share/mayfly"),
                OptionSpec.value("--config", "FILE", "a TOML file"),
                OptionSpec.value("--services", "FILE", "services to start, as by 'mayfly serve --file'"),
                OptionSpec.value("--store", "URL", "sqlite or postgresql://..."),
                OptionSpec.value("--token-file", "FILE", "callers must know what is in it"),
                OptionSpec.value("--log-level", "LEVEL", "debug, info, warning or error"),
                OptionSpec.value("--log-format", "FORMAT", "text or json"),
                OptionSpec.repeated(
                        "--set", "KEY=VALUE", "any setting of 'mayfly config': --set pool.idle_seconds=60"));
    }

    /** Runs one command without the ability to examine this host. */
    public static int run(String[] args) {
        return run(args, Optional.empty());
    }

    /** Runs one command. */
    public static int run(String[] args, LocalDoctor doctor) {
        return run(args, Optional.of(doctor));
    }

    private static int run(String[] args, Optional<LocalDoctor> doctor) {
        Surroundings surroundings = Surroundings.ofProcess(doctor);
        if (args.length == 1 && args[0].equals("rehearse")) {
            return Rehearsal.run();
        }
        int exit = run(Arrays.asList(args), surroundings);
        surroundings.out().flush();
        surroundings.err().flush();
        return exit;
    }

    /** What a command of the program takes; {@code name} is up, demo or config. */
    public static CommandSpec spec(String name) {
        return specs().filter(spec -> spec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no command " + name));
    }

    static int run(List<String> args, Surroundings surroundings) {
        PrintStream err = surroundings.err();
        try {
            return dispatch(args, surroundings);
        } catch (UsageException e) {
            err.println("mayfly: " + e.getMessage());
            return Exit.USAGE;
        } catch (CliException e) {
            err.println("mayfly: " + e.getMessage());
            return e.exit();
        } catch (NoSuchFileException e) {
            err.println("mayfly: there is no file " + e.getFile());
            return Exit.USAGE;
        } catch (IOException | UncheckedIOException e) {
            err.println("mayfly: " + e);
            return Exit.FAILED;
        }
    }

    private static int dispatch(List<String> args, Surroundings surroundings)
            throws UsageException, CliException, IOException {
        String name = args.isEmpty() ? "help" : args.getFirst();
        List<String> rest = args.isEmpty() ? List.of() : args.subList(1, args.size());
        if (name.equals("help") || name.equals("--help") || name.equals("-h")) {
            return help(rest, surroundings.out());
        }
        Optional<Command> command =
                COMMANDS.stream().filter(it -> it.spec().name().equals(name)).findFirst();
        if (command.isEmpty()) {
            throw unknown(name);
        }
        CommandSpec spec = command.get().spec();
        Arguments arguments = Arguments.parse(spec, rest);
        if (arguments.flag("--help")) {
            surroundings.out().println(spec.help());
            return Exit.OK;
        }
        return command.get().run(arguments, new Session(surroundings, arguments));
    }

    /** Prints the help of all commands, or of one. */
    private static int help(List<String> names, PrintStream out) throws UsageException {
        if (names.isEmpty()) {
            out.print(overview());
            return Exit.OK;
        }
        String name = names.getFirst();
        out.println(specs().filter(spec -> spec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> unknown(name))
                .help());
        return Exit.OK;
    }

    private static UsageException unknown(String name) {
        List<String> known =
                Stream.concat(specs().map(CommandSpec::name), Stream.of("help")).toList();
        return new UsageException(
                "there is no command " + name + Nearest.hint(name, known) + "; 'mayfly help' lists them");
    }

    static Stream<CommandSpec> specs() {
        return Stream.concat(COMMANDS.stream().map(Command::spec), OF_THE_PROGRAM.stream());
    }

    static String overview() {
        try (InputStream in = Cli.class.getResourceAsStream("help.txt")) {
            if (in == null) {
                throw new AssertionError("help.txt is missing from the build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("help.txt cannot be read from the program itself", e);
        }
    }
}
