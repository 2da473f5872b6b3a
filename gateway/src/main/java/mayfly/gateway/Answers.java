package mayfly.gateway;

import java.io.IOException;
import mayfly.api.Json;
import mayfly.api.Problem;
import mayfly.base.ErrorCode;
import mayfly.http.Exchange;
import mayfly.http.Headers;

/** Sends the forms of answers that all calls share. */
final class Answers {
    private static final Headers JSON = Headers.of("content-type", "application/json");
    private static final Headers PROBLEM = Headers.of("content-type", Problem.MEDIA_TYPE);

    private Answers() {}

    static void json(Exchange exchange, int status, Record body) throws IOException {
        exchange.send(status, JSON, Json.write(body));
    }

    static void none(Exchange exchange) throws IOException {
        exchange.send(204, Headers.NONE, new byte[0]);
    }

    static void problem(Exchange exchange, Problem problem) throws IOException {
        problem(exchange, problem, Headers.NONE);
    }

    /** A problem with header fields of its own, {@code mayfly-invocation} for example. */
    static void problem(Exchange exchange, Problem problem, Headers more) throws IOException {
        Headers headers = PROBLEM;
        for (var field : fields(more)) {
            headers = headers.with(field[0], field[1]);
        }
        if (problem.code().equals(ErrorCode.FUNCTION_THROTTLED.code())
                || problem.code().equals(ErrorCode.MACHINE_NO_CAPACITY.code())) {
            headers = headers.with("retry-after", "1");
        }
        if (problem.code().equals(ErrorCode.REQUEST_UNAUTHORIZED.code())) {
            headers = headers.with("www-authenticate", "Bearer");
        }
        exchange.send(problem.status(), headers, Json.write(problem.at(exchange.path())));
    }

    private static java.util.List<String[]> fields(Headers headers) {
        java.util.List<String[]> fields = new java.util.ArrayList<>();
        headers.forEach((name, value) -> fields.add(new String[] {name, value}));
        return fields;
    }
}
