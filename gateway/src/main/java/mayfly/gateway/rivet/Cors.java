package mayfly.gateway.rivet;

import java.util.Arrays;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import org.jspecify.annotations.Nullable;

/** Lets pages of any origin talk to actors, as Rivet does: who an actor serves is its own business. */
final class Cors {
    private Cors() {}

    /** The given fields and those that let the page read the answer. */
    static Headers headers(Exchange exchange, String... fields) {
        String origin = exchange.header("origin");
        String[] all = Arrays.copyOf(fields, fields.length + count(origin));
        add(all, fields.length, origin);
        return Headers.of(all);
    }

    static int count(@Nullable String origin) {
        return origin == null ? 6 : 8;
    }

    static void add(@Nullable String[] into, int at, @Nullable String origin) {
        into[at] = "access-control-allow-origin";
        into[at + 1] = origin == null ? "*" : origin;
        into[at + 2] = "access-control-allow-credentials";
        into[at + 3] = "true";
        into[at + 4] = "access-control-expose-headers";
        into[at + 5] = "*";
        if (origin != null) {
            into[at + 6] = "vary";
            into[at + 7] = "Origin";
        }
    }
}
