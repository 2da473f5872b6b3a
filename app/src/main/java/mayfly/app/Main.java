package mayfly.app;

import java.util.Arrays;
import mayfly.base.Limits;

/** The program: {@code up} and {@code demo} are a node, everything else is a client of one. */
public final class Main {
    /** As the launcher and /health tell it. */
    static final String VERSION = "0.1.0";

    private Main() {}

    /** Exits with the command's code; what the codes mean is in {@code mayfly help}. */
    public static void main(String[] arguments) {
        Limits.check();
        String command = arguments.length == 0 ? "help" : arguments[0];
        String[] rest = arguments.length == 0 ? arguments : Arrays.copyOfRange(arguments, 1, arguments.length);
        int code = switch (command) {
            case "up" -> Up.run(rest);
            case "config" -> config();
            default -> Up.refuse("no command " + command, 2);
        };
        if (code >= 0) {
            System.exit(code);
        }
    }

    private static int config() {
        System.out.print(ConfigSample.text());
        return 0;
    }
}
