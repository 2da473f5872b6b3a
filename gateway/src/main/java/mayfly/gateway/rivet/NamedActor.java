package mayfly.gateway.rivet;

import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mayfly.core.actor.CrashPolicy;
import org.jspecify.annotations.Nullable;

/** The form of an address that says what an actor is instead of its id, in parameters of the query. Pure. */
final class NamedActor {
    private static final String PREFIX = "rvt-";
    private static final List<String> KNOWN = List.of(
            "namespace",
            "method",
            "runner",
            "pool",
            "key",
            "input",
            "region",
            "crash-policy",
            "token",
            "skip-ready-wait");
    private static final Set<String> NOT_FOR_GET = Set.of("input", "region", "crash-policy");

    private NamedActor() {}

    /** Whether the query that begins here has a parameter of ours. */
    static boolean isMeant(String target, int query) {
        return target.startsWith(PREFIX, query) || target.indexOf("&" + PREFIX, query) >= 0;
    }

    /** @param rest path and query behind the name */
    static Target parse(String encodedName, String rest) {
        try {
            String name = Percent.decode(encodedName, false)
                    .filter(it -> !it.isEmpty())
                    .orElseThrow(
                            () -> refuse("query_invalid_percent_encoding", "invalid percent-encoding for actor name"));
            int mark = rest.indexOf('?');
            StringBuilder forwarded = new StringBuilder(rest.substring(0, mark));
            Map<String, String> ours = split(rest.substring(mark + 1), forwarded);
            return new Target.ByName(name(name, ours), forwarded.toString());
        } catch (GuardException e) {
            return new Target.Wrong(e.error());
        }
    }

    /** Our parameters; the others are appended to the path as they are. */
    private static Map<String, String> split(String query, StringBuilder forwarded) throws GuardException {
        Map<String, String> ours = new LinkedHashMap<>();
        char separator = '?';
        for (String parameter : query.split("&", -1)) {
            if (!parameter.startsWith(PREFIX)) {
                forwarded.append(separator).append(parameter);
                separator = '&';
                continue;
            }
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = Percent.decode(equals < 0 ? "" : parameter.substring(equals + 1), true)
                    .orElseThrow(() -> new GuardException(new GuardError(
                            400,
                            "guard",
                            "query_invalid_percent_encoding",
                            "invalid percent-encoding for query gateway param '" + name + "'",
                            Map.of("name", name))));
            if (ours.putIfAbsent(name.substring(PREFIX.length()), value) != null) {
                throw new GuardException(new GuardError(
                        400,
                        "guard",
                        "query_duplicate_param",
                        "duplicate query gateway param: " + name,
                        Map.of("name", name)));
            }
        }
        return ours;
    }

    private static Target.Name name(String name, Map<String, String> ours) throws GuardException {
        for (String given : ours.keySet()) {
            if (!KNOWN.contains(given)) {
                throw invalid("unknown field `" + given + "`, expected one of "
                        + KNOWN.stream().map(it -> "`" + it + "`").collect(Collectors.joining(", ")));
            }
        }
        String method = ours.get("method");
        if (method != null && !method.equals("get") && !method.equals("getOrCreate")) {
            throw invalid("unknown method: " + method + ", expected get or getOrCreate");
        }
        String namespace = ours.get("namespace");
        if (namespace == null || method == null) {
            throw invalid("missing field `" + (namespace == null ? "namespace" : "method") + "`");
        }
        boolean creates = method.equals("getOrCreate");
        if (!creates && ours.keySet().stream().anyMatch(NOT_FOR_GET::contains)) {
            throw refuse(
                    "query_get_disallowed_params",
                    "query gateway method=get does not allow rvt-input, rvt-region, rvt-crash-policy, or rvt-pool params");
        }
        return new Target.Name(
                namespace, name, key(ours.get("key")), creates ? Optional.of(wanted(ours)) : Optional.empty());
    }

    private static Target.Wanted wanted(Map<String, String> ours) throws GuardException {
        String pool = ours.getOrDefault("pool", ours.get("runner"));
        if (pool == null) {
            throw refuse("query_missing_pool", "query gateway method=getOrCreate requires rvt-pool param");
        }
        String region = ours.get("region");
        if (region != null && !region.equals("default")) {
            throw new GuardException(
                    GuardError.of(400, "datacenter", "not_found", "The provided datacenter does not exist."));
        }
        return new Target.Wanted(pool, crashPolicy(ours.get("crash-policy")), input(ours.get("input")));
    }

    private static CrashPolicy crashPolicy(@Nullable String word) throws GuardException {
        if (word == null) {
            return CrashPolicy.SLEEP;
        }
        return Stream.of(CrashPolicy.values())
                .filter(it -> it.wireName().equals(word))
                .findFirst()
                .orElseThrow(() -> invalid("unknown crash policy: " + word + ", expected restart, sleep, or destroy"));
    }

    private static Optional<byte[]> input(@Nullable String base64) throws GuardException {
        if (base64 == null) {
            return Optional.empty();
        }
        try {
            if (base64.indexOf('=') < 0) {
                return Optional.of(Base64.getUrlDecoder().decode(base64));
            }
        } catch (IllegalArgumentException _) {
            // Refused like what has padding.
        }
        throw refuse("query_invalid_base64_input", "invalid base64url in query gateway input");
    }

    /** The parts of a key as one text: joined by '/', with '\' before what would be taken for that. */
    static String key(@Nullable String parts) {
        if (parts == null || parts.isEmpty()) {
            return "/";
        }
        return Stream.of(parts.split(",", -1))
                .map(part -> part.isEmpty() ? "\\0" : part.replace("\\", "\\\\").replace("/", "\\/"))
                .collect(Collectors.joining("/"));
    }

    private static GuardException invalid(String detail) {
        return new GuardException(GuardError.invalidParameters(detail));
    }

    private static GuardException refuse(String code, String message) {
        return new GuardException(GuardError.guard(400, code, message));
    }
}
