package mayfly.runner.protocol;

import java.util.List;

/** {@link KvResponseData} and its bytes. */
final class KvResponseCodec {
    /** An empty version and the time. */
    private static final int METADATA_BYTES_MIN = 1 + Long.BYTES;

    private KvResponseCodec() {}

    static void write(BareWriter to, KvResponseData data) {
        switch (data) {
            case KvResponseData.Failed(var message) -> {
                to.tag(0);
                to.string(message);
            }
            case KvResponseData.Get(var keys, var values, var metadata) -> {
                to.tag(1);
                writeFound(to, keys, values, metadata);
            }
            case KvResponseData.Listing(var keys, var values, var metadata) -> {
                to.tag(2);
                writeFound(to, keys, values, metadata);
            }
            case KvResponseData.Put _ -> to.tag(3);
            case KvResponseData.Delete _ -> to.tag(4);
            case KvResponseData.Drop _ -> to.tag(5);
        }
    }

    private static void writeFound(BareWriter to, List<byte[]> keys, List<byte[]> values, List<KvMetadata> metadata) {
        to.list(keys, BareWriter::data);
        to.list(values, BareWriter::data);
        to.list(metadata, KvResponseCodec::writeMetadata);
    }

    private static void writeMetadata(BareWriter to, KvMetadata metadata) {
        to.data(metadata.version());
        to.i64(metadata.updateTs());
    }

    static KvResponseData read(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new KvResponseData.Failed(from.string());
            case 1 -> new KvResponseData.Get(bytes(from), bytes(from), metadata(from));
            case 2 -> new KvResponseData.Listing(bytes(from), bytes(from), metadata(from));
            case 3 -> new KvResponseData.Put();
            case 4 -> new KvResponseData.Delete();
            case 5 -> new KvResponseData.Drop();
            default -> throw from.unknown("KvResponseData", tag);
        };
    }

    private static List<byte[]> bytes(BareReader from) throws MalformedMessageException {
        return from.list(1, BareReader::data);
    }

    private static List<KvMetadata> metadata(BareReader from) throws MalformedMessageException {
        return from.list(METADATA_BYTES_MIN, KvResponseCodec::readMetadata);
    }

    private static KvMetadata readMetadata(BareReader from) throws MalformedMessageException {
        return new KvMetadata(from.data(), from.i64());
    }
}
