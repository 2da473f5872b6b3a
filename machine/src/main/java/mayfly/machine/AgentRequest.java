package mayfly.machine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** What the node asks of an agent, as frames. */
public final class AgentRequest {
    private static final JsonFactory JSON = new JsonFactory();

    private AgentRequest() {}

    /**
     * Load the code.
     *
     * @param code where the code is, as the agent sees it
     * @param tmpBytes size of the private /tmp that the agent gives each machine it forks
     */
    public static Frame init(TemplateSpec spec, String code, long tmpBytes) {
        var out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeStringProperty("handler", spec.handler());
            json.writeStringProperty("code", code);
            json.writeStringProperty("runtime", spec.runtime().wireName());
            json.writeStringProperty("name", spec.name());
            json.writeBooleanProperty("reusable", spec.reusable());
            json.writeNumberProperty("memory", spec.memoryBytes());
            json.writeNumberProperty("machines", spec.machinesMax());
            json.writeNumberProperty("tmp", tmpBytes);
            json.writeEndObject();
        }
        return new Frame(FrameType.INIT, out.toByteArray(), Frame.NOTHING);
    }

    /** Run the handler once. */
    public static Frame exec(Work work) {
        return new Frame(FrameType.EXEC, meta(work, "}").getBytes(StandardCharsets.ISO_8859_1), work.payload());
    }

    /**
     * Run the handler once in a copy of a machine.
     *
     * @param seed at least 0, below 2^53: what the copy's random numbers begin with
     */
    public static Frame exec(Work work, long seed) {
        String meta = meta(work, ",\"seed\":" + seed + "}");
        return new Frame(FrameType.EXEC, meta.getBytes(StandardCharsets.ISO_8859_1), work.payload());
    }

    private static String meta(Work work, String end) {
        // By hand: ids hold no character that JSON would escape, and this is on the path of every call.
        return "{\"id\":\"" + work.invocation().value() + "\",\"json\":" + work.json() + ",\"deadline_ms\":"
                + work.timeout().toMillis() + end;
    }
}
