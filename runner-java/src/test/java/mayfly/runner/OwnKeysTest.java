package mayfly.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import mayfly.runner.protocol.HibernatingRequest;
import org.junit.jupiter.api.Test;

/** What the runner keeps in an actor's store is read as it was written, and nothing else is. */
class OwnKeysTest {
    private static final HibernatingRequest CLIENT = new HibernatingRequest(0x01020304, -2);
    private static final SocketRecord RECORD = new SocketRecord("/talk?ä=1", Map.of("host", "h", "x", "€"));

    @Test
    void itIsReadAsItWasWritten() throws KvException {
        OwnKeys.Found found = OwnKeys.found(List.of(
                OwnKeys.started(),
                OwnKeys.state(new byte[] {1, 2}),
                OwnKeys.alarm(Long.MAX_VALUE),
                OwnKeys.socket(CLIENT, RECORD),
                OwnKeys.index(CLIENT, 65535)));
        assertThat(found.started()).isTrue();
        assertThat(found.state().orElseThrow()).containsExactly(1, 2);
        assertThat(found.alarmMillis()).isEqualTo(OptionalLong.of(Long.MAX_VALUE));
        assertThat(found.sockets()).isEqualTo(Map.of(CLIENT, RECORD));
        assertThat(found.indexes()).isEqualTo(Map.of(CLIENT, 65535));
    }

    @Test
    void nothingIsFoundInNothing() throws KvException {
        OwnKeys.Found found = OwnKeys.found(List.of());
        assertThat(found.started()).isFalse();
        assertThat(found.state()).isEmpty();
        assertThat(found.alarmMillis()).isEmpty();
        assertThat(found.sockets()).isEmpty();
    }

    @Test
    void whatItNeverWroteIsRefused() {
        byte[] record = OwnKeys.socket(CLIENT, RECORD).value();
        byte[] socketKey = OwnKeys.socket(CLIENT, RECORD).key();
        for (int length = 0; length < record.length; length++) {
            KvEntry cut = new KvEntry(socketKey, Arrays.copyOf(record, length));
            assertThatThrownBy(() -> OwnKeys.found(List.of(cut))).isInstanceOf(KvException.class);
        }
        for (KvEntry wrong : List.of(
                new KvEntry(new byte[] {0}, new byte[0]),
                new KvEntry(new byte[] {0, 99}, new byte[0]),
                new KvEntry(new byte[] {0, 4, 1}, record),
                new KvEntry(OwnKeys.alarmKey(), new byte[4]),
                new KvEntry(OwnKeys.index(CLIENT, 1).key(), new byte[0]))) {
            assertThatThrownBy(() -> OwnKeys.found(List.of(wrong))).isInstanceOf(KvException.class);
        }
    }

    @Test
    void theyAreOutOfReachOfActors() {
        for (KvEntry own : List.of(OwnKeys.started(), OwnKeys.index(CLIENT, 1))) {
            assertThatThrownBy(() -> Kv.checked(own.key())).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Kv.checked(new byte[0])).isInstanceOf(IllegalArgumentException.class);
        byte[] afterAll = new byte[RunnerLimits.KEY_BYTES_MAX];
        Arrays.fill(afterAll, (byte) 0xff);
        assertThatThrownBy(() -> Kv.checked(afterAll)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Kv.checked(new byte[] {1})).containsExactly(1);
    }
}
