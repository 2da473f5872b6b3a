package mayfly.api;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a service's program may connect to, as it is written in {@code allow_connect}.
 *
 * @param host a name, or a literal address without brackets
 * @param port 1 to 65535
 */
public record ServiceDestination(String host, int port) {
    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]{1,44})]"
            + "|([0-9A-Za-z](?:[0-9A-Za-z._-]{0,251}[0-9A-Za-z])?)):([0-9]{1,5})");
    private static final int PORT_MAX = 65_535;

    /** "db.example:5432", "10.0.0.7:80" or "[2001:db8::1]:443"; empty: it is not one. */
    public static Optional<ServiceDestination> parse(String text) {
        var found = FORM.matcher(text);
        if (!found.matches()) {
            return Optional.empty();
        }
        int port = Integer.parseInt(found.group(3));
        String host = found.group(1) == null ? found.group(2) : found.group(1);
        return port < 1 || port > PORT_MAX ? Optional.empty() : Optional.of(new ServiceDestination(host, port));
    }
}
