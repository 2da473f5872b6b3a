package mayfly.http;

/** Answers requests. Called on one fresh virtual thread per request, so it may block. */
@FunctionalInterface
public interface HttpHandler {
    /**
     * Answers one request with exactly one response. What it throws goes to the {@link FailureHook}, except {@link
     * BodyException}, which the server answers itself (413, 400, 408), and {@link ClientGoneException}, which ends the
     * connection quietly. A stream left open is finished; no response at all is a failure.
     */
    void handle(Exchange exchange) throws Exception;
}
