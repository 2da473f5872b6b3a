package mayfly.api;

import java.util.Optional;

/**
 * A directory of the host that a service's program may change, as it is written in {@code volumes}.
 *
 * @param host its absolute path
 * @param guest the absolute path where the program sees it
 */
public record ServiceVolume(String host, String guest) {
    /** "/srv/data:/data", or "/srv/data" for the same path on both sides; empty: it is not one. */
    public static Optional<ServiceVolume> parse(String text) {
        int colon = text.indexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        String guest = colon < 0 ? text : text.substring(colon + 1);
        return isPlain(host) && isPlain(guest) ? Optional.of(new ServiceVolume(host, guest)) : Optional.empty();
    }

    /** Absolute, not the root, and without a way up. */
    private static boolean isPlain(String path) {
        return path.length() > 1
                && path.length() <= mayfly.base.Limits.PATH_CHARS_MAX
                && path.startsWith("/")
                && path.indexOf('\0') < 0
                && path.indexOf(':') < 0
                && !(path + "/").contains("/../")
                && !(path + "/").contains("/./")
                && !path.contains("//");
    }
}
