package mayfly.http;

import java.io.IOException;

/** The server could not listen on its address; the message names host:port and what to do. */
public final class BindException extends IOException {
    BindException(String message, Throwable cause) {
        super(message, cause);
    }
}
