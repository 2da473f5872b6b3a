package mayfly.gateway;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import mayfly.actors.ActorEngine;
import mayfly.api.DoctorReport;
import mayfly.api.InvalidException;
import mayfly.api.Problem;
import mayfly.api.Route;
import mayfly.api.RouteMatch;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Doorman;
import mayfly.gateway.rivet.RivetApi;
import mayfly.gateway.rivet.RivetGateway;
import mayfly.http.Exchange;
import mayfly.http.FailureHook;
import mayfly.http.Headers;
import mayfly.http.HttpHandler;
import mayfly.machine.HostReport;
import mayfly.node.Node;
import mayfly.node.StoreRefusal;
import mayfly.store.StoreException;

/** The node's REST interface: lets callers in, finds the route, answers; failures become problem documents. */
public final class Gateway implements HttpHandler, FailureHook, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("mayfly.gateway");

    private final Guard guard;
    private final NodeCalls node;
    private final FunctionCalls functions;
    private final InvokeCalls invoke;
    private final TaskCalls tasks;
    private final ServiceCalls services;
    private final RivetApi rivetApi;
    private final RivetGateway rivet;

    public Gateway(Node node, ActorEngine actors, GatewaySpec spec) {
        BodyBudget bodies = BodyBudget.ofHeap();
        this.guard = new Guard(spec);
        this.node = new NodeCalls(node, spec.version());
        this.functions = new FunctionCalls(node.functions(), spec.defaults(), bodies);
        this.invoke = new InvokeCalls(node.invocations(), node.async(), bodies);
        this.tasks = new TaskCalls(node.tasks());
        this.services = new ServiceCalls(node.services());
        Doorman doorman = new ActorDoorman(guard, actors);
        this.rivetApi = new RivetApi(actors, spec.version(), bodies, doorman);
        this.rivet = new RivetGateway(actors, doorman, bodies);
    }

    /** What a host can give, as {@code mayfly doctor} shows it without a node. */
    public static DoctorReport doctor(String version, List<HostReport> drivers) {
        return NodeCalls.report(version, drivers);
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        if (rivet.handle(exchange) || rivetApi.handle(exchange)) {
            return;
        }
        try {
            switch (RouteMatch.of(exchange.method(), exchange.path())) {
                case RouteMatch.Found(var route, var parameters) -> {
                    check(exchange, route.open());
                    call(exchange, route, parameters);
                }
                case RouteMatch.WrongMethod(var allowed) -> {
                    check(exchange, false);
                    String methods = allowed.stream().map(Enum::name).collect(Collectors.joining(", "));
                    Answers.problem(
                            exchange,
                            Problem.of(
                                    ErrorCode.REQUEST_METHOD,
                                    exchange.path() + " takes " + methods + ", not " + exchange.method()),
                            Headers.of("allow", methods));
                }
                case RouteMatch.Unknown _ -> {
                    check(exchange, false);
                    throw new RefusedException(
                            ErrorCode.ROUTE_NOT_FOUND,
                            "there is no " + exchange.path() + "; /openapi.json lists what there is");
                }
            }
        } catch (RefusedException e) {
            Answers.problem(exchange, Problem.of(e));
        } catch (InvalidException e) {
            Answers.problem(exchange, Problem.of(e));
        } catch (StoreException e) {
            LOG.log(System.Logger.Level.ERROR, "store failed on " + exchange.path(), e);
            Answers.problem(exchange, Problem.of(StoreRefusal.of(e)));
        }
    }

    private void check(Exchange exchange, boolean open) throws RefusedException {
        guard.check(exchange.header("authorization"), exchange.host(), exchange.header("origin"), open);
    }

    private void call(Exchange exchange, Route route, List<String> parameters)
            throws IOException, InvalidException, RefusedException {
        Query query = Query.of(route, exchange);
        switch (route) {
            case HEALTH -> node.health(exchange);
            case OPENAPI -> node.openapi(exchange);
            case DOCTOR -> node.doctor(exchange);
            case MACHINE_LIST -> node.machines(exchange);
            case FUNCTION_CREATE -> functions.create(exchange);
            case FUNCTION_LIST -> functions.list(exchange, query);
            case FUNCTION_GET -> functions.get(exchange, parameters.getFirst());
            case FUNCTION_UPDATE -> functions.update(exchange, parameters.getFirst());
            case FUNCTION_DELETE -> functions.delete(exchange, parameters.getFirst());
            case FUNCTION_INVOKE -> invoke.invoke(exchange, parameters.getFirst());
            case FUNCTION_ASYNC -> invoke.submit(exchange, parameters.getFirst());
            case INVOCATION_LIST -> invoke.list(exchange, query);
            case INVOCATION_GET -> invoke.get(exchange, query, parameters.getFirst());
            case TASK_CREATE -> tasks.create(exchange);
            case TASK_LIST -> tasks.list(exchange, query);
            case TASK_GET -> tasks.get(exchange, query, parameters.getFirst());
            case TASK_LOGS -> tasks.logs(exchange, query, parameters.getFirst());
            case TASK_KILL -> tasks.kill(exchange, parameters.getFirst());
            case TASK_DELETE -> tasks.delete(exchange, parameters.getFirst());
            case SERVICE_CREATE -> services.create(exchange);
            case SERVICE_LIST -> services.list(exchange, query);
            case SERVICE_GET -> services.get(exchange, parameters.getFirst());
            case SERVICE_REPLACE -> services.replace(exchange, parameters.getFirst());
            case SERVICE_DECLARE -> services.declare(exchange, parameters.getFirst());
            case SERVICE_DELETE -> services.delete(exchange, parameters.getFirst());
            case SERVICE_LOGS -> services.logs(exchange, query, parameters.getFirst());
            case SERVICE_SCALE -> services.scale(exchange, parameters.getFirst());
            case SERVICE_DRAIN -> services.drain(exchange, parameters.getFirst());
        }
    }

    /** Gives back what it holds beside the connections of the server, which is closed first. */
    @Override
    public void close() {
        rivet.close();
    }

    /** A failure that nobody expected: logged with its cause, told without it. */
    @Override
    public void failed(Exchange exchange, Throwable cause) throws IOException {
        LOG.log(System.Logger.Level.ERROR, exchange.method() + " " + exchange.path() + " failed", cause);
        if (!exchange.answered()) {
            Answers.problem(
                    exchange, Problem.of(ErrorCode.INTERNAL, "Mayfly failed on this request; the node's log says why"));
        }
    }
}
