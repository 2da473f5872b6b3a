package mayfly.api;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which route a request line means. */
public sealed interface RouteMatch {
    /**
     * The route.
     *
     * @param parameters the decoded path parameters, in the order of the template
     */
    record Found(Route route, List<String> parameters) implements RouteMatch {
        public Found {
            parameters = List.copyOf(parameters);
        }
    }

    /** The path exists, but not with this method. */
    record WrongMethod(Set<HttpMethod> allowed) implements RouteMatch {}

    /** There is no such path. */
    record Unknown() implements RouteMatch {}

    /**
     * Finds the route.
     *
     * @param method as in the request line; HEAD counts as GET
     * @param path percent-encoded, without the query
     */
    static RouteMatch of(String method, String path) {
        if (!path.startsWith("/")) {
            return new Unknown();
        }
        List<String> segments = List.of(path.substring(1).split("/", -1));
        String effective = method.equals("HEAD") ? "GET" : method;
        Set<HttpMethod> allowed = EnumSet.noneOf(HttpMethod.class);
        for (Route route : Route.values()) {
            Optional<List<String>> parameters = parameters(route.segments(), segments);
            if (parameters.isPresent()) {
                if (route.method().name().equals(effective)) {
                    return new Found(route, parameters.get());
                }
                allowed.add(route.method());
            }
        }
        return allowed.isEmpty() ? new Unknown() : new WrongMethod(allowed);
    }

    private static Optional<List<String>> parameters(List<String> template, List<String> segments) {
        if (template.size() != segments.size()) {
            return Optional.empty();
        }
        List<String> parameters = new ArrayList<>(2);
        for (int i = 0; i < template.size(); i++) {
            if (template.get(i).startsWith("{")) {
                Optional<String> value = PathText.decode(segments.get(i), false);
                if (value.isEmpty() || value.get().isEmpty()) {
                    return Optional.empty();
                }
                parameters.add(value.get());
            } else if (!template.get(i).equals(segments.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }
}
