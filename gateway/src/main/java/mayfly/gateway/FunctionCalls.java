package mayfly.gateway;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import mayfly.api.FunctionPage;
import mayfly.api.FunctionRequest;
import mayfly.api.FunctionResponse;
import mayfly.api.FunctionSpec;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.Problem;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Room;
import mayfly.http.Exchange;
import mayfly.node.Functions;
import mayfly.store.FunctionFilter;

/** The REST calls on functions, besides invoking them. */
final class FunctionCalls {
    private final Functions functions;
    private final FunctionSpec.Defaults defaults;
    private final BodyBudget bodies;

    FunctionCalls(Functions functions, FunctionSpec.Defaults defaults, BodyBudget bodies) {
        this.functions = functions;
        this.defaults = defaults;
        this.bodies = bodies;
    }

    void create(Exchange exchange) throws IOException, InvalidException, RefusedException {
        deploy(exchange, Optional.empty());
    }

    void update(Exchange exchange, String name) throws IOException, InvalidException, RefusedException {
        deploy(exchange, Optional.of(name));
    }

    private void deploy(Exchange exchange, Optional<String> pathName)
            throws IOException, InvalidException, RefusedException {
        // in memory at once: the body, its base64 text, and the bytes that this stands for, which live on as the
        // archive
        try (Room.Held _ = bodies.reserve(exchange, Limits.REQUEST_BODY_BYTES_MAX, 3)) {
            deploy(exchange, pathName, Json.read(exchange.body(Limits.REQUEST_BODY_BYTES_MAX), FunctionRequest.class));
        }
    }

    private void deploy(Exchange exchange, Optional<String> pathName, FunctionRequest request)
            throws IOException, InvalidException, RefusedException {
        FunctionSpec spec = FunctionSpec.of(request, pathName, defaults);
        byte[] archive = request.archive()
                .orElseGet(() -> Functions.archiveOf(spec, request.code().orElseThrow()));
        try {
            FunctionResponse answer = Wire.function(
                    pathName.isPresent() ? functions.update(spec, archive) : functions.create(spec, archive));
            Answers.json(exchange, pathName.isPresent() ? 200 : 201, answer);
        } catch (Functions.CodeFailedException e) {
            Answers.problem(
                    exchange,
                    Problem.of(
                                    ErrorCode.FUNCTION_INIT_FAILED,
                                    "the code of function '" + spec.name() + "' does not load: " + e.getMessage())
                            .with(Wire.error(e.error())));
        }
    }

    void list(Exchange exchange, Query query) throws IOException, InvalidException {
        int limit = query.limit();
        List<FunctionResponse> items = functions
                .list(new FunctionFilter(
                        query.text("prefix"), query.text("runtime"), query.text("tag"), query.text("cursor"), limit))
                .stream()
                .map(Wire::function)
                .toList();
        Optional<String> next = items.size() < limit
                ? Optional.empty()
                : Optional.of(items.getLast().name());
        Answers.json(exchange, 200, new FunctionPage(items, next));
    }

    void get(Exchange exchange, String name) throws IOException, RefusedException {
        Answers.json(exchange, 200, Wire.function(functions.get(name)));
    }

    void delete(Exchange exchange, String name) throws IOException, RefusedException {
        functions.delete(name);
        Answers.none(exchange);
    }
}
