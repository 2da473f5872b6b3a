package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.Random;
import mayfly.linux.ProcessIdentity;
import org.junit.jupiter.api.Test;

/** The small formats: pid file, answers; and the user ids. */
class MonitorFormatsTest {
    private static final String BOOT = "01234567-89ab-cdef-0123-456789abcdef";

    private static byte[] pidFile(String line) {
        return "%-127s\n".formatted(line).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void pidFileIsWholeOrNothing() {
        MonitorPidFile whole = MonitorPidFile.parse(pidFile("502 88124 " + BOOT + " 501 88123"))
                .orElseThrow();
        assertThat(whole).isEqualTo(new MonitorPidFile(new MonitorPid(502, 88124), BOOT, new MonitorPid(501, 88123)));
        for (String line : new String[] {
            "",
            "502 88124 " + BOOT + " 501",
            "502 88124 boot 501 88123",
            "-502 88124 " + BOOT + " 501 88123",
            "99999999 88124 " + BOOT + " 501 88123",
            "502 88124 " + BOOT + " 501 88123 7",
            "502  88124 " + BOOT + " 501 88123",
            "502 99999999999999999999 " + BOOT + " 501 88123",
        }) {
            assertThat(MonitorPidFile.parse(pidFile(line))).as(line).isEmpty();
        }
        assertThat(MonitorPidFile.parse(new byte[0])).isEmpty();
        assertThat(MonitorPidFile.parse(new byte[128])).isEmpty();
        assertThat(MonitorPidFile.parse(("502 88124 " + BOOT + " 501 88123\n").getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void processIsOpenedOnlyWhenItIsTheSame() throws Exception {
        ProcessIdentity self =
                ProcessIdentity.of((int) ProcessHandle.current().pid()).orElseThrow();
        assertThat(new MonitorPid(self.pid(), self.startTicks()).open(self.bootId()))
                .hasValueSatisfying(mayfly.linux.Pidfd::close);
        assertThat(new MonitorPid(self.pid(), self.startTicks() + 1).open(self.bootId()))
                .isEmpty();
        assertThat(new MonitorPid(self.pid(), self.startTicks()).open(BOOT)).isEmpty();
        assertThat(new MonitorPid(0, 0).open(self.bootId())).isEmpty();
        assertThat(new MonitorPid(1 << 22, 1).open(self.bootId())).isEmpty();
    }

    @Test
    void answers() {
        assertThat(MonitorAnswerCodec.parse(
                        "{\"v\":1,\"id\":3,\"ok\":false,\"errno\":11,\"stage\":\"lock\",\"error\":\"held\"}\n"))
                .contains(
                        new MonitorAnswerCodec.Line(OptionalLong.of(3), new MonitorAnswer.Refused(11, "lock", "held")));
        assertThat(MonitorAnswerCodec.parse("{\"v\":1,\"id\":null,\"ok\":false}")
                        .orElseThrow())
                .isEqualTo(new MonitorAnswerCodec.Line(OptionalLong.empty(), new MonitorAnswer.Refused(0, "", "")));
        for (String line : new String[] {
            "",
            "\n",
            "{}",
            "[]",
            "nonsense",
            "{\"v\":2,\"ok\":true}",
            "{\"v\":1,\"ok\":\"yes\"}",
            "{\"v\":1,\"id\":1,\"ok\":true}",
            "{\"v\":1,\"id\":1,\"ok\":true,\"status\":{}}",
            "{\"v\":1,\"id\":"
        }) {
            assertThat(MonitorAnswerCodec.parse(line)).as(line).isEmpty();
        }
        assertThat(MonitorAnswerCodec.parse("{\"v\":1,\"id\":1e99,\"ok\":false,\"errno\":\"x\",\"stage\":7}"))
                .isPresent();
    }

    @Test
    void garbageIsNoAnswer() {
        long seed = System.nanoTime();
        System.out.println("answer fuzz seed " + seed);
        Random random = new Random(seed);
        String good = "{\"v\":1,\"id\":3,\"ok\":false,\"errno\":11,\"stage\":\"lock\",\"error\":\"held\"}";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder line = new StringBuilder(good);
            for (int i = random.nextInt(6); i >= 0; i--) {
                int at = random.nextInt(line.length());
                switch (random.nextInt(3)) {
                    case 0 -> line.setCharAt(at, (char) random.nextInt(256));
                    case 1 -> line.deleteCharAt(at);
                    default -> line.insert(at, "{[\"\\,:9".charAt(random.nextInt(7)));
                }
            }
            assertThat(MonitorAnswerCodec.parse(line.toString()))
                    .as("seed %d: %s", seed, line)
                    .isNotNull();
        }
    }

    @Test
    void spawnRequestEscapesItsPath() {
        assertThat(MonitorAnswerCodec.spawn(7, "/a \"b\"\n", 10))
                .isEqualTo("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"/a \\\"b\\\"\\n\",\"deadline_ms\":10}\n");
    }

    @Test
    void userIdsAreGivenOnceAtATime() {
        SupervisorUids uids = new SupervisorUids(100, 3);
        uids.restore("old", 101);
        uids.restore("foreign", 99);
        uids.restore("foreign", 103);
        uids.restore("thief", 101);
        assertThat(uids.take("a")).hasValue(102);
        assertThat(uids.take("b")).hasValue(100);
        assertThat(uids.take("c")).isEmpty();
        uids.release("a");
        uids.release("a");
        uids.release("thief");
        uids.release("foreign");
        assertThat(uids.take("c")).hasValue(102);
        assertThat(uids.take("d")).isEmpty();
        uids.release("old");
        assertThat(uids.take("d")).hasValue(101);
    }
}
