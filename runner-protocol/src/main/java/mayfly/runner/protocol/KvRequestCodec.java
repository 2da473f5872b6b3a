package mayfly.runner.protocol;

import java.util.List;

/** {@link KvRequestData} and its bytes. */
final class KvRequestCodec {
    private KvRequestCodec() {}

    static void write(BareWriter to, KvRequestData data) {
        switch (data) {
            case KvRequestData.Get(var keys) -> {
                to.tag(0);
                to.list(keys, BareWriter::data);
            }
            case KvRequestData.Listing(var query, var reverse, var limit) -> {
                to.tag(1);
                writeQuery(to, query);
                to.optionalBool(reverse);
                to.optionalI64(limit);
            }
            case KvRequestData.Put(var keys, var values) -> {
                to.tag(2);
                to.list(keys, BareWriter::data);
                to.list(values, BareWriter::data);
            }
            case KvRequestData.Delete(var keys) -> {
                to.tag(3);
                to.list(keys, BareWriter::data);
            }
            case KvRequestData.DeleteRange(var start, var end) -> {
                to.tag(4);
                to.data(start);
                to.data(end);
            }
            case KvRequestData.Drop _ -> to.tag(5);
        }
    }

    private static void writeQuery(BareWriter to, KvListQuery query) {
        switch (query) {
            case KvListQuery.All _ -> to.tag(0);
            case KvListQuery.Range(var start, var end, boolean exclusive) -> {
                to.tag(1);
                to.data(start);
                to.data(end);
                to.bool(exclusive);
            }
            case KvListQuery.Prefix(var key) -> {
                to.tag(2);
                to.data(key);
            }
        }
    }

    static KvRequestData read(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new KvRequestData.Get(bytes(from));
            case 1 -> new KvRequestData.Listing(readQuery(from), from.optionalBool(), from.optionalI64());
            case 2 -> new KvRequestData.Put(bytes(from), bytes(from));
            case 3 -> new KvRequestData.Delete(bytes(from));
            case 4 -> new KvRequestData.DeleteRange(from.data(), from.data());
            case 5 -> new KvRequestData.Drop();
            default -> throw from.unknown("KvRequestData", tag);
        };
    }

    private static KvListQuery readQuery(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new KvListQuery.All();
            case 1 -> new KvListQuery.Range(from.data(), from.data(), from.bool());
            case 2 -> new KvListQuery.Prefix(from.data());
            default -> throw from.unknown("KvListQuery", tag);
        };
    }

    private static List<byte[]> bytes(BareReader from) throws MalformedMessageException {
        return from.list(1, BareReader::data);
    }
}
