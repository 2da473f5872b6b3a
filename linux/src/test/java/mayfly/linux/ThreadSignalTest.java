package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class ThreadSignalTest {
    @Test
    void aSignalWaitsForItsThreadToTakeIt() throws Exception {
        FutureTask<Boolean> taking = new FutureTask<>(() -> {
            try (ThreadSignal signal = ThreadSignal.ofThisThread()) {
                assertThat(signal.take()).isFalse();
                Thread other = Thread.ofPlatform().start(signal::send);
                other.join();
                assertThat(signal.take()).isTrue();
                return signal.take();
            }
        });
        Thread.ofPlatform().start(taking);
        assertThat(taking.get()).isFalse();
    }

    /** Its default would end the process, and this test with it. */
    @Test
    void oneThatIsNobodysDoesNothing() throws Exception {
        FutureTask<Boolean> ending = new FutureTask<>(() -> {
            try (ThreadSignal signal = ThreadSignal.ofThisThread()) {
                return signal.take();
            }
        });
        Thread.ofPlatform().start(ending);
        assertThat(ending.get()).isFalse();
        Process kill = new ProcessBuilder(
                        "sh", "-c", "kill -USR1 " + ProcessHandle.current().pid())
                .start();
        assertThat(kill.waitFor()).isZero();
        Process again = new ProcessBuilder("true").start();
        assertThat(again.waitFor()).isZero();
    }
}
