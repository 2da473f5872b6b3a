package mayfly.actors;

import java.util.Map;

/** An expected refusal of a call about actors, on its way to the caller. The message is shown to users as it is. */
public final class ActorException extends Exception {
    private static final long serialVersionUID = 1;

    private final ActorError error;
    private final transient Map<String, String> metadata;

    public ActorException(ActorError error, String message) {
        this(error, message, Map.of());
    }

    /** @param metadata what programs want to know of it, by name */
    public ActorException(ActorError error, String message, Map<String, String> metadata) {
        super(message);
        this.error = error;
        this.metadata = Map.copyOf(metadata);
    }

    public ActorError error() {
        return error;
    }

    public Map<String, String> metadata() {
        return metadata;
    }
}
