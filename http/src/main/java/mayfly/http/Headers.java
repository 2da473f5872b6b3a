package mayfly.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Header fields in their order, immutable. Names are kept in lower case and found in any case; repeated names stay
 * repeated. Values are ISO-8859-1 text without control characters other than tab.
 */
public final class Headers {
    public static final Headers NONE = new Headers(new String[0]);

    /** name, value, name, value, ... */
    private final String[] pairs;

    /** Takes over the array, whose names are lower case and whose contents were checked. */
    Headers(String[] pairs) {
        this.pairs = pairs;
    }

    /** Fields from alternating names and values; IllegalArgumentException when one could not be sent as it is. */
    public static Headers of(String... pairs) {
        if (pairs.length % 2 != 0) {
            throw new IllegalArgumentException("a header name without a value: " + pairs[pairs.length - 1]);
        }
        String[] checked = new String[pairs.length];
        for (int i = 0; i < pairs.length; i += 2) {
            checked[i] = checkedName(pairs[i]);
            checked[i + 1] = checkedValue(pairs[i], pairs[i + 1]);
        }
        return new Headers(checked);
    }

    /** These fields and one more behind them. */
    public Headers with(String name, String value) {
        String[] more = Arrays.copyOf(pairs, pairs.length + 2);
        more[pairs.length] = checkedName(name);
        more[pairs.length + 1] = checkedValue(name, value);
        return new Headers(more);
    }

    /** The first value of a name, or null. */
    public @Nullable String first(String name) {
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equalsIgnoreCase(name)) {
                return pairs[i + 1];
            }
        }
        return null;
    }

    /** Every value of a name, in their order; empty when there is none. */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>(1);
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equalsIgnoreCase(name)) {
                values.add(pairs[i + 1]);
            }
        }
        return values;
    }

    /** Calls with each (name, value), in their order. */
    public void forEach(BiConsumer<String, String> action) {
        for (int i = 0; i < pairs.length; i += 2) {
            action.accept(pairs[i], pairs[i + 1]);
        }
    }

    public int size() {
        return pairs.length / 2;
    }

    String name(int index) {
        return pairs[2 * index];
    }

    String value(int index) {
        return pairs[2 * index + 1];
    }

    int count(String lowerCaseName) {
        int found = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equals(lowerCaseName)) {
                found++;
            }
        }
        return found;
    }

    private static String checkedName(String name) {
        if (!Grammar.isToken(name)) {
            throw new IllegalArgumentException("not a header name: '" + name + "'");
        }
        return name.toLowerCase(Locale.ROOT);
    }

    private static String checkedValue(String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
                throw new IllegalArgumentException("header " + name + " holds a character that cannot be sent: 0x"
                        + Integer.toHexString(c) + " at " + i);
            }
        }
        return value;
    }

    @Override
    public String toString() {
        return Arrays.toString(pairs);
    }
}
