package mayfly.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A range of keys in the order of their unsigned bytes, a shorter key before those that it begins.
 *
 * @param from where it begins; null: at the first key
 * @param fromInclusive whether {@code from} itself belongs to it
 * @param to where it ends; null: at the last key
 * @param toInclusive whether {@code to} itself belongs to it
 */
public record KvRange(byte @Nullable [] from, boolean fromInclusive, byte @Nullable [] to, boolean toInclusive) {
    /** Every key. */
    public static KvRange all() {
        return new KvRange(null, true, null, true);
    }

    /** From the first key, inclusive, to the last. */
    public static KvRange between(byte[] from, byte[] to, boolean toInclusive) {
        return new KvRange(from, true, to, toInclusive);
    }

    /** The keys that begin with these bytes, these alone included. */
    public static KvRange prefix(byte[] prefix) {
        // The first key behind them: without its last bytes of 255 the prefix counted up by one; none when all are 255.
        int length = prefix.length;
        while (length > 0 && prefix[length - 1] == (byte) 0xFF) {
            length--;
        }
        if (length == 0) {
            return new KvRange(prefix, true, null, true);
        }
        byte[] behind = Arrays.copyOf(prefix, length);
        behind[length - 1]++;
        return new KvRange(prefix, true, behind, false);
    }

    /** Whether a key belongs to it. */
    public boolean has(byte[] key) {
        int above = from == null ? 1 : Arrays.compareUnsigned(key, from);
        int below = to == null ? -1 : Arrays.compareUnsigned(key, to);
        return (above > 0 || (above == 0 && fromInclusive)) && (below < 0 || (below == 0 && toInclusive));
    }
}
