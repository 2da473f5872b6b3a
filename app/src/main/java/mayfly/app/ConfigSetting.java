package mayfly.app;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import mayfly.base.Limits;

/** Everything that can be configured: its key in the file, what it may be, and what it is when nobody says. */
enum ConfigSetting {
    LISTEN(
            "listen",
            new Kind.Text(),
            "127.0.0.1:7070",
            "Address and port of the HTTP interface; port 0 takes a free one." + " Other than loopback needs a token."),
    DATA(
            "data",
            new Kind.Text(),
            "",
            "Directory of everything that lasts. Default: $XDG_DATA_HOME/mayfly, or" + " ~/.local/share/mayfly."),
    STORE(
            "store",
            new Kind.Text(),
            "sqlite",
            "Where records are kept: sqlite (a file in the data directory), or"
                    + " postgresql://USER:PASSWORD@HOST:PORT/DATABASE."),
    TOKEN(
            "token",
            new Kind.Text(),
            "",
            "Callers must send it as 'Authorization: Bearer TOKEN'; at least 16 characters."
                    + " Better kept in a file."),
    TOKEN_FILE("token_file", new Kind.Text(), "", "File that holds the token; must not be readable by others."),
    HOSTS(
            "hosts",
            new Kind.Words(),
            "",
            "Names besides localhost by which the node is addressed, for the check of the"
                    + " Host header without a token."),
    PYTHON("python", new Kind.Text(), "", "Program of the python3 runtime. Default: python3 on the PATH."),
    NODE("node", new Kind.Text(), "", "Program of the node runtime. Default: node on the PATH."),
    SERVICES(
            "services",
            new Kind.Text(),
            "",
            "File that declares services ('mayfly help serve'); they are started, or made as it says, when the node is ready."),
    PUBLIC_URL(
            "public_url",
            new Kind.Text(),
            "",
            "Where runners of actors find the node: http or https. Default: http:// and what it listens on."),
    ISOLATION_LEAST(
            "isolation_least",
            new Kind.Choice(List.of("none", "reduced", "full")),
            "none",
            "How much of its isolation this host must give for functions to be deployed; see 'mayfly doctor'."),
    DRAIN_SECONDS(
            "drain_seconds", new Kind.Whole(0, 3600), "20", "How long a stopping node waits for calls in flight."),

    FUNCTIONS_MEMORY_MB(
            "functions.memory_mb",
            new Kind.Whole(Limits.MEMORY_MB_MIN, Limits.MEMORY_MB_MAX),
            "128",
            "Memory of one machine in MiB, where a function says nothing."),
    FUNCTIONS_TIMEOUT_MS(
            "functions.timeout_ms",
            new Kind.Whole(1, Limits.INVOCATION_TIMEOUT_MAX.toMillis()),
            "30000",
            "Time for one call in milliseconds, where a function says nothing."),
    FUNCTIONS_ISOLATION(
            "functions.isolation",
            new Kind.Choice(List.of("any", "process", "kvm")),
            "any",
            "Kind of machine, where a function says nothing; any takes the strongest the host gives."),
    FUNCTIONS_CONCURRENCY(
            "functions.concurrency",
            new Kind.Whole(1, Limits.POOL_WAITING_MAX),
            "64",
            "Calls of one function that may run or wait at once, where it says nothing."),
    FUNCTIONS_MAX_MACHINES(
            "functions.max_machines",
            new Kind.Whole(1, Limits.MACHINES_PER_FUNCTION_MAX),
            "8",
            "Machines of one function, where it says nothing."),

    MACHINES_HOST(
            "machines.host",
            new Kind.Choice(List.of("process", "node")),
            "node",
            "Where virtual machines live: in the node, or in a jailed process of their own, 0.2 ms slower per call."),

    POOL_MACHINES_MAX("pool.machines_max", new Kind.Whole(1, 100_000), "512", "Machines of all functions together."),
    POOL_IDLE_SECONDS(
            "pool.idle_seconds",
            new Kind.Whole(1, 7 * 86_400),
            "600",
            "Time without calls after which a function's machines are closed."),
    POOL_HEALTH_SECONDS(
            "pool.health_seconds",
            new Kind.Whole(1, 3600),
            "30",
            "How often unused machines are asked whether they still answer."),
    POOL_MACHINE_AGE_SECONDS(
            "pool.machine_age_seconds",
            new Kind.Whole(1, 7 * 86_400),
            "3600",
            "Age at which an unused machine is replaced."),
    POOL_MACHINE_USES(
            "pool.machine_uses",
            new Kind.Whole(1, Integer.MAX_VALUE),
            "100000",
            "Calls after which a machine with reuse = \"warm\" is replaced."),
    POOL_INIT_TIMEOUT_MS(
            "pool.init_timeout_ms",
            new Kind.Whole(1, 600_000),
            "30000",
            "Time for loading a function's code, in milliseconds."),

    RETENTION_INVOCATIONS_HOURS(
            "retention.invocations_hours",
            new Kind.Whole(1, 10 * 365 * 24),
            "168",
            "How long the records of ended calls are kept."),

    LOG_LEVEL(
            "log.level",
            new Kind.Choice(List.of("debug", "info", "warning", "error")),
            "info",
            "Least level that is logged."),
    LOG_FORMAT(
            "log.format",
            new Kind.Choice(List.of("text", "json")),
            "text",
            "One line per event, for people or for programs.");

    /** What a value may be. */
    sealed interface Kind {
        record Text() implements Kind {}

        record Whole(long min, long max) implements Kind {}

        record Choice(List<String> words) implements Kind {}

        /** A list of texts; in an environment variable or flag they are separated by commas. */
        record Words() implements Kind {}
    }

    private final String key;

    @SuppressWarnings("ImmutableEnumChecker") // records of numbers and unmodifiable lists
    private final Kind kind;

    private final String fallback;
    private final String description;

    ConfigSetting(String key, Kind kind, String fallback, String description) {
        this.key = key;
        this.kind = kind;
        this.fallback = fallback;
        this.description = description;
    }

    /** In the file, with the table before the dot; also what {@code --set} takes. */
    String key() {
        return key;
    }

    Kind kind() {
        return kind;
    }

    /** As it would be written in an environment variable; empty when there is none. */
    String fallback() {
        return fallback;
    }

    String description() {
        return description;
    }

    /** The environment variable: {@code MAYFLY_LOG_LEVEL}. */
    String variable() {
        return "MAYFLY_" + key.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    static Optional<ConfigSetting> ofKey(String key) {
        return Stream.of(values()).filter(setting -> setting.key.equals(key)).findFirst();
    }

    static List<String> keys() {
        return Stream.of(values()).map(ConfigSetting::key).toList();
    }
}
