package mayfly.gateway.rivet;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The calls of Rivet's interface: method, path, and the query parameters that are taken. */
enum RivetRoute {
    METADATA("GET", "/metadata"),
    DATACENTERS("GET", "/datacenters"),
    ACTOR_LIST(
            "GET",
            "/actors",
            "namespace",
            "name",
            "key",
            "actor_ids",
            "actor_id",
            "include_destroyed",
            "limit",
            "cursor"),
    ACTOR_CREATE("POST", "/actors"),
    ACTOR_GET_OR_CREATE("PUT", "/actors"),
    ACTOR_NAMES("GET", "/actors/names", "namespace", "limit", "cursor"),
    ACTOR_DELETE("DELETE", "/actors/{id}"),
    ACTOR_SLEEP("POST", "/actors/{id}/sleep"),
    ACTOR_RESCHEDULE("POST", "/actors/{id}/reschedule"),
    ACTOR_WAKE("POST", "/actors/{id}/wake"),
    ACTOR_KV_GET("GET", "/actors/{id}/kv/keys/{key}"),
    RUNNER_LIST(
            "GET", "/runners", "namespace", "name", "runner_ids", "runner_id", "include_stopped", "limit", "cursor"),
    RUNNER_NAMES("GET", "/runners/names", "namespace", "limit", "cursor"),
    POOL_LIST("GET", "/runner-configs", "namespace", "limit", "cursor", "variant", "runner_names", "runner_name"),
    POOL_HEALTH_CHECK("POST", "/runner-configs/serverless-health-check"),
    POOL_PUT("PUT", "/runner-configs/{name}"),
    POOL_DELETE("DELETE", "/runner-configs/{name}"),
    POOL_REFRESH("POST", "/runner-configs/{name}/refresh-metadata"),
    NAMESPACE_LIST("GET", "/namespaces"),
    NAMESPACE_CREATE("POST", "/namespaces"),
    ENVOY_LIST("GET", "/envoys", "namespace", "name", "limit", "cursor");

    private final String method;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> template;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> parameters;

    RivetRoute(String method, String path, String... parameters) {
        this.method = method;
        this.template = List.of(path.substring(1).split("/", -1));
        this.parameters = List.of(parameters);
    }

    /** The query parameters that it takes; empty when whatever there is more does not matter. */
    List<String> parameters() {
        return parameters;
    }

    /** Whether it answers without a token. */
    boolean open() {
        return this == METADATA;
    }

    /** What a request line means here. */
    sealed interface Match {
        /** @param parameters the decoded path parameters, in the order of the template */
        record Found(RivetRoute route, List<String> parameters) implements Match {}

        /** The path exists, but not with this method. */
        record WrongMethod(String allowed) implements Match {}

        /** A path as Rivet's are, that there is not. */
        record Unknown() implements Match {}

        /** No path of Rivet's interface. */
        record Foreign() implements Match {}
    }

    /** @param segments the decoded parts of the path */
    static Match match(String method, List<String> segments) {
        if (segments.isEmpty() || !isPrefix(segments.getFirst())) {
            return new Match.Foreign();
        }
        String effective = method.equals("HEAD") ? "GET" : method;
        TreeSet<String> allowed = new TreeSet<>();
        List<RivetRoute> found = new ArrayList<>();
        for (RivetRoute route : values()) {
            if (route.fits(segments)) {
                allowed.add(route.method);
                if (route.method.equals(effective)) {
                    found.add(route);
                }
            }
        }
        if (!found.isEmpty()) {
            // A fixed word comes before a parameter in its place, as it does in the list above.
            RivetRoute route = found.getFirst();
            return new Match.Found(route, route.parameters(segments));
        }
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        return allowed.isEmpty() ? new Match.Unknown() : new Match.WrongMethod(String.join(",", allowed));
    }

    private static boolean isPrefix(String first) {
        for (RivetRoute route : values()) {
            if (route.template.getFirst().equals(first)) {
                return true;
            }
        }
        return false;
    }

    private boolean fits(List<String> segments) {
        if (segments.size() != template.size()) {
            return false;
        }
        for (int i = 0; i < template.size(); i++) {
            boolean fits = isParameter(template.get(i))
                    ? !segments.get(i).isEmpty()
                    : template.get(i).equals(segments.get(i));
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private List<String> parameters(List<String> segments) {
        List<String> values = new ArrayList<>(2);
        for (int i = 0; i < template.size(); i++) {
            if (isParameter(template.get(i))) {
                values.add(segments.get(i));
            }
        }
        return values;
    }

    private static boolean isParameter(String part) {
        return part.startsWith("{");
    }
}
