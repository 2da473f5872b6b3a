package mayfly.app;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.DoctorReport;
import mayfly.base.Limits;
import mayfly.cli.Arguments;
import mayfly.cli.Cli;
import mayfly.cli.CommandSpec;
import mayfly.cli.Exit;
import mayfly.cli.UsageException;
import mayfly.gateway.Gateway;
import mayfly.machine.MachineException;

/** The program: {@code up} and {@code demo} are a node, everything else is a client of one. */
public final class Main {
    /** As /health and the doctor tell it. */
    static final String VERSION = "0.1.0";

    private Main() {}

    /** Exits with the command's code; {@code mayfly help} says what the codes mean. */
    public static void main(String[] arguments) {
        Limits.check();
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) {
        String command = arguments.length == 0 ? "help" : arguments[0];
        return switch (command) {
            case "run" -> start(arguments);
            case "up", "demo", "config" -> own(command, List.of(arguments).subList(1, arguments.length));
            default -> Cli.run(arguments, Main::examine);
        };
    }

    /** A command in a virtual machine runs in this process; every other one is a task of a node. */
    private static int start(String[] words) {
        try {
            Arguments arguments =
                    Arguments.parse(Cli.spec("run"), List.of(words).subList(1, words.length));
            return !arguments.flag("--help") && VirtualRun.isAskedFor(arguments)
                    ? VirtualRun.run(arguments)
                    : Cli.run(words, Main::examine);
        } catch (UsageException e) {
            return refuse(String.valueOf(e.getMessage()), Exit.USAGE);
        }
    }

    private static int own(String command, List<String> words) {
        CommandSpec spec = Cli.spec(command);
        try {
            Arguments arguments = Arguments.parse(spec, words);
            if (arguments.flag("--help")) {
                System.out.println(spec.help());
                return Exit.OK;
            }
            return switch (command) {
                case "up" -> Up.run(arguments);
                case "demo" -> Demo.run(arguments);
                case "config" -> config();
                default -> throw new AssertionError(command);
            };
        } catch (UsageException e) {
            return refuse(String.valueOf(e.getMessage()), Exit.USAGE);
        } catch (ConfigException e) {
            e.problems().forEach(problem -> refuse(problem, Exit.USAGE));
            return Exit.USAGE;
        } catch (StartException e) {
            return refuse(String.valueOf(e.getMessage()), Exit.FAILED);
        }
    }

    private static int config() {
        System.out.print(ConfigSample.text());
        return Exit.OK;
    }

    /** Prints what was refused; answers with the code. */
    static int refuse(String message, int code) {
        System.err.println("mayfly: " + message);
        return code;
    }

    /** What this host can give, when no node runs that could tell. */
    private static DoctorReport examine() {
        try {
            Config config = Config.load(Optional.empty(), System.getenv(), Map.of("listen", "127.0.0.1:0"));
            return Gateway.doctor(VERSION, RunningNode.examine(config));
        } catch (ConfigException | MachineException e) {
            throw new IllegalStateException("this host cannot be examined: " + e.getMessage(), e);
        }
    }
}
