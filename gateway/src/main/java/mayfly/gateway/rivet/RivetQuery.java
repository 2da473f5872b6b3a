package mayfly.gateway.rivet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.base.Limits;

/** The query of one request, held against what its route takes. */
final class RivetQuery {
    private static final int PAGE_DEFAULT = 100;

    private final Map<String, List<String>> values;

    private RivetQuery(Map<String, List<String>> values) {
        this.values = values;
    }

    /** @param sent every parameter with its values, decoded */
    static RivetQuery of(RivetRoute route, Map<String, List<String>> sent) throws RivetException {
        for (var parameter : sent.entrySet()) {
            String name = parameter.getKey();
            if (!route.parameters().isEmpty() && !route.parameters().contains(name)) {
                throw bad(name + ": unknown field `" + name + "`, expected one of `"
                        + String.join("`, `", route.parameters()) + "`");
            }
            if (parameter.getValue().size() > 1 && (route.parameters().contains(name) || name.equals("namespace"))) {
                throw bad("duplicate field `" + name + "`");
            }
        }
        return new RivetQuery(sent);
    }

    private static RivetException bad(String reason) {
        return RivetException.badRequest("Failed to deserialize query string: " + reason);
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name)).map(List::getFirst);
    }

    String required(String name) throws RivetException {
        return text(name).orElseThrow(() -> bad("missing field `" + name + "`"));
    }

    boolean flag(String name) throws RivetException {
        String text = text(name).orElse("false");
        if (!text.equals("true") && !text.equals("false")) {
            throw bad(name + ": provided string was not `true` or `false`");
        }
        return text.equals("true");
    }

    /** How many items; more than a page may have are as many as it may. */
    int limit() throws RivetException {
        Optional<String> text = text("limit");
        if (text.isEmpty()) {
            return PAGE_DEFAULT;
        }
        try {
            long limit = Long.parseLong(text.get());
            if (limit >= 0) {
                return (int) Math.min(limit, Limits.LIST_PAGE_MAX);
            }
        } catch (NumberFormatException e) {
            // told below, with the negative ones
        }
        throw bad("limit: invalid digit found in string");
    }

    /** The items of a list that was sent as one text with commas, of a parameter and of its singular. */
    List<String> list(String plural, String singular) {
        List<String> items = new ArrayList<>();
        text(plural).ifPresent(text -> items.addAll(List.of(text.split(",", -1))));
        text(singular).ifPresent(items::add);
        items.removeIf(String::isEmpty);
        return items;
    }
}
