package mayfly.gateway.rivet;

import org.jspecify.annotations.Nullable;

/** The bearer scheme of the authorization header (RFC 6750, 2.1). */
public final class Bearer {
    private static final String SCHEME = "bearer ";

    private Bearer() {}

    /** The token; null without one, or with another scheme. */
    public static @Nullable String token(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return null;
        }
        String token = authorization.substring(SCHEME.length()).trim();
        return token.isEmpty() ? null : token;
    }
}
