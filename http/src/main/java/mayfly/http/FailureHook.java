package mayfly.http;

import java.lang.System.Logger.Level;

/** Told about every handler that threw. Runs on the handler's virtual thread. */
@FunctionalInterface
public interface FailureHook {
    /**
     * May answer when {@link Exchange#answered} is false; if it does not, or throws itself, the server answers 500. When
     * a stream had begun already, the connection is cut so that the client cannot take the part for the whole.
     */
    void failed(Exchange exchange, Throwable cause) throws Exception;

    /** Logs the failure and leaves the answer to the server. */
    FailureHook LOG = (exchange, cause) -> System.getLogger("mayfly.http")
            .log(Level.ERROR, "handler failed: " + exchange.method() + " " + exchange.rawTarget(), cause);
}
