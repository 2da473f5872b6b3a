package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessStateTest {
    @Test
    void identityStaysAndDiffers() throws Exception {
        int self = (int) ProcessHandle.current().pid();
        ProcessIdentity identity = ProcessIdentity.of(self).orElseThrow();
        assertThat(ProcessIdentity.of(self)).contains(identity);
        assertThat(identity.startTicks()).isPositive();
        assertThat(identity.bootId()).hasSize(36).isEqualTo(ProcessIdentity.currentBootId());
        Process child = new ProcessBuilder("cat").start();
        assertThat(ProcessIdentity.of((int) child.pid()).orElseThrow().startTicks())
                .isGreaterThanOrEqualTo(identity.startTicks());
        child.outputWriter().close();
        child.waitFor();
        assertThat(ProcessIdentity.of((int) child.pid())).isEmpty();
    }

    @Test
    void startTimeSurvivesAHostileName() {
        String tail = " 1 1 1 0 -1 4194304 99 0 0 0 1 2 3 4 20 0 1 0 1234567 4096 100";
        assertThat(ProcessIdentity.startTicks("17 (a) S) R 9) S" + tail)).contains(1234567L);
        assertThat(ProcessIdentity.startTicks("17 (\n) S" + tail)).contains(1234567L);
        assertThat(ProcessIdentity.startTicks("17 (ended) Z" + tail)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "17", ")", "17 (x) S 1 2 3", "17 (x) S 1 1 1 0 -1 4 9 0 0 0 1 2 3 4 20 0 1 0 x 4"})
    void whatIsNoStatLineHasNoStartTime(String line) {
        assertThat(ProcessIdentity.startTicks(line)).isEmpty();
    }

    @Test
    void credentialsAreTheKernels() throws Exception {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("Uid:"))
                .findFirst()
                .orElseThrow();
        String[] ids = line.split("\\s+", -1);
        assertThat(Credentials.uid()).isEqualTo(Integer.parseUnsignedInt(ids[1]));
        assertThat(Credentials.effectiveUid()).isEqualTo(Integer.parseUnsignedInt(ids[2]));
    }

    @Test
    void openFilesLimitIsReadAndSet() throws Exception {
        ResourceLimit limit = ResourceLimit.openFiles();
        assertThat(limit.soft()).isPositive();
        ResourceLimit.openFiles(limit);
        assertThat(ResourceLimit.openFiles()).isEqualTo(limit);
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> ResourceLimit.openFiles(new ResourceLimit(2, 1)))
                .withMessage("setrlimit RLIMIT_NOFILE: EINVAL (22)");
    }

    @Test
    void subreaperAdoptsAndStops() throws Exception {
        Subreaper.adoptOrphans(true);
        try {
            Process shell = new ProcessBuilder("sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!").start();
            ProcessHandle orphan = ProcessHandle.of(
                            Long.parseLong(shell.inputReader().readLine()))
                    .orElseThrow();
            shell.waitFor();
            assertThat(orphan.parent().orElseThrow()).isEqualTo(ProcessHandle.current());
            orphan.destroyForcibly();
        } finally {
            Subreaper.adoptOrphans(false);
        }
    }
}
