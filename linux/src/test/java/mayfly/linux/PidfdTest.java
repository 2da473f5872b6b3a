package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PidfdTest {
    private static Process sleeper() throws Exception {
        return new ProcessBuilder("sleep", "600").start();
    }

    @Test
    void signalsAndWaits() throws Exception {
        Process child = sleeper();
        try (Pidfd pidfd = Pidfd.open((int) child.pid())) {
            assertThat(pidfd.isAlive()).isTrue();
            assertThat(pidfd.signal(0)).isTrue();
            assertThat(pidfd.awaitExit(Duration.ofMillis(5))).isFalse();
            assertThat(pidfd.signal(15)).isTrue();
            assertThat(pidfd.awaitExit(Duration.ofSeconds(60))).isTrue();
            assertThat(child.waitFor()).isEqualTo(128 + 15);
            await().untilAsserted(() -> assertThat(pidfd.signal(15)).isFalse());
            assertThat(pidfd.isAlive()).isFalse();
        } finally {
            child.destroyForcibly();
        }
    }

    @Test
    void refusals() throws Exception {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Pidfd.open(0))
                .withMessage("pidfd_open pid 0: EINVAL (22)");
        Process child = new ProcessBuilder("true").start();
        child.waitFor();
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Pidfd.open((int) child.pid()))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
        Pidfd closed = Pidfd.open((int) ProcessHandle.current().pid());
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> closed.signal(4711))
                .withMessageContaining("EINVAL");
        closed.close();
        closed.close();
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> closed.signal(0))
                .withMessageContaining("EBADF");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> closed.awaitExit(Duration.ZERO))
                .withMessageContaining("EBADF");
    }

    @Test
    void watchTellsOfEveryEnd() throws Exception {
        Process first = sleeper();
        Process second = sleeper();
        CountDownLatch firstEnded = new CountDownLatch(1);
        CountDownLatch secondEnded = new CountDownLatch(1);
        try (ExitWatch watch = ExitWatch.start("test-watch")) {
            watch.watch(Pidfd.open((int) first.pid()), firstEnded::countDown);
            watch.watch(Pidfd.open((int) second.pid()), secondEnded::countDown);
            second.destroy();
            assertThat(secondEnded.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(firstEnded.getCount()).isEqualTo(1);
            first.destroy();
            assertThat(firstEnded.await(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            first.destroyForcibly();
            second.destroyForcibly();
        }
    }

    @Test
    void closedWatchFreesItsThreadAndSaysNothing() throws Exception {
        Process child = sleeper();
        try {
            CountDownLatch ended = new CountDownLatch(1);
            ExitWatch watch = ExitWatch.start("closing-watch");
            Pidfd pidfd = Pidfd.open((int) child.pid());
            watch.watch(pidfd, ended::countDown);
            watch.close();
            await().until(pidfd.descriptor()::isClosed);
            await().until(() -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("closing-watch")));
            Pidfd late = Pidfd.open((int) child.pid());
            watch.watch(late, ended::countDown);
            assertThat(late.descriptor().isClosed()).isTrue();
            assertThat(ended.getCount()).isEqualTo(1);
        } finally {
            child.destroyForcibly();
        }
    }
}
