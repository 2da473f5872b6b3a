package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlockTest {
    @TempDir
    Path directory;

    @Test
    void oneHolderAtATime() throws Exception {
        Path file = directory.resolve("lock");
        assertThat(Flock.isHeld(file)).as("no file, no holder").isFalse();
        try (Flock first = Flock.tryLock(file).orElseThrow()) {
            assertThat(first).isNotNull();
            assertThat(Flock.isHeld(file)).isTrue();
            assertThat(Flock.tryLock(file)).isEmpty();
        }
        assertThat(Flock.isHeld(file)).isFalse();
        Flock.tryLock(file).orElseThrow().close();
    }

    @Test
    void closingTwiceIsOnce() throws Exception {
        Flock lock = Flock.tryLock(directory.resolve("lock")).orElseThrow();
        lock.close();
        try (Flock second = Flock.tryLock(directory.resolve("lock")).orElseThrow()) {
            lock.close();
            assertThat(second).isNotNull();
            assertThat(Flock.isHeld(directory.resolve("lock"))).isTrue();
        }
    }

    @Test
    void anotherProcessHoldsIt() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "skipped: no flock(1) to be the other process");
        Path file = directory.resolve("lock");
        Process other = new ProcessBuilder("flock", file.toString(), "sh", "-c", "echo held; exec cat").start();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("held");
            assertThat(Flock.isHeld(file)).isTrue();
            assertThat(Flock.tryLock(file)).isEmpty();
        } finally {
            other.outputWriter().close();
            other.waitFor();
        }
        assertThat(Flock.isHeld(file)).isFalse();
    }

    @Test
    void errorsNameCallAndObject() throws Exception {
        Path missing = directory.resolve("no/lock");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Flock.tryLock(missing))
                .withMessage("open " + missing + ": ENOENT (2)")
                .satisfies(e -> assertThat(e.call()).isEqualTo("open"))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
                .satisfies(e -> assertThat(e.object()).isEqualTo(missing.toString()));
        Path link = Files.createSymbolicLink(directory.resolve("link"), Files.createFile(directory.resolve("target")));
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Flock.tryLock(link))
                .withMessageContaining("ELOOP");
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Flock.isHeld(link))
                .withMessageContaining("ELOOP");
    }
}
