package mayfly.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import mayfly.base.InvocationId;
import org.junit.jupiter.api.Test;

final class AgentAnswerCodecTest {
    @Test
    void everyAnswerIsUnderstood() {
        assertThat(answer("{\"status\":\"ok\",\"json\":true,\"us\":123}")).isEqualTo(new AgentAnswer.Ok(true, 123));
        assertThat(answer("{\"status\":\"ready\"}")).isEqualTo(new AgentAnswer.Ready());
        assertThat(answer("{\"status\":\"exited\",\"code\":3}")).isEqualTo(new AgentAnswer.Exited(3, 0, ""));
        assertThat(answer("{\"status\":\"exited\",\"signal\":9}")).isEqualTo(new AgentAnswer.Exited(-1, 9, ""));
        assertThat(answer("{\"status\":\"refused\",\"message\":\"fork\"}")).isEqualTo(new AgentAnswer.Refused("fork"));
        assertThat(answer("{\"status\":\"error\",\"us\":5,\"error\":{\"type\":\"ValueError\",\"message\":\"no\","
                        + "\"stack\":\"s\",\"file\":\"app.py\",\"line\":7}}"))
                .isEqualTo(new AgentAnswer.Failed(new GuestError("ValueError", "no", "s", "app.py", 7), 5));
        assertThat(answer("{\"status\":\"error\",\"error\":{\"line\":null,\"file\":null},\"new\":{\"a\":[1]}}"))
                .isEqualTo(new AgentAnswer.Failed(new GuestError("Error", "", "", "", 0), 0));
    }

    @Test
    void whatIsNoAnswerIsMalformedAndNeverThrows() {
        String[] bad = {
            "",
            "[]",
            "7",
            "{",
            "{\"status\":7}",
            "{\"status\":\"ok\",\"us\":\"x\"}",
            "{\"status\":\"ok\",\"us\":1e400}",
            "{\"status\":\"ok\",\"json\":3}",
            "{\"status\":\"error\"}",
            "{\"status\":\"error\",\"error\":[]}",
            "{\"status\":\"error\",\"error\":{\"type\":{}}}",
            "{\"status\":\"well\"}",
            "{\"status\":\"\ud800\"}",
            "[".repeat(5000)
        };
        for (String text : bad) {
            assertThat(answer(text)).as(text).isInstanceOf(AgentAnswer.Malformed.class);
        }
    }

    @Test
    void longTextsAreCutAtTheContractsLengths() {
        String emoji = "\ud83d\ude00".repeat(9_000);
        var failed = (AgentAnswer.Failed) answer("{\"status\":\"error\",\"error\":{\"type\":\"" + "T".repeat(300)
                + "\",\"message\":\"x" + emoji + "\",\"stack\":\"" + emoji + "\"}}");
        assertThat(failed.error().type()).hasSize(256);
        assertThat(failed.error().message()).hasSize(4095).endsWith("\ude00");
        assertThat(failed.error().stack()).hasSize(16 * 1024);
    }

    @Test
    void logsAreSortedByStream() {
        assertThat(AgentAnswerCodec.logStream(bytes("{\"stream\":1}"))).isEqualTo(1);
        assertThat(AgentAnswerCodec.logStream(bytes("{\"stream\":2}"))).isEqualTo(2);
        assertThat(AgentAnswerCodec.logStream(bytes("{\"stream\":3}"))).isEqualTo(1);
        assertThat(AgentAnswerCodec.logStream(bytes(""))).isEqualTo(1);
    }

    @Test
    void requestsAreWireFormat() {
        var spec = new TemplateSpec(
                "hi \"there\"@1",
                GuestRuntime.PYTHON3,
                "app.handle",
                Path.of("/tmp/x"),
                Map.of(),
                1L << 27,
                4,
                false,
                Duration.ofSeconds(5));
        assertThat(new String(AgentRequest.init(spec, "/app", 1 << 20).meta(), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"handler\":\"app.handle\",\"code\":\"/app\",\"runtime\":\"python3\","
                                + "\"name\":\"hi \\\"there\\\"@1\",\"reusable\":false,\"memory\":134217728,\"machines\":4,\"tmp\":1048576}");
        var work = new Work(
                new InvocationId("inv_" + "0".repeat(26)), bytes("[1]"), true, Duration.ofSeconds(3), LogSink.NONE);
        Frame exec = AgentRequest.exec(work);
        assertThat(exec.type()).isEqualTo(FrameType.EXEC);
        assertThat(exec.bytes()).isSameAs(work.payload());
        assertThat(new String(exec.meta(), StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":\"inv_" + "0".repeat(26) + "\",\"json\":true,\"deadline_ms\":3000}");
    }

    private static AgentAnswer answer(String json) {
        return AgentAnswerCodec.answer(bytes(json));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
