package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mayfly.gateway.rivet.SentMessages.Sent;
import org.junit.jupiter.api.Test;

class SentMessagesTest {
    private final SentMessages messages = new SentMessages();

    private void add(int... indexes) {
        for (int index : indexes) {
            messages.add(new Sent(index, new byte[index % 7], true, index));
        }
    }

    private List<Integer> replayed() {
        List<Integer> indexes = new ArrayList<>();
        messages.replay(it -> indexes.add(it.index()));
        return indexes;
    }

    @Test
    void anAcknowledgementIsForAllUpToIt() {
        add(1, 2, 3, 4);
        messages.acknowledged(2);
        assertThat(messages.count()).isEqualTo(2);
        assertThat(messages.bytes()).isEqualTo(7);
        messages.acknowledged(1); // late
        messages.acknowledged(0);
        assertThat(replayed()).containsExactly(3, 4);
        messages.acknowledged(4);
        assertThat(messages.bytes()).isZero();
        assertThat(replayed()).isEmpty();
    }

    @Test
    void numbersWrap() {
        add(65_534, 65_535, 0, 1);
        messages.acknowledged(65_535);
        assertThat(replayed()).containsExactly(0, 1);
        messages.acknowledged(0);
        assertThat(replayed()).containsExactly(1);
    }

    @Test
    void whatWasSentTwiceIsNotLate() {
        add(1, 2);
        assertThat(messages.isOpen()).isTrue();
        assertThat(messages.oldestMillis()).isEqualTo(1);
        assertThat(replayed()).containsExactly(1, 2);
        assertThat(messages.isOpen()).isFalse();
        assertThat(messages.oldestMillis()).isEqualTo(Long.MAX_VALUE);
        add(3);
        assertThat(messages.isOpen()).isTrue();
        assertThat(messages.oldestMillis()).isEqualTo(3);
        assertThat(replayed()).containsExactly(1, 2, 3);
    }

    @Test
    void keepsExactlyWhatIsNotAcknowledged() {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("seed: -Dmayfly.seed=" + seed);
        Random random = new Random(seed);
        int next = random.nextInt(1 << 16);
        int acknowledged = next - 1;
        for (int i = 0; i < 300_000; i++) {
            if (random.nextBoolean() && next - acknowledged < 20_000) {
                messages.add(new Sent(next++ & 0xffff, new byte[3], true, i));
            } else if (random.nextInt(3) > 0) {
                acknowledged += random.nextInt(next - acknowledged);
                messages.acknowledged(acknowledged & 0xffff);
            } else {
                messages.acknowledged((acknowledged - random.nextInt(10_000)) & 0xffff); // late
            }
            assertThat(messages.count()).isEqualTo(next - 1 - acknowledged);
            assertThat(messages.bytes()).isEqualTo(3L * messages.count());
        }
    }
}
