package mayfly.actors;

import org.jspecify.annotations.Nullable;

/** An endpoint did not say what it is. */
public final class EndpointException extends Exception {
    private static final long serialVersionUID = 1;

    private final String code;

    EndpointException(String code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** Rivet's word for it. */
    public String code() {
        return code;
    }
}
