package mayfly.base;

/** Every reason for which Mayfly refuses or fails a request: the stable {@code code} of RFC 9457 answers. */
public enum ErrorCode {
    REQUEST_INVALID("request.invalid", 400),
    REQUEST_TOO_LARGE("request.too_large", 413),
    REQUEST_UNAUTHORIZED("request.unauthorized", 401),
    REQUEST_FORBIDDEN("request.forbidden", 403),
    REQUEST_METHOD("request.method_not_allowed", 405),
    ROUTE_NOT_FOUND("route.not_found", 404),
    FUNCTION_NOT_FOUND("function.not_found", 404),
    FUNCTION_EXISTS("function.exists", 409),
    FUNCTION_INVALID("function.invalid", 400),
    FUNCTION_INIT_FAILED("function.init_failed", 422),
    FUNCTION_ERROR("function.error", 500),
    FUNCTION_TIMEOUT("function.timeout", 504),
    FUNCTION_THROTTLED("function.throttled", 429),
    FUNCTION_CRASHED("function.crashed", 502),
    INVOCATION_NOT_FOUND("invocation.not_found", 404),
    TASK_NOT_FOUND("task.not_found", 404),
    TASK_INVALID("task.invalid", 400),
    TASK_ENDED("task.ended", 409),
    TASK_RUNNING("task.running", 409),
    TASK_SPAWN_FAILED("task.spawn_failed", 500),
    SERVICE_NOT_FOUND("service.not_found", 404),
    SERVICE_EXISTS("service.exists", 409),
    SERVICE_INVALID("service.invalid", 400),
    SERVICE_INIT_FAILED("service.init_failed", 422),
    SERVICE_ADDRESS_TAKEN("service.address_taken", 409),
    SERVICE_NOT_RUNNING("service.not_running", 409),
    MACHINE_NO_CAPACITY("machine.no_capacity", 503),
    MACHINE_FAILED("machine.failed", 500),
    ISOLATION_UNAVAILABLE("isolation.unavailable", 422),
    RUNTIME_UNKNOWN("runtime.unknown", 400),
    RUNTIME_MISSING("runtime.missing", 422),
    STORE_FAILED("store.failed", 503),
    STORE_FULL("store.full", 507),
    LIMIT_REACHED("limit.reached", 429),
    NODE_DRAINING("node.draining", 503),
    INTERNAL("internal", 500);

    private final String code;
    private final int status;

    ErrorCode(String code, int status) {
        this.code = code;
        this.status = status;
    }

    /** The text clients match on; never changes once released. */
    public String code() {
        return code;
    }

    /** The HTTP status that goes with it. */
    public int status() {
        return status;
    }
}
