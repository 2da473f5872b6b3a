package mayfly.http;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Header fields in their order, immutable. Names are found in any case and shown in lower case; repeated names stay
 * repeated. Values are ISO-8859-1 text without control characters other than tab.
 */
public final class Headers {
    public static final Headers NONE = new Headers(EmptyHttpHeaders.INSTANCE);

    private final HttpHeaders fields;

    /** Takes over the fields, which were checked and must not change any more. */
    Headers(HttpHeaders fields) {
        this.fields = fields;
    }

    /** Fields from alternating names and values; IllegalArgumentException when one could not be sent as it is. */
    public static Headers of(String... pairs) {
        if (pairs.length % 2 != 0) {
            throw new IllegalArgumentException("a header name without a value: " + pairs[pairs.length - 1]);
        }
        HttpHeaders fields = new DefaultHttpHeaders();
        for (int i = 0; i < pairs.length; i += 2) {
            add(fields, pairs[i], pairs[i + 1]);
        }
        return new Headers(fields);
    }

    /** These fields and one more behind them. */
    public Headers with(String name, String value) {
        HttpHeaders more = new DefaultHttpHeaders().add(fields);
        add(more, name, value);
        return new Headers(more);
    }

    private static void add(HttpHeaders fields, String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) > 0xff) { // which Netty would send as '?'; it checks the rest
                throw new IllegalArgumentException("header " + name + " holds a character that cannot be sent: 0x"
                        + Integer.toHexString(value.charAt(i)) + " at " + i);
            }
        }
        fields.add(name.toLowerCase(Locale.ROOT), value);
    }

    /** The first value of a name, or null. */
    public @Nullable String first(String name) {
        return fields.get(name);
    }

    /** Every value of a name, in their order; empty when there is none. */
    public List<String> all(String name) {
        return fields.getAll(name);
    }

    /** Calls with each (name, value), in their order. */
    public void forEach(BiConsumer<String, String> action) {
        for (Map.Entry<String, String> field : fields) {
            action.accept(field.getKey().toLowerCase(Locale.ROOT), field.getValue());
        }
    }

    public int size() {
        return fields.size();
    }

    HttpHeaders fields() {
        return fields;
    }

    @Override
    public String toString() {
        return fields.entries().toString();
    }
}
