package mayfly.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import mayfly.base.ErrorCode;

/** The query of a request, checked against what its route takes. */
public final class QueryValues {
    private final Map<String, String> values;

    private QueryValues(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Refuses parameters that the route does not take, that are repeated, or that are not of their kind.
     *
     * @param query percent-encoded, without the question mark; may be empty
     */
    public static QueryValues of(Route route, String query) throws InvalidException {
        Map<String, QueryParameter> known =
                route.query().stream().collect(Collectors.toMap(QueryParameter::name, Function.identity()));
        List<FieldProblem> problems = new ArrayList<>();
        Map<String, String> values = new HashMap<>();
        for (String part : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = part.indexOf('=');
            Optional<String> name = PathText.decode(equals < 0 ? part : part.substring(0, equals), true);
            Optional<String> value = PathText.decode(equals < 0 ? "true" : part.substring(equals + 1), true);
            if (name.isEmpty() || value.isEmpty()) {
                problems.add(new FieldProblem("query", "not valid percent-encoded UTF-8"));
                continue;
            }
            QueryParameter parameter = known.get(name.get());
            if (parameter == null) {
                String shown = RequestProblems.printable(name.get());
                problems.add(new FieldProblem(shown, "unknown parameter" + Nearest.hint(name.get(), known.keySet())));
            } else if (values.put(parameter.name(), value.get()) != null) {
                problems.add(new FieldProblem(parameter.name(), "given more than once"));
            } else {
                complaint(parameter, value.get())
                        .ifPresent(message -> problems.add(new FieldProblem(parameter.name(), message)));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidException(ErrorCode.REQUEST_INVALID, problems);
        }
        return new QueryValues(values);
    }

    private static Optional<String> complaint(QueryParameter parameter, String value) {
        return switch (parameter.kind()) {
            case TEXT -> Optional.empty();
            case WHOLE ->
                value.matches("[0-9]{1,18}")
                        ? Optional.empty()
                        : Optional.of(
                                "must be a whole number from 0; found \"" + RequestProblems.printable(value) + "\"");
            case TRUTH ->
                value.equals("true") || value.equals("false")
                        ? Optional.empty()
                        : Optional.of("must be true or false; found \"" + RequestProblems.printable(value) + "\"");
        };
    }

    public Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** The value when it is within the range; refused otherwise. */
    public long whole(String name, long min, long max, long fallback) throws InvalidException {
        String value = values.get(name);
        if (value == null) {
            return fallback;
        }
        long number = Long.parseLong(value);
        if (number < min || number > max) {
            FieldProblem problem = new FieldProblem(name, "must be from " + min + " to " + max + "; found " + number);
            throw new InvalidException(ErrorCode.REQUEST_INVALID, List.of(problem));
        }
        return number;
    }

    public boolean flag(String name) {
        return "true".equals(values.get(name));
    }
}
