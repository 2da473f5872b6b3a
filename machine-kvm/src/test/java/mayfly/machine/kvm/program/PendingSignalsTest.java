package mayfly.machine.kvm.program;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PendingSignalsTest {
    private final PendingSignals pending = new PendingSignals();

    private int take(long set) {
        SignalInfo info = pending.take(set);
        return info == null ? 0 : info.signal();
    }

    private boolean add(int signal, long value) {
        return pending.add(SignalInfo.timer(signal, 0, 0, value));
    }

    @Test
    void oldSignalsAreOneAndNewOnesAreCounted() {
        for (int i = 0; i < 3; i++) {
            add(10, i);
            add(34, i);
        }
        assertThat(take(-1)).isEqualTo(10);
        assertThat(take(Signals.bit(10))).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(pending.bits()).isEqualTo(Signals.bit(34));
            assertThat(pending.take(-1)).satisfies(info -> assertThat(info).isNotNull());
        }
        assertThat(pending.bits()).isZero();
    }

    @Test
    void faultsComeFirstAndThenTheLowest() {
        add(64, 0);
        add(2, 0);
        add(11, 0);
        add(1, 0);
        assertThat(take(~Signals.bit(1))).isEqualTo(11);
        assertThat(take(-1)).isEqualTo(1);
        pending.drop(Signals.bit(2));
        assertThat(take(-1)).isEqualTo(64);
        assertThat(take(-1)).isZero();
    }

    @Test
    void thereAreNotMoreThanTheLimitAndACopyIsItsOwn() {
        for (int i = 0; i < PendingSignals.MAX; i++) {
            assertThat(add(40, i)).isTrue();
        }
        assertThat(add(40, 0)).isFalse();
        assertThat(add(12, 0)).isFalse();
        PendingSignals copy = pending.copy();
        pending.drop(-1);
        assertThat(copy.bits()).isEqualTo(Signals.bit(40));
        assertThat(pending.bits()).isZero();
        assertThat(add(12, 0)).isTrue();
    }
}
