package mayfly.http;

import java.io.IOException;

/** The request's body cannot be had; a handler lets it pass and the server answers with {@link #refusal}. */
public final class BodyException extends IOException {
    private final Refusal refusal;

    BodyException(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    /** BODY_TOO_LARGE, MALFORMED or TOO_SLOW. */
    public Refusal refusal() {
        return refusal;
    }
}
