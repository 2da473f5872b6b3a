package mayfly.http;

import java.io.IOException;

/** The client closed the connection, or the server did (write stalled, server closed), before the exchange ended. */
public final class ClientGoneException extends IOException {
    ClientGoneException() {
        super("the client closed the connection");
    }
}
