package mayfly.gateway;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Bearer;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is let in. With a token: whoever has it. Without one the node listens on loopback only, and a browser on
 * the same machine is the danger: a page of another site (Origin), or a name that resolves to 127.0.0.1 (Host, "DNS
 * rebinding"). Pure.
 */
final class Guard {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final byte @Nullable [] token;
    private final Set<String> hosts;

    Guard(GatewaySpec spec) {
        this.token = spec.token().map(it -> it.getBytes(StandardCharsets.UTF_8)).orElse(null);
        this.hosts = spec.hosts();
    }

    /** Throws unless a request with these header fields may go on. */
    void check(@Nullable String authorization, @Nullable String host, @Nullable String origin, boolean open)
            throws RefusedException {
        if (token != null) {
            if (!open) {
                checkToken(authorization);
            }
            return;
        }
        if (host == null || !known(withoutPort(host))) {
            throw forbidden("the Host header names '" + printable(host)
                    + "', which is not a name of this node; address it as localhost, or start it with a token");
        }
        if (origin != null && !known(originHost(origin))) {
            throw forbidden(
                    "requests from web pages of '" + printable(origin) + "' are refused while the node has no token");
        }
    }

    /** Whether this is the node's token; anything is, on a node without one. */
    boolean admits(@Nullable String given) {
        // takes the same time wherever they differ
        return token == null || (given != null && MessageDigest.isEqual(token, given.getBytes(StandardCharsets.UTF_8)));
    }

    private void checkToken(@Nullable String authorization) throws RefusedException {
        String given = Bearer.token(authorization);
        if (!admits(given)) {
            throw new RefusedException(
                    ErrorCode.REQUEST_UNAUTHORIZED,
                    given != null
                            ? "the token is not this node's"
                            : "this node demands a token: send Authorization: Bearer TOKEN, or set MAYFLY_TOKEN for the CLI");
        }
    }

    private boolean known(String host) {
        return LOOPBACK.contains(host) || hosts.contains(host);
    }

    private static String originHost(String origin) {
        try {
            String host = URI.create(origin).getHost();
            return host == null ? "" : host.toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            return ""; // what is no URL, "null" among it, is no origin of ours
        }
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        boolean port = colon >= 0 && colon > host.lastIndexOf(']');
        return (port ? host.substring(0, colon) : host).toLowerCase(Locale.ROOT);
    }

    private static String printable(@Nullable String text) {
        String shown = text == null ? "" : text.replaceAll("[^ -~]", "?");
        return shown.substring(0, Math.min(100, shown.length()));
    }

    private static RefusedException forbidden(String message) {
        return new RefusedException(ErrorCode.REQUEST_FORBIDDEN, message);
    }
}
