package mayfly.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import mayfly.base.Ids;
import mayfly.base.Limits;
import mayfly.store.sql.Inbox.Admission;
import org.junit.jupiter.api.Test;

final class InboxTest {
    private final Inbox inbox = new Inbox();

    private static Pending<?> small() {
        return new Pending<>(new Write.DeleteFunction(Ids.system().function(), Instant.EPOCH));
    }

    private static Pending<?> large(int bytes) {
        return new Pending<>(new Write.PutArtifact("0".repeat(64), new byte[bytes]));
    }

    @Test
    void takesAsManyAsTheLimitAndThenAgain() {
        for (int i = 0; i < Limits.STORE_QUEUE_MAX; i++) {
            assertThat(inbox.offer(small())).isEqualTo(Admission.TAKEN);
        }
        assertThat(inbox.offer(small())).isEqualTo(Admission.BUSY);
        assertThat(inbox.take()).hasSize(Limits.STORE_BATCH_MAX);
        assertThat(inbox.offer(small())).isEqualTo(Admission.TAKEN);
    }

    @Test
    void takesAsManyBytesAsTheLimitAndThenAgain() {
        int half = Limits.STORE_QUEUE_BYTES_MAX / 2;
        assertThat(inbox.offer(large(half))).isEqualTo(Admission.TAKEN);
        assertThat(inbox.offer(large(half))).isEqualTo(Admission.BUSY);
        assertThat(inbox.offer(small())).isEqualTo(Admission.TAKEN);
        assertThat(inbox.take()).hasSize(1);
        assertThat(inbox.offer(large(half))).isEqualTo(Admission.TAKEN);
        assertThat(inbox.take()).hasSize(1);
        assertThat(inbox.take()).hasSize(1);
        // What is larger than all of it still gets its turn.
        assertThat(inbox.offer(large(Limits.STORE_QUEUE_BYTES_MAX + 1))).isEqualTo(Admission.TAKEN);
        assertThat(inbox.offer(small())).isEqualTo(Admission.BUSY);
    }

    @Test
    void aBatchIsBoundedInBytes() {
        int third = Limits.STORE_BATCH_BYTES_MAX / 3;
        List.of(large(third), large(third), large(third))
                .forEach(p -> assertThat(inbox.offer(p)).isEqualTo(Admission.TAKEN));
        assertThat(inbox.take()).hasSize(2);
        assertThat(inbox.take()).hasSize(1);
    }

    @Test
    void whenClosedItOnlyGivesOut() {
        Pending<?> pending = small();
        assertThat(inbox.offer(pending)).isEqualTo(Admission.TAKEN);
        inbox.close();
        assertThat(inbox.offer(small())).isEqualTo(Admission.CLOSED);
        assertThat(inbox.take()).isEqualTo(List.of(pending));
        assertThat(inbox.take()).isEmpty();
    }
}
