package mayfly.runner.protocol;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What a runner asks of an actor's durable store. */
public sealed interface KvRequestData {
    /** The values of keys. */
    record Get(List<byte[]> keys) implements KvRequestData {}

    /**
     * Keys in order, with their values.
     *
     * @param limit u64
     */
    record Listing(KvListQuery query, Optional<Boolean> reverse, OptionalLong limit) implements KvRequestData {}

    /** Store values under keys, one for each; both lists should be equally long, which the wire does not promise. */
    record Put(List<byte[]> keys, List<byte[]> values) implements KvRequestData {}

    /** Forget keys. */
    record Delete(List<byte[]> keys) implements KvRequestData {}

    /** Forget the keys from {@code start} to before {@code end}. */
    record DeleteRange(byte[] start, byte[] end) implements KvRequestData {}

    /** Forget everything. */
    record Drop() implements KvRequestData {}
}
