package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import mayfly.base.ActorId;
import mayfly.base.Limits;
import mayfly.store.StoreException.Kind;
import org.junit.jupiter.api.Test;

/** What every engine promises of what actors keep. */
abstract class KvKit extends ActorKit {
    private final ActorId actor = records.actorId();
    private final ActorId neighbour = records.actorId();

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static KvPair pair(String key, String value) {
        return new KvPair(bytes(key), bytes(value));
    }

    private void put(ActorId to, String... keys) throws Exception {
        done(actors.kvPut(to, Arrays.stream(keys).map(key -> pair(key, key)).toList(), Records.START));
    }

    private static List<String> keys(List<KvEntry> entries) {
        return entries.stream().map(it -> HexFormat.of().formatHex(it.key())).toList();
    }

    private List<String> list(KvRange range) {
        return keys(actors.kvList(actor, range, false, Limits.KV_LIST_MAX));
    }

    @Test
    void whatWasPutIsGot() throws Exception {
        Instant now = records.time();
        done(actors.kvPut(actor, List.of(pair("", ""), pair("00", "ff00"), pair("80ff", "01")), now));
        done(actors.kvPut(neighbour, List.of(pair("00", "77")), now));
        restart();
        List<KvEntry> got = actors.kvGet(actor, List.of(bytes("80ff"), bytes("01"), bytes(""), bytes("00")));
        same(
                got,
                List.of(
                        new KvEntry(bytes(""), bytes(""), now),
                        new KvEntry(bytes("00"), bytes("ff00"), now),
                        new KvEntry(bytes("80ff"), bytes("01"), now)));
        assertThat(actors.kvBytes(actor)).isEqualTo(6);
        assertThat(actors.kvGet(actor, List.of())).isEmpty();
        assertThat(actors.kvGet(records.actorId(), List.of(bytes("00")))).isEmpty();

        Instant later = records.time();
        later(actors.kvPut(actor, List.of(), later));
        done(actors.kvPut(actor, List.of(pair("00", "01"), pair("00", "02")), later));
        same(
                actors.kvGet(actor, List.of(bytes("00"), bytes("00"))),
                List.of(new KvEntry(bytes("00"), bytes("02"), later)));
    }

    @Test
    void keysAreListedInTheOrderOfUnsignedBytes() throws Exception {
        List<String> sorted =
                List.of("", "00", "0000", "01", "017f", "0180", "01ff", "01ffff", "02", "7f", "80", "ff", "ffff");
        List<String> shuffled = new ArrayList<>(sorted);
        java.util.Collections.shuffle(shuffled, new java.util.Random(3));
        put(actor, shuffled.toArray(String[]::new));
        put(neighbour, "01", "0155");
        assertThat(list(KvRange.all())).isEqualTo(sorted);
        assertThat(keys(actors.kvList(actor, KvRange.all(), true, 3))).containsExactly("ffff", "ff", "80");
        assertThat(list(KvRange.prefix(bytes("01")))).containsExactly("01", "017f", "0180", "01ff", "01ffff");
        assertThat(list(KvRange.prefix(bytes("01ff")))).containsExactly("01ff", "01ffff");
        assertThat(list(KvRange.prefix(bytes("ff")))).containsExactly("ff", "ffff");
        assertThat(list(KvRange.prefix(bytes("")))).isEqualTo(sorted);
        assertThat(list(KvRange.between(bytes("01"), bytes("02"), false)))
                .containsExactly("01", "017f", "0180", "01ff", "01ffff");
        assertThat(list(KvRange.between(bytes("01ff"), bytes("7f"), true)))
                .containsExactly("01ff", "01ffff", "02", "7f");
        assertThat(list(new KvRange(bytes("80"), false, null, false))).containsExactly("ff", "ffff");
        assertThat(list(KvRange.between(bytes("03"), bytes("03"), true))).isEmpty();
        assertThat(list(KvRange.between(bytes("80"), bytes("01"), true))).isEmpty();
    }

    @Test
    void whatIsDeletedIsGone() throws Exception {
        put(actor, "00", "01", "02", "03", "04");
        put(neighbour, "01", "02");
        done(actors.kvDelete(actor, List.of(bytes("03"), bytes("77"))));
        assertThat(list(KvRange.all())).containsExactly("00", "01", "02", "04");
        done(actors.kvDelete(actor, KvRange.between(bytes("01"), bytes("04"), false)));
        assertThat(list(KvRange.all())).containsExactly("00", "04");
        // In one batch: puts and deletions keep their order.
        later(actors.kvPut(actor, List.of(pair("05", "01")), Records.START));
        later(actors.kvDelete(actor, List.of(bytes("05"), bytes("00"))));
        later(actors.kvPut(actor, List.of(pair("00", "99")), Records.START));
        later(actors.kvDelete(actor, KvRange.prefix(bytes("04"))));
        done(actors.kvPut(actor, List.of(pair("0401", "01")), Records.START));
        assertThat(list(KvRange.all())).containsExactly("00", "0401");
        done(actors.kvDelete(actor, KvRange.all()));
        restart();
        assertThat(list(KvRange.all())).isEmpty();
        assertThat(keys(actors.kvList(neighbour, KvRange.all(), false, 9))).containsExactly("01", "02");
    }

    @Test
    void theLimitsAreKept() throws Exception {
        byte[] key = new byte[Limits.KV_KEY_BYTES_MAX];
        byte[] value = new byte[Limits.KV_VALUE_BYTES_MAX];
        Arrays.fill(value, (byte) 7);
        done(actors.kvPut(actor, List.of(new KvPair(key, value)), Records.START));
        assertThat(actors.kvGet(actor, List.of(key)).getFirst().value()).isEqualTo(value);
        List<KvPair> seven = IntStream.range(0, 8)
                .mapToObj(i -> new KvPair(new byte[] {(byte) i}, value))
                .toList();
        for (List<KvPair> bad : List.of(
                List.of(new KvPair(new byte[key.length + 1], new byte[0])),
                List.of(new KvPair(key, new byte[value.length + 1])),
                seven,
                java.util.Collections.nCopies(Limits.KV_KEYS_MAX + 1, new KvPair(key, key)))) {
            assertThatThrownBy(() -> actors.kvPut(actor, bad, Records.START))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> actors.kvGet(actor, java.util.Collections.nCopies(Limits.KV_KEYS_MAX + 1, key)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> actors.kvList(actor, KvRange.all(), false, Limits.KV_LIST_MAX + 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void manyKeysAreGotAtOnce() throws Exception {
        List<byte[]> keys = IntStream.range(0, Limits.KV_KEYS_MAX)
                .mapToObj(i -> new byte[] {(byte) i, 1})
                .toList();
        done(actors.kvPut(actor, keys.stream().map(key -> new KvPair(key, key)).toList(), Records.START));
        for (int count : new int[] {1, 2, 3, 5, 8, 9, 127, 128}) {
            assertThat(actors.kvGet(actor, keys.subList(0, count))).hasSize(count);
        }
        done(actors.kvDelete(actor, keys.subList(0, 127)));
        assertThat(list(KvRange.all())).hasSize(1);
    }

    @Test
    void anAnswerThatIsTooLargeIsRefusedByName() throws Exception {
        byte[] value = new byte[Limits.KV_VALUE_BYTES_MAX];
        int entries = Limits.KV_ANSWER_BYTES_MAX / (value.length + 3) + 1;
        for (int i = 0; i < entries; i++) {
            later(actors.kvPut(
                    actor, List.of(new KvPair(new byte[] {1, (byte) (i >> 8), (byte) i}, value)), Records.START));
        }
        put(actor, "02");
        assertThatThrownBy(() -> list(KvRange.all()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TOO_LARGE));
        assertThat(actors.kvList(actor, KvRange.all(), false, entries - 1)).hasSize(entries - 1);
        assertThat(list(KvRange.prefix(bytes("02")))).containsExactly("02");
        assertThat(actors.kvBytes(actor)).isEqualTo(entries * (value.length + 3L) + 2);
    }
}
