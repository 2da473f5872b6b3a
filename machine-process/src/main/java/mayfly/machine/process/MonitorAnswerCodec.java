package mayfly.machine.process;

import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Requests and answers as lines of JSON, the same on the monitor's socket and on the spawner's pipes. */
final class MonitorAnswerCodec {
    private static final JsonMapper JSON = new JsonMapper();

    /** @param id empty when the line that is answered was no request */
    record Line(OptionalLong id, MonitorAnswer answer) {}

    private MonitorAnswerCodec() {}

    static String request(long id, String command) {
        return "{\"v\":1,\"id\":" + id + ",\"cmd\":\"" + command + "\"}\n";
    }

    static String kill(long id, int signal) {
        return "{\"v\":1,\"id\":" + id + ",\"cmd\":\"kill\",\"signal\":" + signal + "}\n";
    }

    static String spawn(long id, String directory, long deadlineMillis) {
        ObjectNode request = JSON.createObjectNode();
        request.put("v", 1);
        request.put("id", id);
        request.put("cmd", "spawn");
        request.put("dir", directory);
        request.put("deadline_ms", deadlineMillis);
        return request + "\n";
    }

    /** Reads one line; empty when it is not an answer. */
    static Optional<Line> parse(String line) {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (JacksonException notJson) {
            return Optional.empty();
        }
        if (!json.path("v").isInt()
                || json.path("v").intValue() != 1
                || !json.path("ok").isBoolean()) {
            return Optional.empty();
        }
        JsonNode idNode = json.path("id");
        OptionalLong id = idNode.isIntegralNumber() && idNode.canConvertToLong()
                ? OptionalLong.of(idNode.longValue())
                : OptionalLong.empty();
        if (json.path("ok").booleanValue()) {
            return MonitorStatus.parse(json.get("status")).map(status -> new Line(id, new MonitorAnswer.Told(status)));
        }
        return Optional.of(new Line(
                id,
                new MonitorAnswer.Refused(
                        json.path("errno").intValue(0),
                        json.path("stage").stringValue(""),
                        json.path("error").stringValue(""))));
    }
}
