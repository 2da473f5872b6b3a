package mayfly.store.sql;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How our values become the values that both engines can hold, and back. */
final class Values {
    private static final long NANOS = 1_000_000_000L;
    private static final char UNPRINTABLE = '\uFFFD';

    private Values() {}

    /**
     * Text that both engines hold alike: NUL, which PostgreSQL refuses, and unpaired surrogates, which are not
     * characters, become U+FFFD. A captured log may hold anything, and its record must not be lost for it.
     */
    static @Nullable String text(@Nullable String text) {
        if (text == null) {
            return null;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return cleaned(text, i);
            }
        }
        return text;
    }

    private static String cleaned(String text, int from) {
        StringBuilder out = new StringBuilder(text);
        for (int i = from; i < out.length(); i++) {
            char c = out.charAt(i);
            boolean pair =
                    Character.isHighSurrogate(c) && i + 1 < out.length() && Character.isLowSurrogate(out.charAt(i + 1));
            if (pair) {
                i++;
            } else if (c == 0 || Character.isSurrogate(c)) {
                out.setCharAt(i, UNPRINTABLE);
            }
        }
        return out.toString();
    }

    /** Nanoseconds since 1970; times before 1677 or after 2262 become the nearest that fits. */
    static @Nullable Long time(@Nullable Instant time) {
        return time == null ? null : (Long) nanos(time);
    }

    static long nanos(Instant time) {
        try {
            return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano());
        } catch (ArithmeticException overflow) {
            return exactly(time);
        }
    }

    /** The slow way: near the lower end the product alone overflows where the sum does not. */
    private static long exactly(Instant time) {
        BigInteger nanos = BigInteger.valueOf(time.getEpochSecond())
                .multiply(BigInteger.valueOf(NANOS))
                .add(BigInteger.valueOf(time.getNano()));
        return nanos.max(BigInteger.valueOf(Long.MIN_VALUE))
                .min(BigInteger.valueOf(Long.MAX_VALUE))
                .longValueExact();
    }

    static Instant instant(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    /** Each tag between two line feeds, so that one tag is found by a search for it with its line feeds. */
    static String tags(List<String> tags) {
        StringBuilder out = new StringBuilder("\n");
        for (String tag : tags) {
            out.append(escaped(tag)).append('\n');
        }
        return out.toString();
    }

    static String tag(String tag) {
        return "\n" + escaped(tag) + "\n";
    }

    static List<String> tags(String stored) {
        if (stored.length() <= 1) {
            return List.of();
        }
        String[] tags = stored.substring(1, stored.length() - 1).split("\n", -1);
        return Arrays.stream(tags).map(Values::unescaped).toList();
    }

    private static String escaped(String tag) {
        return tag.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    private static String unescaped(String tag) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < tag.length(); i++) {
            char c = tag.charAt(i);
            if (c == '\\' && i + 1 < tag.length()) {
                char next = tag.charAt(++i);
                out.append(next == 'n' ? '\n' : next == 'r' ? '\r' : next);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
