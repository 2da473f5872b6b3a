package mayfly.gateway;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.FieldProblem;
import mayfly.api.InvalidException;
import mayfly.api.QueryParameter;
import mayfly.api.Route;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.http.Exchange;
import org.jspecify.annotations.Nullable;

/** The query of one request, held against what its route takes: unknown or repeated parameters are refused. */
final class Query {
    private static final int PAGE_DEFAULT = 100;

    private final Map<String, List<String>> values;

    private Query(Map<String, List<String>> values) {
        this.values = values;
    }

    static Query of(Route route, Exchange exchange) throws InvalidException {
        Map<String, List<String>> values = exchange.queryParameters();
        for (Map.Entry<String, List<String>> given : values.entrySet()) {
            String name = given.getKey();
            if (route.query().stream().noneMatch(known -> known.name().equals(name))) {
                throw invalid(
                        name,
                        "is not a parameter of this call; it takes "
                                + (route.query().isEmpty()
                                        ? "none"
                                        : String.join(
                                                ", ",
                                                route.query().stream()
                                                        .map(QueryParameter::name)
                                                        .toList())));
            }
            if (given.getValue().size() > 1) {
                throw invalid(name, "is given more than once");
            }
        }
        return new Query(values);
    }

    @Nullable
    String text(String name) {
        List<String> found = values.get(name);
        return found == null ? null : found.getFirst();
    }

    boolean flag(String name) throws InvalidException {
        String text = text(name);
        if (text == null || text.equals("false") || text.equals("0")) {
            return false;
        }
        if (text.isEmpty() || text.equals("true") || text.equals("1")) {
            return true;
        }
        throw invalid(name, "must be true or false");
    }

    /** A whole number, or the default when it is not given. */
    long whole(String name, long least, long most, long whenAbsent) throws InvalidException {
        String text = text(name);
        if (text == null) {
            return whenAbsent;
        }
        Optional<Long> value = text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
        return value.filter(it -> it >= least && it <= most)
                .orElseThrow(() -> invalid(name, "must be a whole number from " + least + " to " + most));
    }

    int limit() throws InvalidException {
        return (int) whole("limit", 1, Limits.LIST_PAGE_MAX, PAGE_DEFAULT);
    }

    static InvalidException invalid(String name, String message) {
        return new InvalidException(ErrorCode.REQUEST_INVALID, List.of(new FieldProblem(name, message)));
    }
}
