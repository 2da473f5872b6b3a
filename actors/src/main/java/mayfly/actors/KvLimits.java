package mayfly.actors;

import java.util.List;
import mayfly.base.Limits;
import mayfly.runner.protocol.KvListQuery;
import mayfly.runner.protocol.KvRequestData;
import org.jspecify.annotations.Nullable;

/** What one operation on an actor's store may ask for. Pure. */
final class KvLimits {
    private KvLimits() {}

    /** What is wrong with it, by name; null for nothing. */
    static @Nullable String problem(KvRequestData request) {
        return switch (request) {
            case KvRequestData.Get(var keys) -> keys(keys);
            case KvRequestData.Delete(var keys) -> keys(keys);
            case KvRequestData.Put(var keys, var values) -> put(keys, values);
            case KvRequestData.Listing(var query, var _, var _) -> query(query);
            case KvRequestData.DeleteRange(var start, var end) -> either(key(start), key(end));
            case KvRequestData.Drop _ -> null;
        };
    }

    private static @Nullable String put(List<byte[]> keys, List<byte[]> values) {
        if (keys.size() != values.size()) {
            return "keys and values are not equally many: " + keys.size() + " and " + values.size();
        }
        long bytes = 0;
        for (int i = 0; i < keys.size(); i++) {
            bytes += keys.get(i).length + values.get(i).length;
            if (values.get(i).length > Limits.KV_VALUE_BYTES_MAX) {
                return "value is too large: " + values.get(i).length + " bytes, at most " + Limits.KV_VALUE_BYTES_MAX;
            }
        }
        if (bytes > Limits.KV_PUT_BYTES_MAX) {
            return "total payload is too large: " + bytes + " bytes, at most " + Limits.KV_PUT_BYTES_MAX;
        }
        return keys(keys);
    }

    private static @Nullable String keys(List<byte[]> keys) {
        if (keys.size() > Limits.KV_KEYS_MAX) {
            return "a maximum of " + Limits.KV_KEYS_MAX + " keys is allowed: " + keys.size();
        }
        for (byte[] key : keys) {
            String problem = key(key);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static @Nullable String query(KvListQuery query) {
        return switch (query) {
            case KvListQuery.All _ -> null;
            case KvListQuery.Range(var start, var end, var _) -> either(key(start), key(end));
            case KvListQuery.Prefix(var key) -> key(key);
        };
    }

    private static @Nullable String key(byte[] key) {
        return key.length <= Limits.KV_KEY_BYTES_MAX
                ? null
                : "key is too long: " + key.length + " bytes, at most " + Limits.KV_KEY_BYTES_MAX;
    }

    private static @Nullable String either(@Nullable String one, @Nullable String other) {
        return one != null ? one : other;
    }
}
