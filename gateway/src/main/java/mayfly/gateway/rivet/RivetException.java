package mayfly.gateway.rivet;

import mayfly.api.JsonValue;

/** A request that is refused, in the words of Rivet's interface. */
final class RivetException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String group;
    private final String code;
    private final transient JsonValue metadata;

    /** @param metadata what programs want to know of it; JSON null when there is nothing */
    RivetException(int status, String group, String code, String message, JsonValue metadata) {
        super(message);
        this.status = status;
        this.group = group;
        this.code = code;
        this.metadata = metadata;
    }

    /** The request cannot be understood. */
    static RivetException badRequest(String reason) {
        return new RivetException(
                400, "api", "bad_request", "Request is invalid: " + reason, Members.of("reason", reason));
    }

    /** The request is well formed, and its parts do not fit each other. */
    static RivetException invalidInput(String message) {
        return new RivetException(400, "validation", "invalid_input", message, Members.of("message", message));
    }

    static RivetException forbidden(String reason) {
        return new RivetException(403, "api", "forbidden", "Access denied: " + reason, Members.of("reason", reason));
    }

    static RivetException actorNotFound() {
        return new RivetException(
                400, "actor", "not_found", "The actor does not exist or was destroyed.", JsonValue.NULL);
    }

    int status() {
        return status;
    }

    /** The answer's body. */
    JsonValue body() {
        Members body = new Members().put("group", group).put("code", code).put("message", getMessage());
        return (metadata instanceof JsonValue.JsonNull ? body : body.put("metadata", metadata)).json();
    }
}
