package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import mayfly.machine.SupervisedState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusFileTest {
    private static final String JSON = """
            {"v":1,"task":"task_1","seq":2,"state":"exited","monitor":501,"monitor_start":88123,"pid":502,"start":88124,\
            "boot":"3f0c","started_ms":1790000000000,"ended_ms":1790000000001,"exit_code":3,"signal":0,"cause":"asked",\
            "errno":0,"stage":"","detail":"","user_us":4,"system_us":5,"max_rss_bytes":6}""";

    @Test
    void readsWhatItWrites() {
        MonitorStatus status = StatusFile.parse(StatusFile.encode(JSON)).orElseThrow();
        assertThat(status.isFinal()).isTrue();
        assertThat(status.monitor()).isEqualTo(new MonitorPid(501, 88123));
        assertThat(status.toSupervised())
                .isEqualTo(new SupervisedState.Ended(502, 1790000000000L, 1790000000001L, 3, 0, "asked", 4, 5, 6));
    }

    @Test
    void whatIsNotFinalRunsUnlessItWasNeverExecuted() {
        for (String state : new String[] {"running", "stopping", "ending"}) {
            assertThat(parsed(JSON.replace("exited", state)).toSupervised())
                    .isEqualTo(new SupervisedState.Running(502, 1790000000000L, true));
        }
        for (String state : new String[] {"waiting", "starting"}) {
            assertThat(parsed(JSON.replace("exited", state)).toSupervised()).isEqualTo(new SupervisedState.Starting());
        }
        String failing = JSON.replace("\"errno\":0,\"stage\":\"\"", "\"errno\":2,\"stage\":\"execve\"");
        assertThat(parsed(failing.replace("exited", "ending")).toSupervised())
                .isEqualTo(new SupervisedState.Starting());
        assertThat(parsed(failing.replace("exited", "failed")).toSupervised())
                .isEqualTo(new SupervisedState.ExecFailed(2, "execve", 1790000000001L));
    }

    private static MonitorStatus parsed(String json) {
        return StatusFile.parse(StatusFile.encode(json)).orElseThrow();
    }

    @Test
    void unknownFieldsAreFuture() {
        String more = JSON.replace("\"v\":1,", "\"v\":1,\"more\":{\"deep\":[1,2]},");
        assertThat(StatusFile.parse(StatusFile.encode(more))).isEqualTo(StatusFile.parse(StatusFile.encode(JSON)));
    }

    @Test
    void anyFlippedBitIsNoticed() {
        byte[] good = StatusFile.encode(JSON);
        int end = new String(good, StandardCharsets.ISO_8859_1).indexOf('\0');
        for (int bit = 0; bit < end * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(StatusFile.parse(bad)).as("bit %d", bit).isEmpty();
        }
    }

    @Test
    void garbageIsNoRecord() {
        long seed = System.nanoTime();
        System.out.println("status fuzz seed " + seed);
        Random random = new Random(seed);
        byte[] good = StatusFile.encode(JSON);
        Optional<MonitorStatus> whole = StatusFile.parse(good);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = good.clone();
            if (random.nextInt(4) == 0) {
                bytes = new byte[random.nextInt(StatusFile.BYTES * 2)];
                random.nextBytes(bytes);
            } else {
                int at = random.nextInt(400);
                int length = Math.min(bytes.length - at, 1 + random.nextInt(300));
                int from = random.nextInt(bytes.length - length);
                System.arraycopy(good, from, bytes, at, length);
            }
            Optional<MonitorStatus> parsed = StatusFile.parse(bytes);
            // What follows the record is padding, and may be anything.
            assertThat(parsed.isEmpty() || parsed.equals(whole))
                    .as("seed %d round %d", seed, round)
                    .isTrue();
        }
    }

    @Test
    void wrongJsonUnderARightChecksumIsNoRecord() {
        for (String json : new String[] {
            "",
            "{}",
            "[]",
            "null",
            "7",
            JSON.replace("\"v\":1", "\"v\":2"),
            JSON.replace("exited", "EXITED"),
            JSON.replace("\"pid\":502", "\"pid\":\"502\""),
            JSON.replace("\"pid\":502", "\"pid\":-502"),
            JSON.replace("\"pid\":502", "\"pid\":99999999"),
            JSON.replace("\"pid\":502", "\"pid\":5.5"),
            JSON.replace("\"pid\":502", "\"pid\":1e999"),
            JSON.replace("\"exit_code\":3", "\"exit_code\":4711"),
            JSON.replace("\"signal\":0", "\"signal\":65"),
            JSON.replace("\"boot\":\"3f0c\",", ""),
            JSON.replace("\"boot\":\"3f0c\"", "\"boot\":null"),
            JSON.substring(0, JSON.length() - 1),
            "[".repeat(1990),
        }) {
            assertThat(StatusFile.parse(StatusFile.encode(json))).as(json).isEmpty();
        }
    }

    @Test
    void missingLinkedAndShortFiles(@TempDir Path directory) throws Exception {
        SupervisedDirectory supervised = new SupervisedDirectory(directory);
        assertThat(StatusFile.read(supervised)).isEmpty();
        assertThat(StatusFile.exists(supervised)).isFalse();
        StatusFile.writeNeverStarted(supervised, 125, "never started", 17, "boot");
        assertThat(StatusFile.read(supervised).orElseThrow().toSupervised())
                .isEqualTo(new SupervisedState.ExecFailed(125, "never started", 17));
        Files.write(directory.resolve("status"), new byte[100]);
        assertThat(StatusFile.read(supervised)).isEmpty();
    }
}
