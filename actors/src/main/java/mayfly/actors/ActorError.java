package mayfly.actors;

/** Every reason for which a call about actors is refused; group and code are Rivet's, for its clients match on them. */
public enum ActorError {
    NOT_FOUND("actor", "not_found", 404),
    DUPLICATE_KEY("actor", "duplicate_key", 400),
    KEY_TOO_LARGE("actor", "key_too_large", 400),
    NAME_INVALID("actor", "invalid_name", 400),
    INPUT_TOO_LARGE("actor", "input_too_large", 400),
    KV_KEY_NOT_FOUND("actor", "kv_key_not_found", 400),
    NO_RUNNER_CONFIG("actor", "no_runner_config_configured", 400),
    DESTROYED_WHILE_WAITING("actor", "destroyed_while_waiting_for_ready", 400),
    NAMESPACE_NOT_FOUND("namespace", "not_found", 400),
    NAMESPACE_NOT_UNIQUE("namespace", "name_not_unique", 400),
    NAMESPACE_INVALID("namespace", "failed_to_create", 400),
    RUNNER_CONFIG_INVALID("runner_config", "invalid", 400),
    RUNNER_CONFIG_NOT_FOUND("runner_config", "not_found", 400),
    BAD_REQUEST("api", "bad_request", 400),
    DRAINING("guard", "service_unavailable", 503),
    LIMIT("api", "limit_reached", 429),
    STORE("core", "internal_error", 500);

    private final String group;
    private final String code;
    private final int status;

    ActorError(String group, String code, int status) {
        this.group = group;
        this.code = code;
        this.status = status;
    }

    public String group() {
        return group;
    }

    public String code() {
        return code;
    }

    /** The HTTP status that goes with it. */
    public int status() {
        return status;
    }
}
