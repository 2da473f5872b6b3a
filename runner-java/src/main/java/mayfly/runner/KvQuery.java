package mayfly.runner;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.runner.protocol.KvListQuery;
import mayfly.runner.protocol.KvRequestData;

/** Which keys to list, in what order, how many; keys are ordered as unsigned bytes. */
public final class KvQuery {
    /** Before the first key that is not the runner's own. */
    private static final byte[] FIRST = {1};

    /** After every key that {@link Kv} takes; engines refuse longer ones here. */
    static final byte[] LAST = last();

    private final KvListQuery keys;
    private final boolean reversed;
    private final OptionalLong limit;

    private KvQuery(KvListQuery keys, boolean reversed, OptionalLong limit) {
        this.keys = keys;
        this.reversed = reversed;
        this.limit = limit;
    }

    /** All keys of the actor, but not {@link ActorContext#state}. */
    public static KvQuery all() {
        return new KvQuery(new KvListQuery.Range(FIRST, LAST, false), false, OptionalLong.empty());
    }

    /** The keys that begin so. */
    public static KvQuery prefix(byte[] prefix) {
        return prefix.length == 0
                ? all()
                : new KvQuery(new KvListQuery.Prefix(Kv.checked(prefix)), false, OptionalLong.empty());
    }

    /** The keys from one to before another. */
    public static KvQuery range(byte[] from, byte[] before) {
        return new KvQuery(
                new KvListQuery.Range(from.length == 0 ? FIRST : Kv.checked(from), before, true),
                false,
                OptionalLong.empty());
    }

    /** The same keys, the last one first. */
    public KvQuery reverse() {
        return new KvQuery(keys, !reversed, limit);
    }

    /** At most so many of them. */
    public KvQuery limit(long keysMax) {
        return new KvQuery(keys, reversed, OptionalLong.of(keysMax));
    }

    KvRequestData request() {
        return new KvRequestData.Listing(keys, reversed ? Optional.of(true) : Optional.empty(), limit);
    }

    private static byte[] last() {
        byte[] last = new byte[RunnerLimits.KEY_BYTES_MAX / 2];
        Arrays.fill(last, (byte) 0xff);
        return last;
    }
}
