package mayfly.runner;

import java.io.IOException;

/** An actor's store refused something, or did not answer: whether it was done is unknown then. */
public final class KvException extends IOException {
    private static final long serialVersionUID = 1;

    KvException(String message) {
        super(message);
    }
}
