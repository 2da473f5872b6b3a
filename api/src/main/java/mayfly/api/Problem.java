package mayfly.api;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;

/** An RFC 9457 problem document: the body of every answer that is not a success. */
@Doc("Why a request failed (RFC 9457). Match on code, which never changes.")
public record Problem(
        @Doc("urn:mayfly:error: and the code") String type,

        @Doc("the kind of failure, the same for every request that fails so")
        String title,

        @Doc("the HTTP status") int status,

        @Doc("what happened to this request, and what to do")
        String detail,

        @Doc("function.not_found, request.invalid, ...") String code,
        @Doc("path of the request") Optional<String> instance,

        @Doc("everything that is wrong with the request, by field")
        Optional<List<FieldProblem>> errors,

        @Doc("what the handler raised, for function.error and function.init_failed")
        Optional<FunctionError> functionError) {

    public static final String MEDIA_TYPE = "application/problem+json";

    public static Problem of(ErrorCode code, String detail) {
        return new Problem(
                "urn:mayfly:error:" + code.code(),
                title(code),
                code.status(),
                detail,
                code.code(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    public static Problem of(RefusedException refused) {
        return of(refused.code(), Objects.requireNonNullElse(refused.getMessage(), ""));
    }

    public static Problem of(InvalidException invalid) {
        Problem plain = of(invalid.code(), Objects.requireNonNullElse(invalid.getMessage(), ""));
        return new Problem(
                plain.type,
                plain.title,
                plain.status,
                plain.detail,
                plain.code,
                Optional.empty(),
                Optional.of(invalid.problems()),
                Optional.empty());
    }

    public Problem at(String path) {
        return new Problem(type, title, status, detail, code, Optional.of(path), errors, functionError);
    }

    public Problem with(FunctionError error) {
        return new Problem(type, title, status, detail, code, instance, errors, Optional.of(error));
    }

    private static String title(ErrorCode code) {
        return switch (code) {
            case REQUEST_INVALID -> "The request is not valid";
            case REQUEST_TOO_LARGE -> "The request is too large";
            case REQUEST_UNAUTHORIZED -> "A token is required";
            case REQUEST_FORBIDDEN -> "The request is not allowed from there";
            case REQUEST_METHOD -> "The path has no such method";
            case ROUTE_NOT_FOUND -> "There is no such path";
            case FUNCTION_NOT_FOUND -> "There is no such function";
            case FUNCTION_EXISTS -> "The name is taken";
            case FUNCTION_INVALID -> "The function is not valid";
            case FUNCTION_INIT_FAILED -> "The function's code does not load";
            case FUNCTION_ERROR -> "The function raised an error";
            case FUNCTION_TIMEOUT -> "The function took too long";
            case FUNCTION_THROTTLED -> "The function is at its limit of calls";
            case FUNCTION_CRASHED -> "The function's process died";
            case INVOCATION_NOT_FOUND -> "There is no such invocation";
            case TASK_NOT_FOUND -> "There is no such task";
            case TASK_INVALID -> "The task is not valid";
            case TASK_ENDED -> "The task has ended";
            case TASK_RUNNING -> "The task has not ended";
            case TASK_SPAWN_FAILED -> "The task could not be started";
            case SERVICE_NOT_FOUND -> "There is no such service";
            case SERVICE_EXISTS -> "The name is taken";
            case SERVICE_INVALID -> "The service is not valid";
            case SERVICE_INIT_FAILED -> "The service's program does not come to wait for connections";
            case SERVICE_ADDRESS_TAKEN -> "The address is in use";
            case SERVICE_NOT_RUNNING -> "The service does not run";
            case MACHINE_NO_CAPACITY -> "No machine was free in time";
            case MACHINE_FAILED -> "A machine failed";
            case ISOLATION_UNAVAILABLE -> "This host cannot isolate that much";
            case RUNTIME_UNKNOWN -> "There is no such runtime";
            case RUNTIME_MISSING -> "The runtime is not installed here";
            case STORE_FAILED -> "The store failed";
            case STORE_FULL -> "The store is full";
            case LIMIT_REACHED -> "A limit of the node was reached";
            case NODE_DRAINING -> "The node is ending";
            case INTERNAL -> "Mayfly failed";
        };
    }
}
