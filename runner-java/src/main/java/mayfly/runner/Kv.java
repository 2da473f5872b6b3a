package mayfly.runner;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;

/**
 * An actor's durable store. Each call waits for the engine: what it returned from is on disk. Keys that begin with a zero
 * byte are the runner's own.
 */
public final class Kv {
    private final KvCalls calls;
    private final String actorId;

    Kv(KvCalls calls, String actorId) {
        this.calls = calls;
        this.actorId = actorId;
    }

    /** The value of a key. */
    public Optional<byte[]> get(String key) throws KvException {
        return get(bytes(key));
    }

    /** The value of a key. */
    public Optional<byte[]> get(byte[] key) throws KvException {
        return get(List.of(key)).stream().findFirst().map(KvEntry::value);
    }

    /** Those of these keys that are there. */
    public List<KvEntry> get(List<byte[]> keys) throws KvException {
        keys.forEach(Kv::checked);
        return entries(ask(new KvRequestData.Get(keys)));
    }

    /** What a query finds. */
    public List<KvEntry> list(KvQuery query) throws KvException {
        return entries(ask(query.request()));
    }

    /** Stores a value under a key. */
    public void put(String key, byte[] value) throws KvException {
        put(bytes(key), value);
    }

    /** Stores a value under a key. */
    public void put(byte[] key, byte[] value) throws KvException {
        put(List.of(new KvEntry(key, value)));
    }

    /** Stores all of these, or none. */
    public void put(List<KvEntry> entries) throws KvException {
        entries.forEach(entry -> checked(entry.key()));
        putOwn(entries);
    }

    /** Also under the runner's own keys. */
    void putOwn(List<KvEntry> entries) throws KvException {
        List<byte[]> keys = new ArrayList<>(entries.size());
        List<byte[]> values = new ArrayList<>(entries.size());
        for (KvEntry entry : entries) {
            keys.add(entry.key());
            values.add(entry.value());
        }
        ask(new KvRequestData.Put(keys, values));
    }

    /** Forgets a key. */
    public void delete(String key) throws KvException {
        delete(List.of(bytes(key)));
    }

    /** Forgets keys. */
    public void delete(List<byte[]> keys) throws KvException {
        keys.forEach(Kv::checked);
        deleteOwn(keys);
    }

    void deleteOwn(List<byte[]> keys) throws KvException {
        ask(new KvRequestData.Delete(keys));
    }

    /** Forgets the keys from one to before another. */
    public void deleteRange(byte[] from, byte[] before) throws KvException {
        ask(new KvRequestData.DeleteRange(checked(from), before));
    }

    /** Forgets everything, the actor's state and alarm too: its next start is a first one again. */
    public void drop() throws KvException {
        ask(new KvRequestData.Drop());
    }

    List<KvEntry> list(KvRequestData.Listing own) throws KvException {
        return entries(ask(own));
    }

    private KvResponseData ask(KvRequestData request) throws KvException {
        return switch (calls.ask(actorId, request)) {
            case KvResponseData.Failed(var message) -> throw new KvException(message);
            case KvResponseData answer -> answer;
        };
    }

    private static List<KvEntry> entries(KvResponseData answer) throws KvException {
        return switch (answer) {
            case KvResponseData.Get(var keys, var values, var _) -> zipped(keys, values);
            case KvResponseData.Listing(var keys, var values, var _) -> zipped(keys, values);
            case KvResponseData.Put _, KvResponseData.Delete _, KvResponseData.Drop _, KvResponseData.Failed _ ->
                throw new KvException("the engine answered a reading call with " + answer);
        };
    }

    private static List<KvEntry> zipped(List<byte[]> keys, List<byte[]> values) throws KvException {
        if (keys.size() != values.size()) {
            throw new KvException("the engine sent " + keys.size() + " keys and " + values.size() + " values");
        }
        List<KvEntry> entries = new ArrayList<>(keys.size());
        for (int at = 0; at < keys.size(); at++) {
            entries.add(new KvEntry(keys.get(at), values.get(at)));
        }
        return entries;
    }

    private static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] checked(byte[] key) {
        if (key.length == 0) {
            throw new IllegalArgumentException("an empty key");
        }
        if (Arrays.compareUnsigned(key, KvQuery.LAST) > 0) {
            throw new IllegalArgumentException("a key after all that can be listed: it begins with too many 0xff");
        }
        if (OwnKeys.isOwn(key)) {
            throw new IllegalArgumentException("keys that begin with a zero byte are the runner's own");
        }
        return key;
    }
}
