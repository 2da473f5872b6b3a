package mayfly.gateway;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.Problem;
import mayfly.api.ServiceDeclared;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServicePage;
import mayfly.api.ServiceRequest;
import mayfly.api.ServiceResponse;
import mayfly.api.ServiceScale;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.node.Declaration;
import mayfly.node.ProgramFailedException;
import mayfly.node.ServiceRegistry;
import mayfly.store.ServiceFilter;

/** The REST calls on services. */
final class ServiceCalls {
    private static final Headers TEXT =
            Headers.of("content-type", "text/plain; charset=utf-8", "cache-control", "no-store");

    private final ServiceRegistry services;

    ServiceCalls(ServiceRegistry services) {
        this.services = services;
    }

    void create(Exchange exchange) throws IOException, InvalidException, RefusedException {
        deploy(exchange, Optional.empty(), service -> {
            Answers.json(exchange, 201, Wire.service(services.create(service)));
        });
    }

    void replace(Exchange exchange, String name) throws IOException, InvalidException, RefusedException {
        deploy(exchange, Optional.of(name), service -> {
            Answers.json(exchange, 200, Wire.service(services.replace(service)));
        });
    }

    void declare(Exchange exchange, String name) throws IOException, InvalidException, RefusedException {
        deploy(exchange, Optional.of(name), service -> {
            Declaration done = services.declare(service);
            Answers.json(exchange, 200, new ServiceDeclared(done.change(), Wire.service(done.service())));
        });
    }

    private interface Start {
        void start(ServiceDefinition service) throws IOException, RefusedException, ProgramFailedException;
    }

    private static void deploy(Exchange exchange, Optional<String> pathName, Start start)
            throws IOException, InvalidException, RefusedException {
        ServiceDefinition service =
                ServiceDefinition.of(Json.read(exchange.body(Limits.MIB), ServiceRequest.class), pathName);
        try {
            start.start(service);
        } catch (ProgramFailedException e) {
            Answers.problem(
                    exchange,
                    Problem.of(
                                    ErrorCode.SERVICE_INIT_FAILED,
                                    "the program of service '" + service.name() + "' does not serve: " + e.getMessage())
                            .with(Wire.error(e.error())));
        }
    }

    void list(Exchange exchange, Query query) throws IOException, InvalidException {
        int limit = query.limit();
        List<ServiceResponse> items =
                services.list(new ServiceFilter(query.text("prefix"), query.text("cursor"), limit)).stream()
                        .map(Wire::service)
                        .toList();
        Optional<String> next = items.size() < limit
                ? Optional.empty()
                : Optional.of(items.getLast().name());
        Answers.json(exchange, 200, new ServicePage(items, next));
    }

    void get(Exchange exchange, String name) throws IOException, RefusedException {
        Answers.json(exchange, 200, Wire.service(services.get(name)));
    }

    void delete(Exchange exchange, String name) throws IOException, RefusedException {
        services.delete(name);
        Answers.none(exchange);
    }

    void logs(Exchange exchange, Query query, String name) throws IOException, InvalidException, RefusedException {
        String stream = Optional.ofNullable(query.text("stream")).orElse("output");
        byte[] text = switch (stream) {
            case "output" -> services.output(name);
            case "access" -> services.accessLog(name);
            default -> throw Query.invalid("stream", "must be output or access");
        };
        exchange.send(200, TEXT, text);
    }

    void scale(Exchange exchange, String name) throws IOException, InvalidException, RefusedException {
        int workers = Json.read(exchange.body(Limits.KIB), ServiceScale.class)
                .check(services.get(name).definition().mode())
                .workers();
        Answers.json(exchange, 200, Wire.service(services.scale(name, workers)));
    }

    void drain(Exchange exchange, String name) throws IOException, RefusedException {
        Answers.json(exchange, 200, Wire.service(services.drain(name)));
    }
}
