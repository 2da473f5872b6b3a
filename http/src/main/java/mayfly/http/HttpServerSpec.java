package mayfly.http;

/**
 * What a server shall be.
 *
 * @param host name or address to listen on
 * @param port 0 .. 65535; 0 takes any free port
 * @param loops event loop threads, 1 .. 64
 * @param epoll use epoll where the host has it; else, or when false, java.nio
 */
public record HttpServerSpec(
        String host,
        int port,
        HttpLimits limits,
        int loops,
        boolean epoll,
        RefusalRenderer refusals,
        FailureHook failures) {
    public HttpServerSpec {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not within 0 .. 65535");
        }
        if (loops < 1 || loops > 64) {
            throw new IllegalArgumentException("loops " + loops + " is not within 1 .. 64");
        }
    }

    /** Default limits, at most two event loops, epoll where possible, plain text refusals, failures logged. */
    public static HttpServerSpec at(String host, int port) {
        int loops = Math.min(2, Runtime.getRuntime().availableProcessors());
        return new HttpServerSpec(host, port, HttpLimits.DEFAULT, loops, true, RefusalRenderer.PLAIN, FailureHook.LOG);
    }

    public HttpServerSpec withLimits(HttpLimits changed) {
        return new HttpServerSpec(host, port, changed, loops, epoll, refusals, failures);
    }

    public HttpServerSpec withTransport(int loopThreads, boolean useEpoll) {
        return new HttpServerSpec(host, port, limits, loopThreads, useEpoll, refusals, failures);
    }

    public HttpServerSpec withRefusals(RefusalRenderer changed) {
        return new HttpServerSpec(host, port, limits, loops, epoll, changed, failures);
    }

    public HttpServerSpec withFailures(FailureHook changed) {
        return new HttpServerSpec(host, port, limits, loops, epoll, refusals, changed);
    }
}
