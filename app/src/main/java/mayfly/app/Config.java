package mayfly.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import mayfly.api.FunctionSpec;
import mayfly.api.Isolation;

/**
 * How one node is set up, complete and checked.
 *
 * @param store "sqlite", or a URL that starts with postgresql:
 * @param hosts lower-case names besides the loopback ones by which the node may be addressed
 * @param python the program of the python3 runtime; empty: found on the PATH
 * @param node the program of the node runtime; empty: found on the PATH
 * @param services a file that declares services; empty: there is none
 * @param publicUrl where runners find the node; empty: where it listens
 * @param machinesInNode whether virtual machines live in the node and not in a process of their own
 * @param isolationLeast "none", "reduced" or "full", as in a host report
 */
record Config(
        Listen listen,
        Path data,
        String store,
        Optional<String> token,
        Set<String> hosts,
        Optional<Path> python,
        Optional<Path> node,
        Optional<Path> services,
        Optional<String> publicUrl,
        boolean machinesInNode,
        String isolationLeast,
        Duration drain,
        FunctionSpec.Defaults functions,
        Pool pool,
        Duration keepInvocations,
        Log log) {

    /** @param port 0 takes a free one */
    record Listen(String host, int port) {
        /** Whether only this machine can connect. */
        boolean isLoopback() {
            return host.equals("localhost") || host.startsWith("127.") || host.equals("::1") || host.equals("[::1]");
        }
    }

    /** See the settings of the same names. */
    record Pool(
            int machinesMax,
            Duration idleAfter,
            Duration healthEvery,
            Duration machineAgeMax,
            int machineUsesMax,
            Duration initTimeout) {}

    /**
     * Logging.
     *
     * @param level "debug", "info", "warning" or "error"
     * @param json one JSON object per line instead of text
     */
    record Log(String level, boolean json) {}

    private static final int TOKEN_CHARS_MIN = 16;

    /**
     * Puts a configuration together: the file, environment variables over it, flags over both.
     *
     * @param file from {@code --config}; empty for the one that MAYFLY_CONFIG names, if any
     * @param flags by key: {@code listen}, {@code log.level}
     */
    static Config load(Optional<Path> file, Map<String, String> environment, Map<String, String> flags)
            throws ConfigException {
        ConfigValues values = new ConfigValues();
        file.or(() -> Optional.ofNullable(environment.get("MAYFLY_CONFIG")).map(Path::of))
                .ifPresent(values::readFile);
        values.readEnvironment(environment);
        values.readFlags(flags);
        Listen listen = listen(values);
        Optional<String> token = token(values);
        if (!listen.isLoopback() && token.isEmpty() && values.problems().isEmpty()) {
            values.problems()
                    .add(values.get(ConfigSetting.LISTEN).origin() + ": listening on " + listen.host()
                            + ", which other machines can reach, needs a token: set token_file or MAYFLY_TOKEN");
        }
        String store = store(values);
        Path data = data(values, environment);
        if (!values.problems().isEmpty()) {
            throw new ConfigException(values.problems());
        }
        return new Config(
                listen,
                data,
                store,
                token,
                hosts(values),
                program(values, ConfigSetting.PYTHON),
                program(values, ConfigSetting.NODE),
                program(values, ConfigSetting.SERVICES),
                publicUrl(values),
                values.get(ConfigSetting.MACHINES_HOST).value().equals("node"),
                values.get(ConfigSetting.ISOLATION_LEAST).value(),
                Duration.ofSeconds(whole(values, ConfigSetting.DRAIN_SECONDS)),
                functions(values),
                pool(values),
                Duration.ofHours(whole(values, ConfigSetting.RETENTION_INVOCATIONS_HOURS)),
                new Log(
                        values.get(ConfigSetting.LOG_LEVEL).value(),
                        values.get(ConfigSetting.LOG_FORMAT).value().equals("json")));
    }

    private static FunctionSpec.Defaults functions(ConfigValues values) {
        return new FunctionSpec.Defaults(
                (int) whole(values, ConfigSetting.FUNCTIONS_MEMORY_MB),
                whole(values, ConfigSetting.FUNCTIONS_TIMEOUT_MS),
                Isolation.valueOf(
                        values.get(ConfigSetting.FUNCTIONS_ISOLATION).value().toUpperCase(Locale.ROOT)),
                (int) whole(values, ConfigSetting.FUNCTIONS_CONCURRENCY),
                (int) whole(values, ConfigSetting.FUNCTIONS_MAX_MACHINES));
    }

    private static Pool pool(ConfigValues values) {
        return new Pool(
                (int) whole(values, ConfigSetting.POOL_MACHINES_MAX),
                Duration.ofSeconds(whole(values, ConfigSetting.POOL_IDLE_SECONDS)),
                Duration.ofSeconds(whole(values, ConfigSetting.POOL_HEALTH_SECONDS)),
                Duration.ofSeconds(whole(values, ConfigSetting.POOL_MACHINE_AGE_SECONDS)),
                (int) whole(values, ConfigSetting.POOL_MACHINE_USES),
                Duration.ofMillis(whole(values, ConfigSetting.POOL_INIT_TIMEOUT_MS)));
    }

    private static long whole(ConfigValues values, ConfigSetting setting) {
        return Long.parseLong(values.get(setting).value());
    }

    private static Listen listen(ConfigValues values) {
        ConfigValues.Given given = values.get(ConfigSetting.LISTEN);
        String text = given.value();
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bareIpv6 = host.contains(":") && !host.startsWith("[");
        if (host.isEmpty() || bareIpv6 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            values.problems()
                    .add(given.origin() + ": listen must be HOST:PORT, like 127.0.0.1:7070 or [::1]:7070; found "
                            + text);
            return new Listen("127.0.0.1", 0);
        }
        return new Listen(host, Integer.parseInt(port));
    }

    private static String store(ConfigValues values) {
        ConfigValues.Given given = values.get(ConfigSetting.STORE);
        String store = given.value();
        if (!store.equals("sqlite") && !store.startsWith("postgresql://") && !store.startsWith("jdbc:postgresql:")) {
            // The value may hold a password: it is not repeated.
            values.problems().add(given.origin() + ": store must be sqlite or start with postgresql://");
        }
        return store;
    }

    private static Optional<String> token(ConfigValues values) {
        ConfigValues.Given file = values.get(ConfigSetting.TOKEN_FILE);
        ConfigValues.Given direct = values.get(ConfigSetting.TOKEN);
        if (!direct.value().isEmpty()) { // said directly wins over the file, whichever place it was said in
            return checkedToken(values, direct.value(), direct.origin());
        } else if (!file.value().isEmpty()) {
            return tokenOf(values, file);
        } else if (values.isGiven(ConfigSetting.TOKEN)) {
            values.problems().add(direct.origin() + ": token must not be empty");
        }
        return Optional.empty();
    }

    private static Optional<String> tokenOf(ConfigValues values, ConfigValues.Given file) {
        try {
            Path path = Path.of(file.value());
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
                values.problems().add(file.origin() + ": " + path + " can be read by everybody; run chmod 600 " + path);
            }
            return checkedToken(values, Files.readString(path).strip(), path.toString());
        } catch (IOException | InvalidPathException e) {
            values.problems().add(file.origin() + ": token_file cannot be read: " + e);
            return Optional.empty();
        }
    }

    private static Optional<String> checkedToken(ConfigValues values, String token, String origin) {
        if (token.length() < TOKEN_CHARS_MIN || !token.matches("[!-~]*")) {
            values.problems()
                    .add(origin + ": a token must have at least " + TOKEN_CHARS_MIN
                            + " printable ASCII characters and no spaces");
        }
        return Optional.of(token);
    }

    private static Path data(ConfigValues values, Map<String, String> environment) {
        String given = values.get(ConfigSetting.DATA).value();
        if (!given.isEmpty()) {
            return Path.of(given).toAbsolutePath().normalize();
        }
        String home = environment.getOrDefault("HOME", "");
        String xdg = environment.getOrDefault("XDG_DATA_HOME", "");
        if (xdg.startsWith("/")) { // the specification says to ignore relative ones
            return Path.of(xdg, "mayfly");
        } else if (home.startsWith("/")) {
            return Path.of(home, ".local", "share", "mayfly");
        }
        values.problems().add("there is no HOME to keep data in; say where with --data DIR");
        return Path.of("mayfly");
    }

    private static Set<String> hosts(ConfigValues values) {
        return Set.copyOf(Stream.of(values.get(ConfigSetting.HOSTS).value().split(",", -1))
                .map(host -> host.strip().toLowerCase(Locale.ROOT))
                .filter(host -> !host.isEmpty())
                .distinct()
                .toList());
    }

    private static Optional<String> publicUrl(ConfigValues values) {
        ConfigValues.Given given = values.get(ConfigSetting.PUBLIC_URL);
        if (!given.value().isEmpty() && !given.value().matches("https?://[^/?#]+(/[^?#]*)?")) {
            values.problems().add(given.origin() + ": public_url must be like https://mayfly.example.com");
        }
        return Optional.of(given.value()).filter(url -> !url.isEmpty());
    }

    private static Optional<Path> program(ConfigValues values, ConfigSetting setting) {
        return Optional.of(values.get(setting).value())
                .filter(text -> !text.isEmpty())
                .map(Path::of);
    }
}
