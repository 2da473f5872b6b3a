package mayfly.runner.protocol;

import java.util.List;

/** What became of a {@link KvRequestData}. */
public sealed interface KvResponseData {
    /** Nothing was done. */
    record Failed(String message) implements KvResponseData {}

    /** Of the keys asked for those that are there; the lists belong together by position. */
    record Get(List<byte[]> keys, List<byte[]> values, List<KvMetadata> metadata) implements KvResponseData {}

    /** What was listed; the lists belong together by position. */
    record Listing(List<byte[]> keys, List<byte[]> values, List<KvMetadata> metadata) implements KvResponseData {}

    /** It is stored. */
    record Put() implements KvResponseData {}

    /** The keys are gone, also after {@link KvRequestData.DeleteRange}. */
    record Delete() implements KvResponseData {}

    /** Everything is gone. */
    record Drop() implements KvResponseData {}
}
