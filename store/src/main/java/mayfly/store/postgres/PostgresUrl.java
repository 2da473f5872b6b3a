package mayfly.store.postgres;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.Set;

/**
 * {@code postgresql://user:password@host:port/database?option=value}, parts percent-encoded. Its text form leaves the
 * password out.
 *
 * @param address for the driver: {@code jdbc:postgresql://host:port/database}
 * @param place for people: {@code host:port/database}
 * @param properties for the driver: user, password and options
 */
record PostgresUrl(String address, String place, Properties properties) {
    private static final int PORT = 5432;
    /** The driver ignores what it does not know, so a typing mistake in, say, sslmode would go unnoticed. */
    private static final Set<String> OPTIONS = Set.of(
            "sslmode",
            "sslrootcert",
            "sslcert",
            "sslkey",
            "sslpassword",
            "channelBinding",
            "gssEncMode",
            "connectTimeout",
            "socketTimeout",
            "currentSchema",
            "targetServerType",
            "ApplicationName");

    /** Throws IllegalArgumentException, whose message has no password in it. */
    static PostgresUrl parse(String text) {
        URI uri = uri(text);
        String host = uri.getHost();
        String path = uri.getRawPath();
        String scheme = uri.getScheme();
        if (scheme == null || !(scheme.equals("postgresql") || scheme.equals("postgres"))) {
            throw wrong("it does not begin with postgresql://");
        }
        if (host == null) {
            throw wrong("it names no host");
        }
        if (path == null || path.length() < 2 || path.indexOf('/', 1) > 0) {
            throw wrong("it names no database");
        }
        if (uri.getRawFragment() != null) {
            throw wrong("'#' has to be written as %23");
        }
        String database = path.substring(1);
        String server = host + ":" + (uri.getPort() == -1 ? PORT : uri.getPort());
        Properties properties = new Properties();
        options(uri, properties);
        user(uri, properties);
        return new PostgresUrl(
                "jdbc:postgresql://" + server + "/" + database, server + "/" + decoded(database), properties);
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            // Not the cause: its message repeats the text, and with it the password.
            throw wrong("character " + e.getIndex() + ": " + e.getReason());
        }
    }

    private static void user(URI uri, Properties properties) {
        String user = uri.getRawUserInfo();
        if (user == null) {
            throw wrong("it names no user");
        }
        int colon = user.indexOf(':');
        properties.setProperty("user", decoded(colon < 0 ? user : user.substring(0, colon)));
        if (colon >= 0) {
            properties.setProperty("password", decoded(user.substring(colon + 1)));
        }
    }

    private static void options(URI uri, Properties properties) {
        String query = uri.getRawQuery();
        if (query == null || query.isEmpty()) {
            return;
        }
        for (String option : query.split("&", -1)) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            if (equals < 0 || !OPTIONS.contains(name)) {
                throw wrong("unknown option '" + name + "'; known are "
                        + String.join(", ", OPTIONS.stream().sorted().toList()));
            }
            properties.setProperty(name, decoded(option.substring(equals + 1)));
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw wrong("a percent sign begins no two hex digits");
        }
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(
                "not a database URL of the form postgresql://user:password@host:port/database: " + what);
    }

    @Override
    public String toString() {
        return "postgresql://" + place;
    }
}
