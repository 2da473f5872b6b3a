package mayfly.gateway.rivet;

import mayfly.http.Exchange;
import mayfly.http.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a browser needs to hear before it gives a page of another origin the answer. Who may call at all is decided
 * before, by token or by origin.
 */
final class RestCors {
    private static final String VARY = "origin, access-control-request-method, access-control-request-headers";

    private RestCors() {}

    /** For every answer. */
    static Headers add(Exchange exchange, Headers headers) {
        Headers all = headers.with("vary", VARY).with("access-control-allow-credentials", "true");
        return with(all, "access-control-allow-origin", exchange.header("origin"));
    }

    /** For the question whether a request may be made. */
    static Headers preflight(Exchange exchange, Headers headers) {
        Headers methods =
                with(headers, "access-control-allow-methods", exchange.header("access-control-request-method"));
        return with(methods, "access-control-allow-headers", exchange.header("access-control-request-headers"));
    }

    private static Headers with(Headers headers, String name, @Nullable String value) {
        return value == null ? headers : headers.with(name, value);
    }
}
