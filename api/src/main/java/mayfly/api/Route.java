package mayfly.api;

import static mayfly.api.HttpMethod.DELETE;
import static mayfly.api.HttpMethod.GET;
import static mayfly.api.HttpMethod.POST;
import static mayfly.api.HttpMethod.PUT;

import java.util.ArrayList;
import java.util.List;
import mayfly.base.ErrorCode;

/**
 * Every call of the REST interface, as data: the gateway switches over these constants without a default and
 * openapi.json is made from them, so neither can have a call that the other has not.
 */
public enum Route {
    HEALTH(GET, "/health", "Whether the node serves", answers(200, Health.class).needsNoToken()),
    OPENAPI(
            GET,
            "/openapi.json",
            "This document",
            answers(200, new Body.Payload("OpenAPI 3.1")).needsNoToken()),
    DOCTOR(GET, "/api/v1/doctor", "What this host can give, and why not more", answers(200, DoctorReport.class)),

    FUNCTION_CREATE(
            POST,
            "/api/v1/functions",
            "Create a function",
            answers(201, FunctionResponse.class)
                    .takes(FunctionRequest.class)
                    .fails(
                            ErrorCode.FUNCTION_EXISTS,
                            ErrorCode.FUNCTION_INVALID,
                            ErrorCode.FUNCTION_INIT_FAILED,
                            ErrorCode.RUNTIME_UNKNOWN,
                            ErrorCode.RUNTIME_MISSING,
                            ErrorCode.ISOLATION_UNAVAILABLE,
                            ErrorCode.MACHINE_FAILED,
                            ErrorCode.LIMIT_REACHED)),
    FUNCTION_LIST(
            GET,
            "/api/v1/functions",
            "List functions by name",
            answers(200, FunctionPage.class)
                    .text("prefix", "only names that start with it", "img-")
                    .text("runtime", "only this runtime", "python3")
                    .text("tag", "only those with this tag", "team:a")
                    .paged()),
    FUNCTION_GET(
            GET,
            "/api/v1/functions/{name}",
            "One function",
            answers(200, FunctionResponse.class).fails(ErrorCode.FUNCTION_NOT_FOUND)),
    FUNCTION_UPDATE(
            PUT,
            "/api/v1/functions/{name}",
            "Make a new version of a function",
            answers(200, FunctionResponse.class)
                    .takes(FunctionRequest.class)
                    .fails(
                            ErrorCode.FUNCTION_NOT_FOUND,
                            ErrorCode.FUNCTION_INVALID,
                            ErrorCode.FUNCTION_INIT_FAILED,
                            ErrorCode.RUNTIME_UNKNOWN,
                            ErrorCode.RUNTIME_MISSING,
                            ErrorCode.ISOLATION_UNAVAILABLE,
                            ErrorCode.MACHINE_FAILED)),
    FUNCTION_DELETE(
            DELETE,
            "/api/v1/functions/{name}",
            "Delete a function; calls that run are finished",
            answers(204, new Body.None()).fails(ErrorCode.FUNCTION_NOT_FOUND)),
    FUNCTION_INVOKE(
            POST,
            "/api/v1/functions/{name}/invoke",
            "Call a function and wait for its result",
            answers(200, new Body.Payload("what the handler returned"))
                    .takes(new Body.Payload("the handler's event: JSON, or bytes of any other content type"))
                    .fails(
                            ErrorCode.FUNCTION_NOT_FOUND,
                            ErrorCode.FUNCTION_INIT_FAILED,
                            ErrorCode.FUNCTION_ERROR,
                            ErrorCode.FUNCTION_TIMEOUT,
                            ErrorCode.FUNCTION_THROTTLED,
                            ErrorCode.FUNCTION_CRASHED,
                            ErrorCode.MACHINE_NO_CAPACITY,
                            ErrorCode.MACHINE_FAILED)),
    FUNCTION_ASYNC(
            POST,
            "/api/v1/functions/{name}/async",
            "Call a function later; the call is durable when this is answered",
            answers(202, InvocationAccepted.class)
                    .takes(new Body.Payload("the handler's event: JSON, or bytes of any other content type"))
                    .fails(ErrorCode.FUNCTION_NOT_FOUND, ErrorCode.LIMIT_REACHED)),

    INVOCATION_LIST(
            GET,
            "/api/v1/invocations",
            "List calls, newest first",
            answers(200, InvocationPage.class)
                    .text("function", "only of this function", "hello")
                    .text("status", "only in this state", "error")
                    .paged()),
    INVOCATION_GET(
            GET,
            "/api/v1/invocations/{id}",
            "The record of one call",
            answers(200, InvocationResponse.class).waits().fails(ErrorCode.INVOCATION_NOT_FOUND)),

    MACHINE_LIST(GET, "/api/v1/machines", "List the machines that exist now", answers(200, MachinePage.class)),

    TASK_CREATE(
            POST,
            "/api/v1/tasks",
            "Start a command that is watched and outlives the node",
            answers(201, TaskResponse.class)
                    .takes(TaskRequest.class)
                    .fails(
                            ErrorCode.TASK_INVALID,
                            ErrorCode.TASK_SPAWN_FAILED,
                            ErrorCode.ISOLATION_UNAVAILABLE,
                            ErrorCode.LIMIT_REACHED)),
    TASK_LIST(
            GET,
            "/api/v1/tasks",
            "List tasks, newest first",
            answers(200, TaskPage.class)
                    .text("name", "only with this name", "backup")
                    .text("status", "only in this state", "running")
                    .paged()),
    TASK_GET(
            GET,
            "/api/v1/tasks/{id}",
            "One task",
            answers(200, TaskResponse.class).waits().fails(ErrorCode.TASK_NOT_FOUND)),
    TASK_LOGS(
            GET,
            "/api/v1/tasks/{id}/logs",
            "What a task printed",
            answers(200, new Body.Payload("the bytes as they were printed"))
                    .text("stream", "stdout (default) or stderr", "stderr")
                    .flag("follow", "go on until the task has ended and all was sent")
                    .whole("offset", "skip that many bytes", "0")
                    .fails(ErrorCode.TASK_NOT_FOUND)),
    TASK_KILL(
            POST,
            "/api/v1/tasks/{id}/kill",
            "Send a signal to a task",
            answers(200, TaskResponse.class)
                    .takes(KillRequest.class)
                    .fails(ErrorCode.TASK_NOT_FOUND, ErrorCode.TASK_INVALID, ErrorCode.TASK_ENDED)),
    TASK_DELETE(
            DELETE,
            "/api/v1/tasks/{id}",
            "Forget a task that has ended, with its output",
            answers(204, new Body.None()).fails(ErrorCode.TASK_NOT_FOUND, ErrorCode.TASK_RUNNING)),

    SERVICE_CREATE(
            POST,
            "/api/v1/services",
            "Start a server that gets a machine for each connection",
            answers(201, ServiceResponse.class)
                    .takes(ServiceRequest.class)
                    .fails(
                            ErrorCode.SERVICE_EXISTS,
                            ErrorCode.SERVICE_INVALID,
                            ErrorCode.SERVICE_INIT_FAILED,
                            ErrorCode.SERVICE_ADDRESS_TAKEN,
                            ErrorCode.ISOLATION_UNAVAILABLE,
                            ErrorCode.MACHINE_FAILED,
                            ErrorCode.LIMIT_REACHED)),
    SERVICE_LIST(
            GET,
            "/api/v1/services",
            "List services by name",
            answers(200, ServicePage.class)
                    .text("prefix", "only names that start with it", "web-")
                    .paged()),
    SERVICE_GET(
            GET,
            "/api/v1/services/{name}",
            "One service, with what it does now",
            answers(200, ServiceResponse.class).fails(ErrorCode.SERVICE_NOT_FOUND)),
    SERVICE_REPLACE(
            PUT,
            "/api/v1/services/{name}",
            "Replace a service's definition; connections that it has are finished",
            answers(200, ServiceResponse.class)
                    .takes(ServiceRequest.class)
                    .fails(
                            ErrorCode.SERVICE_NOT_FOUND,
                            ErrorCode.SERVICE_INVALID,
                            ErrorCode.SERVICE_INIT_FAILED,
                            ErrorCode.SERVICE_ADDRESS_TAKEN,
                            ErrorCode.ISOLATION_UNAVAILABLE,
                            ErrorCode.MACHINE_FAILED)),
    SERVICE_DECLARE(
            POST,
            "/api/v1/services/{name}/declare",
            "Create a service, or replace it unless it runs with that definition already",
            answers(200, ServiceDeclared.class)
                    .takes(ServiceRequest.class)
                    .fails(
                            ErrorCode.SERVICE_INVALID,
                            ErrorCode.SERVICE_INIT_FAILED,
                            ErrorCode.SERVICE_ADDRESS_TAKEN,
                            ErrorCode.ISOLATION_UNAVAILABLE,
                            ErrorCode.MACHINE_FAILED,
                            ErrorCode.LIMIT_REACHED)),
    SERVICE_DELETE(
            DELETE,
            "/api/v1/services/{name}",
            "Delete a service; connections that it has are cut off",
            answers(204, new Body.None()).fails(ErrorCode.SERVICE_NOT_FOUND)),
    SERVICE_LOGS(
            GET,
            "/api/v1/services/{name}/logs",
            "The newest of what a service's program printed, or of its access log",
            answers(200, new Body.Payload("text; of the access log a line for each connection that ended"))
                    .text("stream", "output (default) or access", "access")
                    .fails(ErrorCode.SERVICE_NOT_FOUND)),
    SERVICE_SCALE(
            POST,
            "/api/v1/services/{name}/scale",
            "Change how many machines a service may have",
            answers(200, ServiceResponse.class)
                    .takes(ServiceScale.class)
                    .fails(ErrorCode.SERVICE_NOT_FOUND, ErrorCode.SERVICE_INVALID, ErrorCode.SERVICE_NOT_RUNNING)),
    SERVICE_DRAIN(
            POST,
            "/api/v1/services/{name}/drain",
            "Take no more connections and wait until those there are have ended",
            answers(200, ServiceResponse.class).fails(ErrorCode.SERVICE_NOT_FOUND, ErrorCode.SERVICE_NOT_RUNNING));

    private final HttpMethod method;
    private final String template;
    private final String summary;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> segments;

    @SuppressWarnings("ImmutableEnumChecker") // a record of constants and unmodifiable lists
    private final Contract contract;

    Route(HttpMethod method, String template, String summary, Contract contract) {
        this.method = method;
        this.template = template;
        this.summary = summary;
        this.contract = contract;
        this.segments = List.of(template.substring(1).split("/", -1));
    }

    public HttpMethod method() {
        return method;
    }

    /** The path, with names of parameters in braces. */
    public String template() {
        return template;
    }

    public String summary() {
        return summary;
    }

    public Body request() {
        return contract.request;
    }

    /** Of the answer to a call that succeeded. */
    public Body response() {
        return contract.response;
    }

    /** Of the answer to a call that succeeded. */
    public int status() {
        return contract.status;
    }

    /** Whether it is answered without a token. */
    public boolean open() {
        return contract.open;
    }

    public List<QueryParameter> query() {
        return contract.query;
    }

    /** Besides those that every route has: {@link #commonErrors}. */
    public List<ErrorCode> errors() {
        return contract.errors;
    }

    /** What any route may answer. */
    public static List<ErrorCode> commonErrors() {
        return List.of(
                ErrorCode.REQUEST_INVALID,
                ErrorCode.REQUEST_TOO_LARGE,
                ErrorCode.REQUEST_UNAUTHORIZED,
                ErrorCode.REQUEST_FORBIDDEN,
                ErrorCode.NODE_DRAINING,
                ErrorCode.STORE_FAILED,
                ErrorCode.STORE_FULL,
                ErrorCode.INTERNAL);
    }

    /** The template's parts between slashes. */
    List<String> segments() {
        return segments;
    }

    /** The path with its parameters filled in, percent-encoded, in the order of the template. */
    public String path(String... values) {
        StringBuilder path = new StringBuilder();
        int next = 0;
        for (String segment : segments) {
            path.append('/').append(segment.startsWith("{") ? PathText.encode(values[next++]) : segment);
        }
        return path.toString();
    }

    private static Contract answers(int status, Class<? extends Record> type) {
        return answers(status, new Body.Document(type));
    }

    private static Contract answers(int status, Body body) {
        return new Contract(status, new Body.None(), body, List.of(), List.of(), false);
    }

    private record Contract(
            int status, Body request, Body response, List<QueryParameter> query, List<ErrorCode> errors, boolean open) {
        Contract takes(Class<? extends Record> type) {
            return takes(new Body.Document(type));
        }

        Contract takes(Body body) {
            return new Contract(status, body, response, query, errors, open);
        }

        Contract fails(ErrorCode... codes) {
            return new Contract(status, request, response, query, List.of(codes), open);
        }

        Contract needsNoToken() {
            return new Contract(status, request, response, query, errors, true);
        }

        Contract text(String name, String description, String example) {
            return with(new QueryParameter(name, QueryParameter.Kind.TEXT, description, example));
        }

        Contract whole(String name, String description, String example) {
            return with(new QueryParameter(name, QueryParameter.Kind.WHOLE, description, example));
        }

        Contract flag(String name, String description) {
            return with(new QueryParameter(name, QueryParameter.Kind.TRUTH, description, "true"));
        }

        Contract paged() {
            return whole("limit", "at most that many, 1 to 1000; default 100", "100")
                    .text("cursor", "next of the page before", "hello");
        }

        Contract waits() {
            return whole("wait_ms", "answer when it has ended, or after that time, at most 60000", "30000");
        }

        private Contract with(QueryParameter parameter) {
            List<QueryParameter> more = new ArrayList<>(query);
            more.add(parameter);
            return new Contract(status, request, response, List.copyOf(more), errors, open);
        }
    }
}
