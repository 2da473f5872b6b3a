package mayfly.app;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The command line of {@code mayfly up}: {@code --config FILE}, and any setting as {@code --KEY VALUE} or
 * {@code --KEY=VALUE}. Whether a key exists is for the configuration to say.
 */
record Flags(Optional<Path> file, Map<String, String> settings) {

    /** @throws StartException an argument is no flag, or a flag has no value */
    static Flags parse(String[] arguments) throws StartException {
        Map<String, String> settings = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            String flag = arguments[i];
            int equals = flag.indexOf('=');
            if (!flag.startsWith("--") || flag.length() < 3) {
                throw new StartException("'" + flag + "' is not a flag of mayfly up; flags are --listen HOST:PORT,"
                        + " --data DIR, --config FILE, and any other setting as --KEY VALUE (see mayfly config)");
            } else if (equals > 0) {
                settings.put(flag.substring(2, equals), flag.substring(equals + 1));
            } else if (i + 1 < arguments.length) {
                settings.put(flag.substring(2), arguments[++i]);
            } else {
                throw new StartException(flag + " needs a value");
            }
        }
        String file = settings.remove("config");
        return new Flags(Optional.ofNullable(file).map(Path::of), settings);
    }
}
